"""What a step on services is expected to come to."""

from __future__ import annotations

from typing import Literal

from harness.device.bootstrap.plan import Ended
from harness.scenario.expect import ExpectAction
from harness.scenario.values import Expected, Flag, NumberOrNone, Text, Whole


class ExpectBootstrap(ExpectAction):
    """What a run of the bootstrap application ends in. Without ``ends`` the device has what it was to get."""

    ends: Ended | None = None
    """What it ends in."""
    place: Text | None = None
    """Where it failed: ``allowed-connections``, ``name``, ``connect``, ``tls``, ``answer``, ``redirect``,
    ``device-authentication``, ``network``, ``store``, with EST the operation, as ``simpleenroll``, or the certificate ID whose install was refused."""
    cause: Text | None = None
    """Why, in one word, as in ``server-name-mismatch``; at an install the errno."""
    status: Whole | None = None
    """HTTP status of the answer that ended it; 0: none did."""
    field: Text | None = None
    """Field of the answer that is wrong; ``none``: none is named."""
    refusal: Text | None = None
    """The word with which the service refused the last call, from its journal; ``none``: it did not."""
    presented: Flag | None = None
    """Whether the device presented a certificate in its last call to the issuing service."""
    calls: Expected | None = None
    """Number of calls."""
    asked: tuple[Literal["root-ca", "client"], ...] | None = None
    """The parts of the last request."""
    installed: tuple[Text, ...] | None = None
    """Certificate IDs under which something new lies, in the order of the installs."""
    device_auth: Whole | None = None
    """Result of the callback for device authentication where that ended it: 0 to 3."""
    network_error: Whole | None = None
    """Number of the connection error of the network that could not be joined; 0: there was none."""
    cert_error: NumberOrNone | None = None
    """Number of its certificate error; ``none``: there was none."""
    key_logged: Flag | None = None
    """Whether a private key went to the device's debug log."""

    @property
    def fails(self) -> bool:
        """Whether the run is expected not to give the device what it was to get."""
        return super().fails or (self.ends is not None and not self.ends.is_good)
