"""Whose clocks a case moves: a server whose clock nobody moves has that of the machine, and costs nothing."""

from __future__ import annotations

from harness.scenario.concrete import ConcreteScenario
from harness.scenario.steps_clock import Clock
from harness.scenario.steps_fleet import Measure


class TimeGoesBack(Exception):
    """A step wants a moment that is past; ``str()`` says which, and what time it is."""


def moves_servers(scenario: ConcreteScenario) -> bool:
    """Whether servers have clocks that are moved; they then follow the clock of the scenario in all that it does."""
    actions = [step.action for step in scenario.steps]
    moved = any(
        isinstance(action, Measure)
        or (isinstance(action, Clock) and (action.server is not None or action.moves_all))
        for action in actions
    )
    return moved or any(server.clock is not None for server in scenario.servers.values())
