"""What a scenario needs and this machine or backend lacks: such a case is skipped, not failed."""

from __future__ import annotations

from harness.run.timing import moves_servers
from harness.scenario.concrete import ConcreteScenario
from harness.scenario.models import Capability
from harness.server.backend import Backend


def missing_capability(scenario: ConcreteScenario, backend: Backend) -> str:
    """Return, in a sentence, what is missing; empty when the case can run."""
    here = {Capability(backend.name), Capability.SERVER_LOG, Capability.SERVER_CONTROL}
    if moves_servers(scenario) or Capability.SERVER_CLOCK in scenario.requires:
        if backend.lacks_clock:
            return f"needs a server whose clock can be moved; {backend.lacks_clock}"
        here.add(Capability.SERVER_CLOCK)
    for wanted in scenario.requires:
        if wanted not in here:
            return f"needs {wanted.value}, and the {backend.name} backend has none"
    if any(server.address == "ipv6" for server in scenario.servers.values()):
        return f"needs a server on IPv6, and the {backend.name} backend listens on IPv4"
    if not backend.distinct_sources and not all(server.known_nas for server in scenario.servers.values()):
        return "needs a server that sees where requests come from; a published container port hides it"
    return ""
