"""What happens to a fleet from outside."""

from __future__ import annotations

from harness.run.answers import OK, Performed
from harness.run.events import Loss
from harness.run.world import World
from harness.scenario.expectation_fleet import OFFLINE
from harness.scenario.steps_fleet import Offline


def offline(world: World, action: Offline, name: str) -> Performed:
    """Take a share of a fleet out of reach, and bring the others back."""
    fleet = world.fleets[name]
    before = fleet.connected(world.devices)
    for member in sorted(fleet.take_offline(action.share)):
        world.devices[member].wifi.links.disconnect()
        if member in before:
            fleet.losses.append(Loss(world.now(), member, OFFLINE, OFFLINE))
    fleet.note(world.now(), world.devices)
    return OK, f"{len(fleet.offline)} of {len(fleet.members)} offline"
