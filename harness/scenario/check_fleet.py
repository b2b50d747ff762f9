"""Which steps are a fleet's and which a single device's, and whether the names of a fleet are free."""

from __future__ import annotations

from collections.abc import Mapping

from harness.scenario.action import AssociationAction
from harness.scenario.complaints import Complaints, Path
from harness.scenario.models import StepModel
from harness.scenario.steps import Associate, Join
from harness.scenario.steps_fleet import FleetAction, Offline
from harness.scenario.world import Device


def member_names(name: str, count: int) -> tuple[str, ...]:
    """Return what the devices of a fleet are called: its name and their number."""
    width = len(str(count))
    return tuple(f"{name}-{number:0{width}d}" for number in range(1, count + 1))


def check_fleet_names(devices: Mapping[str, Device], complaints: Complaints) -> None:
    """Check that no device is called as one of a fleet is."""
    for name, device in devices.items():
        taken = [one for one in member_names(name, device.count or 0) if one in devices]
        if taken:
            message = f"the device {taken[0]!r} has the name of one of the fleet {name!r}"
            complaints.add(("devices", taken[0]), message, "give it another name", key=True)


def check_fleet_step(step: StepModel, path: Path, device: Device | None, complaints: Complaints) -> None:
    """Check that a step is for what its device is: one, or a fleet."""
    fleet = device is not None and device.count is not None
    action = step.action
    if isinstance(action, FleetAction | Offline) and not fleet:
        message = f"{step.verb!r} is what a fleet does, and the device is one"
        alone = {"associate-all": "associate", "join-all": "join"}.get(step.verb)
        fix = f"write {alone}, or give the device a count" if alone else "give the device a count"
        complaints.add((*path, step.verb), message, fix, key=True)
    elif isinstance(action, AssociationAction) and fleet:
        together = "associate-all" if isinstance(action, Associate) else "join-all"
        same = "" if isinstance(action, Associate | Join) else ", which authenticates anew"
        message = f"{step.verb!r} is what one device does, and this is a fleet"
        complaints.add((*path, step.verb), message, f"write {together}{same}", key=True)
    if step.part is not None and not fleet:
        fix = "leave share out, or give the device a count"
        complaints.add((*path, "share"), "only a fleet has shares", fix, key=True)
    if step.cut is not None and fleet:
        message = "the power is cut in one device at a time, and this is a fleet"
        complaints.add(
            (*path, "power-cut-at"), message, "write the step power-cut for all, or one device", key=True
        )
