"""From a scenario as it is written to one in which every name leads somewhere."""

from __future__ import annotations

from harness.errors import ScenarioErrors
from harness.scenario import baseline
from harness.scenario.check_services import ServiceChecks
from harness.scenario.check_steps import resolve_steps
from harness.scenario.check_world import resolve_world
from harness.scenario.complaints import Complaints
from harness.scenario.concrete import ConcreteScenario
from harness.scenario.document import Document
from harness.scenario.models import Scenario
from harness.scenario.world import Start
from harness.scenario.world_tenants import SecurityService


def resolve(scenario: Scenario, document: Document) -> ConcreteScenario:
    """Return the scenario with the baseline put in and all names resolved.

    Raises :class:`ScenarioErrors` with every name that leads nowhere.
    """
    complaints = Complaints(document)
    world = resolve_world(scenario, complaints)
    services = ServiceChecks(
        world.certificates,
        world.access_points,
        world.devices,
        scenario.tenants,
        complaints,
        scenario.services,
    )
    services.check_world()
    steps = resolve_steps(scenario, world, complaints, services)
    if complaints.errors:
        raise ScenarioErrors(complaints.errors)
    return ConcreteScenario(
        title=scenario.scenario,
        why=scenario.why,
        tags=scenario.tags,
        refs=scenario.ref,
        requires=scenario.requires,
        certificates={**world.certificates, **services.certificates_of_services()},
        servers=world.servers,
        server_places=world.server_places,
        access_points=world.access_points,
        devices=world.devices,
        provisioning={
            name: baseline.provisioning(world.certificates) if device.starts is Start.PROVISIONED else ()
            for name, device in world.devices.items()
        },
        steps=steps,
        tenants=scenario.tenants,
        services=scenario.services,
        back_ends=scenario.back_ends,
        security_service=scenario.security_service or SecurityService(),
    )
