"""Steps of a fleet: all its devices at once, and what becomes of them over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import model_validator

from harness.scenario.action import Action
from harness.scenario.expect import ExpectFleet
from harness.scenario.values import Duration, Text, format_duration, mistake
from harness.scenario.values_fleet import OneShare

_MOST_ROUNDS = 1000


class FleetAction(Action):
    """What all devices of a fleet do at once."""

    expectation = ExpectFleet
    on_device = True


class AssociateAll(FleetAction):
    """Let the devices of a fleet join a network, many at a time. A bare word is its configuration name."""

    shorthand: ClassVar[str] = "network"

    network: Text
    """Configuration name of the network on each device."""
    access_point: Text | None = None
    """Name of the access point; the first with the network's SSID unless written."""


class JoinAll(FleetAction):
    """Let each device of a fleet choose among its enabled networks, many at a time, until one is joined."""


class Measure(FleetAction):
    """Let time pass while the devices of a fleet authenticate again and again, and measure the share that is connected.

    Each time, every device that is not offline joins anew, as with ``join-all``. All clocks go along, as with ``clock``.
    """

    time: Duration
    """How much time."""
    every: Duration
    """How often the devices authenticate again, or report."""
    contact: Text | None = None
    """Name of the back end that the devices report to each time, with the device certificate, instead of joining a network;
    what is measured is the share that it lets in."""

    @model_validator(mode="after")
    def _rounds(self) -> Measure:
        if not self.every or not self.time:
            raise mistake("nothing passes in no time", "write a longer time and every")
        if self.time / self.every > _MOST_ROUNDS:
            raise mistake(
                f"the devices would authenticate more than {_MOST_ROUNDS} times",
                "write a longer every, or less time",
            )
        return self

    @property
    def words(self) -> str:
        """How long and how often, in words."""
        return f"{format_duration(self.time)}, every {format_duration(self.every)}"


class Offline(Action):
    """Take a share of a fleet offline, spread over it, and bring all others back. A bare value is the share.

    Who is offline loses its connection and does no step until it is back.
    """

    shorthand: ClassVar[str] = "share"
    on_device = True

    share: OneShare
    """How many are offline from now on; 0% brings all back."""


FLEET_VERBS: Mapping[str, type[Action]] = {
    "associate-all": AssociateAll,
    "join-all": JoinAll,
    "measure": Measure,
    "offline": Offline,
}
"""The verbs of fleets, in the order of the reference."""
