"""What a step on a device is expected to return beyond success or an error."""

from __future__ import annotations

from typing import Literal

from harness.device.clock import TimeSync
from harness.device.links import ConfigState, ConnectionState
from harness.scenario.expect import ExpectAction, ExpectDiagnostics
from harness.scenario.values import Expected, Flag, Text, Whole


class ExpectHolding(ExpectAction):
    """What the certificate store holds. Single certificates are asked for with ``show``."""

    count: Expected | None = None
    """Number of certificates."""
    space: Expected | None = None
    """Free space, in octets; only that of the empty store is documented."""
    identifiers: tuple[Text, ...] | None = None
    """All certificate IDs, oldest first."""


class ExpectEntry(ExpectAction):
    """What is known of one certificate in the store."""

    id: Text | None = None
    """Its certificate ID."""
    subject: Text | None = None
    """Its subject on one line, as in ``/CN=thermostat-7``."""
    issuer: Text | None = None
    """Its issuer on one line."""
    validity: Literal["not-yet", "now", "over"] | None = None
    """Where the device's clock stands in its validity."""


class ExpectStatus(ExpectAction):
    """How a device is. What is below ``id`` is about the network that the step names."""

    connected_to: Text | None = None
    """Configuration name of the network it is connected to; ``none``: not connected."""
    networks: tuple[Text, ...] | None = None
    """Configuration names of all networks."""
    unsaved: Flag | None = None
    """Whether settings would be lost by a reload."""
    time_sync: TimeSync | None = None
    """Whether it has its time from a network."""
    clock_deadlock: Flag | None = None
    """Whether it needs the time to get the time: it has no network that it could join without."""
    id: Whole | None = None
    """Number of the network."""
    ambiguous: Flag | None = None
    """Whether several networks have that configuration name, so that which one is found is not documented."""
    config_state: ConfigState | None = None
    """Whether the device may use it; ``temp-disabled``: it failed a moment ago."""
    connection_state: ConnectionState | None = None
    """Whether it is connected; ``unknown``: it was never tried."""
    diagnostics: ExpectDiagnostics | None = None
    """Its diagnostics."""


ABOUT_A_NETWORK = ("id", "ambiguous", "config_state", "connection_state", "diagnostics")
"""The keys of :class:`ExpectStatus` that need a network."""


class ExpectProcedure(ExpectAction):
    """What a procedure comes to."""

    at: Text | None = None
    """The call that is refused, as in ``R3.check``."""
