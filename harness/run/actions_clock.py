"""What the steps do that let time pass: the scenario's clock goes forward, and all that follows it is told."""

from __future__ import annotations

from harness.device.device import Device
from harness.run.answers import OK, Performed
from harness.run.world import World
from harness.scenario.steps_clock import Clock, Wait

_MOST_TOLD = 4
"""Devices whose clocks are told one by one."""


def clock(world: World, action: Clock, name: str) -> Performed:
    """Move the scenario's clock, or the clocks of devices and servers against it.

    Raises :class:`harness.run.world.TimeGoesBack` for a moment that is past.
    """
    if action.server is not None:
        world.skew_servers(action.server)
    if action.advance is not None:
        world.let_pass(action.advance)
    if action.at is not None:
        world.let_pass(world.until(action.at))
    chosen = [world.devices[one] for one in world.members(name)] if name else list(world.devices.values())
    for device in chosen:
        if action.device is not None:
            world.set_clock(device, action.device)
        if action.sync is not None:
            device.clock.sync_enabled = action.sync
    return OK, _words(world, action, chosen)


def wait(world: World, action: Wait, _device: str) -> Performed:
    """Let time pass."""
    world.let_pass(action.time)
    return OK, ""


def _words(world: World, action: Clock, devices: list[Device]) -> str:
    now = world.now()
    moved = [] if action.server is not None and action.device is None else devices
    told = [
        f"{device.name} now says {device.clock.now():%Y-%m-%dT%H:%M:%SZ}" for device in moved[:_MOST_TOLD]
    ]
    told += [f"{len(moved) - _MOST_TOLD} more devices moved"] if len(moved) > _MOST_TOLD else []
    if action.server is not None or action.moves_all:
        told += [f"{name} now says {now + skew:%Y-%m-%dT%H:%M:%SZ}" for name, skew in world.skews.items()]
    return f"{', '.join(told)} (true: {now:%Y-%m-%dT%H:%M:%SZ})"
