"""A scenario in which nothing is left open: what a runner executes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.errors import Place
from harness.scenario.action import Action
from harness.scenario.baseline import CertificateOrder
from harness.scenario.expect import Expectation
from harness.scenario.models import Capability, CutAt
from harness.scenario.values_fleet import Shares
from harness.scenario.world import AccessPoint, Device, Server
from harness.scenario.world_backends import BackEnd
from harness.scenario.world_services import Service
from harness.scenario.world_tenants import SecurityService, Tenant


@dataclass(frozen=True, slots=True)
class ConcreteStep:
    """One step: ``index`` counts from 1, ``line`` is where it stands, ``title`` what it does in words.

    ``device`` is empty for a step that concerns none or, with ``clock``, all devices. A step on a device
    without ``expect`` is expected to succeed.
    """

    index: int
    line: int
    verb: str
    action: Action
    device: str = ""
    expect: Expectation | None = None
    by: str = ""
    """The application that does it; empty: the command line."""
    cut: CutAt | None = None
    """The write point at which the power is cut."""
    share: Shares | None = None
    """The part of a fleet that does it; ``None``: all of it, or no fleet."""
    command: str = ""
    """The command line this step was written as, if it was; without its password."""

    @property
    def title(self) -> str:
        """The step in words, e.g. ``associate corp``."""
        by = f"by {self.by}" if self.by else ""
        cut = f"with a power cut at write point {self.cut.point}" if self.cut else ""
        return self.command or " ".join(filter(None, (self.verb, self.action.words, by, cut)))


@dataclass(frozen=True, slots=True)
class ConcreteScenario:
    """A scenario with every name resolved, the baseline and the values of the matrix put in."""

    title: str
    why: str
    tags: tuple[str, ...]
    refs: tuple[str, ...]
    requires: tuple[Capability, ...]
    certificates: Mapping[str, CertificateOrder]
    """Certificates to make, issuers before those they sign."""
    servers: Mapping[str, Server]
    server_places: Mapping[str, Place]
    """Where each server is written; what it is made of where the file does not mention it."""
    access_points: Mapping[str, AccessPoint]
    """Each names its server."""
    devices: Mapping[str, Device]
    provisioning: Mapping[str, tuple[Action, ...]]
    """What has been done on each device before the first step."""
    steps: tuple[ConcreteStep, ...]
    tenants: Mapping[str, Tenant] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    back_ends: Mapping[str, BackEnd] = field(default_factory=dict)
    security_service: SecurityService = field(default_factory=SecurityService)
