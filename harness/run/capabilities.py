"""What a scenario needs and this machine or backend lacks: such a case is skipped, not failed."""

from __future__ import annotations

from harness.scenario.concrete import ConcreteScenario
from harness.scenario.models import Capability
from harness.scenario.steps import Clock
from harness.server.backend import Backend


def missing_capability(scenario: ConcreteScenario, backend: Backend) -> str:
    """Return, in a sentence, what is missing; empty when the case can run."""
    here = {Capability(backend.name), Capability.SERVER_LOG, Capability.SERVER_CONTROL}
    for wanted in scenario.requires:
        if wanted not in here:
            return f"needs {wanted.value}, and the {backend.name} backend has none"
    if any(server.address == "ipv6" for server in scenario.servers.values()):
        return f"needs a server on IPv6, and the {backend.name} backend listens on IPv4"
    if not backend.distinct_sources and not all(server.known_nas for server in scenario.servers.values()):
        return "needs a server that sees where requests come from; a published container port hides it"
    if _moves_server_clock(scenario):
        return f"needs a server whose clock can be moved, and the {backend.name} backend has none"
    return ""


def _moves_server_clock(scenario: ConcreteScenario) -> bool:
    actions = [step.action for step in scenario.steps]
    moved = any(isinstance(action, Clock) and (action.server or action.advance) for action in actions)
    return moved or any(server.clock is not None for server in scenario.servers.values())
