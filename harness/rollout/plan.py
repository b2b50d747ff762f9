"""A plan: what one party of a rollout does to a device, step by step, each with the place where it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.device.application import Application
from harness.device.manifest import Manifest
from harness.device.procedure import Result
from harness.device.profile import DEFAULT_PROFILE, DeviceProfile
from harness.errors import Place
from harness.run.devices import Certificates
from harness.scenario.action import Action
from harness.scenario.baseline import CertificateOrder
from harness.scenario.expect import Expectation
from harness.scenario.steps_renewal import Procedure
from harness.scenario.steps_wifi import Network, PowerCut, Reboot, Reload, Restart

DEVICE = "device"
"""What the device of a plan is called that knows only one."""
START = "the start"
"""Who brought what the device holds before anybody does anything."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a program that the scenario language has no verb for.

    ``networks`` are the names of those that it is meant to end, ``loads`` whether it reloads.
    """

    act: Callable[[Application, Certificates], Result]
    networks: tuple[str, ...] = ()
    loads: bool = False


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step. ``actor`` is who does it in words, ``by`` the application whose manifest limits it.

    ``procedure`` names the renewal that the step is a call of; ``joins`` the network that the device is taken to
    have joined before. ``refused``: its file says that the device refuses it, for reasons that a plan need not know.
    ``followed``: what comes of it can be told without running it.
    """

    place: Place
    does: Action | Call
    title: str
    actor: str
    device: str = DEVICE
    by: str = ""
    intended: bool = False
    procedure: str = ""
    joins: str = ""
    refused: bool = False
    followed: bool = True
    expect: Expectation | None = None

    @property
    def who(self) -> str:
        """Who does it in a sentence that names the file besides; empty: nobody but the file."""
        name = self.place.file.name
        return "" if self.actor in {name, str(self.place.file)} else self.actor.removeprefix(f"{name}: ")

    @property
    def loads(self) -> bool:
        """Whether Wi-Fi reads settings and certificates anew."""
        match self.does:
            case Call(loads=loads):
                return loads
            case Network(reload=reloads):
                return reloads
            case Procedure() as procedure:
                return any(step.id.endswith(".reload") for step in procedure.steps())
            case _:
                return isinstance(self.does, Reload | Reboot | Restart | PowerCut)

    @property
    def restarts(self) -> bool:
        """Whether the device starts again."""
        return isinstance(self.does, Reboot | Restart | PowerCut)


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """A device: how it behaves where documents are silent, and what its applications may do."""

    profile: DeviceProfile = DEFAULT_PROFILE
    manifests: Mapping[str, Manifest] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a plan knows of a certificate beyond its name.

    ``size`` are the octets of the certificate, ``key_size`` those of private key and password, 0 for a root CA.
    ``identity`` says which certificate it is when several plans speak of it; empty: nobody else's.
    """

    size: int | None = None
    key_size: int = 0
    identity: str = ""
    order: CertificateOrder | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What one party does. ``start`` is what the device holds before anybody does anything.

    ``unread`` are the places of commands that stand where none is looked for.
    """

    name: str
    file: Path
    steps: tuple[PlanStep, ...]
    start: tuple[PlanStep, ...] = ()
    devices: Mapping[str, DeviceSpec] = field(default_factory=dict)
    certificates: Mapping[str, CertificateFacts] = field(default_factory=dict)
    unread: tuple[Place, ...] = ()

    def facts(self, name: str) -> CertificateFacts:
        """Return what is known of a certificate."""
        return self.certificates.get(name, CertificateFacts())

    def identity(self, name: str) -> str:
        """Return which certificate a name means, among all plans."""
        return self.facts(name).identity or f"{self.name}: {name}"


@dataclass(frozen=True, slots=True)
class Party:
    """One of those that bring a plan, and the variants of it that there are (a scenario's matrix)."""

    name: str
    variants: tuple[Plan, ...]
