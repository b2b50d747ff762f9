"""The steps of a scenario: who does each, and whether the names in it exist by then."""

from __future__ import annotations

from datetime import timedelta

from harness.outcome import Cause
from harness.scenario import baseline
from harness.scenario.action import Action
from harness.scenario.check_backends import BackEndSteps
from harness.scenario.check_fleet import check_fleet_step
from harness.scenario.check_services import ServiceChecks
from harness.scenario.check_tenants import TenantSteps
from harness.scenario.check_world import ConcreteWorld, check_server
from harness.scenario.command_parts import CommandError
from harness.scenario.commandline import parse_command, redacted
from harness.scenario.complaints import Complaints, Path
from harness.scenario.concrete import ConcreteStep
from harness.scenario.expect import ExpectAction, ExpectAssociation, Expectation, ExpectFleet
from harness.scenario.expect_device import ABOUT_A_NETWORK
from harness.scenario.models import Scenario, StepModel
from harness.scenario.part import key_of
from harness.scenario.steps import (
    Associate,
    ChangeAccessPoint,
    ChangeServer,
    Impair,
    Renew,
    Revoke,
)
from harness.scenario.steps_clock import At, Clock, Wait
from harness.scenario.steps_est import ReEnroll
from harness.scenario.steps_fleet import AssociateAll, Measure
from harness.scenario.steps_renewal import ClientRenewal, Procedure, RootRenewal
from harness.scenario.steps_services import Bootstrap
from harness.scenario.steps_store import Command, Install
from harness.scenario.steps_wifi import (
    Change,
    Disable,
    Duplicate,
    Enable,
    Forget,
    Network,
    OnNetwork,
    Status,
    WifiAdd,
)
from harness.scenario.wording import listed, suggestion
from harness.scenario.world import Start

_MOST_TIME = timedelta(days=365_250)


def resolve_steps(
    scenario: Scenario, world: ConcreteWorld, complaints: Complaints, services: ServiceChecks
) -> tuple[ConcreteStep, ...]:
    """Return the steps with their devices and commands resolved; mistakes go to ``complaints``."""
    tenants = TenantSteps(scenario.tenants, complaints)
    back_ends = BackEndSteps(scenario.back_ends, scenario.tenants, complaints)
    resolver = _StepResolver(world, complaints, tenants, back_ends, services)
    steps = [resolver.resolve(index, step) for index, step in enumerate(scenario.steps)]
    _check_time(scenario, complaints)
    return tuple(step for step in steps if step is not None)


def _check_time(scenario: Scenario, complaints: Complaints) -> None:
    """Check that all the time that passes together can be counted; single durations can."""
    passed = timedelta()
    for index, step in enumerate(scenario.steps):
        action = step.action
        passed += (action.time if isinstance(action, Wait | Measure) else None) or timedelta()
        passed += (action.advance if isinstance(action, Clock) else None) or timedelta()
        if passed > _MOST_TIME:
            message = f"by this step more than {_MOST_TIME.days} days have passed"
            complaints.add(("steps", index), message, "let less time pass")
            return


class _StepResolver:
    """Goes through the steps in order and remembers which networks each device has been given."""

    def __init__(
        self,
        world: ConcreteWorld,
        complaints: Complaints,
        tenants: TenantSteps,
        back_ends: BackEndSteps,
        services: ServiceChecks,
    ) -> None:
        self._world = world
        self._services = services
        self._tenants = tenants
        self._back_ends = back_ends
        self._complaints = complaints
        self._networks = {
            name: {baseline.NETWORK} if device.starts is Start.PROVISIONED else set()
            for name, device in world.devices.items()
        }

    def resolve(self, index: int, step: StepModel) -> ConcreteStep | None:
        path: Path = ("steps", index)
        written = step.action
        action = self._parsed(written, step, path) if isinstance(written, Command) else written
        device = self._device(step, path, action or written)
        if action is None or device is None:
            return None
        check_fleet_step(step, path, self._world.devices.get(device), self._complaints)
        self._check(action, (*path, step.verb), device, step.expectation)
        self._tenants.check(action, (*path, step.verb), step.expectation)
        self._services.check_step(action, (*path, step.verb))
        self._back_ends.check(action, (*path, step.verb), step.expectation, self._tenants)
        self._check_application(step, path, device)
        self._check_expectation(step.expectation, (*path, "expect"))
        if step.cut is not None and step.expectation is not None:
            message = "the power is cut inside this step, so nobody learns what it returns"
            self._complaints.add((*path, "expect"), message, "leave expect out", key=True)
        line = self._complaints.document.place(path).line
        command = redacted(written.line) if isinstance(written, Command) else ""
        return ConcreteStep(
            index + 1,
            line,
            step.verb,
            action,
            device,
            step.expectation,
            step.by_name,
            step.cut,
            step.part,
            command,
        )

    def _parsed(self, command: Command, step: StepModel, path: Path) -> Action | None:
        device = self._world.devices.get(step.device_name or next(iter(self._world.devices)))
        both = device is not None and device.psk_beside_certificate
        try:
            return parse_command(command.line, psk_beside_certificate=both)
        except CommandError as error:
            at = (*path, step.verb, "line")
            place = self._complaints.document.place_inside(at, command.line, error.offset)
            self._complaints.add_at(place, error.message, error.fix)
            return None

    def _device(self, step: StepModel, path: Path, action: Action) -> str | None:
        """Return the device that does a step, ``""`` where none does, ``None`` after a mistake."""
        devices = self._world.devices
        if isinstance(step.action, Command) and not action.on_device and step.device_name is not None:
            message = "this command is for the Security Service, not for a device"
            self._complaints.add((*path, "device"), message, "leave device out", key=True)
            return None
        if step.device_name is not None:
            known = self._complaints.check_name((*path, "device"), step.device_name, devices, "device")
            if isinstance(step.action, Clock) and step.action.moves_all:
                fix = "leave device out, or write `clock: {device: ...}` for its clock alone"
                self._complaints.add(
                    (*path, "device"), "this moves all clocks, not one device's", fix, key=True
                )
            return step.device_name if known else None
        if not action.on_device or isinstance(action, Clock):
            return ""
        if len(devices) > 1:
            fix = f"add device: {listed(devices, 'or')}"
            self._complaints.add(path, f"{step.verb!r} does not say which device", fix)
            return None
        return next(iter(devices))

    def _check(self, action: Action, path: Path, device: str, expect: Expectation | None) -> None:
        match action:
            case Install():
                self._check_install(action, path)
            case Network() | Duplicate() | Change() | Enable() | Disable() | Forget() | OnNetwork():
                if not _fails(expect) or isinstance(action, Network | Duplicate):
                    self._check_settings(action, path, device, expect)
            case Associate() | AssociateAll():
                self._check_associate(action, path, device, expect)
            case Status():
                self._check_status(action, path, device, expect)
            case Bootstrap():
                self._check_bootstrap(action, path, device)
            case ReEnroll():
                self._check_network((*path, "network"), action.network, device)
                self._check_network((*path, "over"), action.over, device)
            case Procedure():
                self._check_procedure(action, path, device, expect)
            case ChangeServer():
                self._check_server(action, path, expect)
            case _:
                self._check_world_step(action, path)

    def _check_expectation(self, expect: Expectation | None, path: Path) -> None:
        """Check that the certificate that is to be blamed exists; ``none`` stands for no certificate."""
        if isinstance(expect, ExpectAssociation | ExpectFleet) and expect.certificate not in {None, "none"}:
            known = self._world.certificates
            self._complaints.check_name((*path, "certificate"), str(expect.certificate), known, "certificate")

    def _check_settings(self, action: Action, path: Path, device: str, expect: Expectation | None) -> None:
        match action:
            case WifiAdd(name=name):
                # Whether a name may be used twice there is the device's own answer.
                if name and not _fails(expect):
                    self._networks[device].add(name)
            case Network() | Duplicate():
                self._check_new_network(action, path, device, expect)
            case Change() | Enable() | Disable() | Forget() | OnNetwork(network=str()):
                self._check_network((*path, "network"), str(action.network), device)
                self._rename(action, device)

    def _check_world_step(self, action: Action, path: Path) -> None:
        match action:
            case Renew():
                self._check_certificate(path, "certificate", action.certificate)
            case Revoke():
                self._check_revoke(action, path)
            case Impair(access_point=str(name)):
                known = self._world.access_points
                self._complaints.check_name((*path, "access-point"), name, known, "access point")
            case ChangeAccessPoint():
                self._check_access_point(action, path)
            case Clock(at=At() as moment):
                self._check_moment(moment, (*path, "at"))

    def _check_application(self, step: StepModel, path: Path, device: str) -> None:
        known = self._world.devices[device].applications if device else {}
        if step.by_name and step.by_name not in known:
            fix = suggestion(step.by_name, known)
            fix = fix if known else f"write it there, as in `applications: {{{step.by_name}: [CertStore]}}`"
            self._complaints.add((*path, "by"), f"the device has no application {step.by_name!r}", fix)

    def _check_status(self, action: Status, path: Path, device: str, expect: Expectation | None) -> None:
        if action.network is not None:
            if not _fails(expect):
                self._check_network((*path, "network"), action.network, device)
            return
        for name in expect.written() if expect else ():
            if name in ABOUT_A_NETWORK:
                at = (*path[:-1], "expect", key_of(name))
                fix = "write which, as in `status: corp`"
                self._complaints.add(at, f"{key_of(name)!r} is about a network", fix, key=True)

    def _check_procedure(
        self, action: Procedure, path: Path, device: str, expect: Expectation | None
    ) -> None:
        if isinstance(action, RootRenewal | ClientRenewal):
            self._check_certificate(path, "certificate", action.certificate)
        if isinstance(action, ClientRenewal) and action.key_from is not None:
            self._check_certificate(path, "key-from", action.key_from)
        if not _fails(expect):
            self._check_network((*path, "network"), action.network, device)
        if action.copies:
            self._networks[device].add(action.copy_)

    def _check_bootstrap(self, action: Bootstrap, path: Path, device: str) -> None:
        if action.interface == "wifi":
            self._check_network((*path, "open-network"), action.open_network, device)
        self._networks[device].add(action.network)

    def _rename(self, action: Action, device: str) -> None:
        if isinstance(action, Change) and action.name is not None:
            self._networks[device].add(action.name)

    def _check_access_point(self, action: ChangeAccessPoint, path: Path) -> None:
        known = self._world.access_points
        if action.name is not None:
            self._complaints.check_name((*path, "name"), action.name, known, "access point")
        elif len(known) > 1:
            fix = f"add name: {listed(known, 'or')}"
            self._complaints.add(path, "'access-point' does not say which one", fix)

    def _check_moment(self, moment: At, path: Path) -> None:
        if moment.certificate is not None:
            self._check_certificate(path, "certificate", moment.certificate)
        elif moment.date is None:
            self._tenants.check_end(moment.tenant, path)

    def _check_certificate(self, path: Path, key: str, name: str) -> bool:
        return self._complaints.check_name((*path, key), name, self._world.certificates, "certificate")

    def _check_install(self, install: Install, path: Path) -> None:
        self._check_certificate(path, "certificate", install.certificate)
        if install.key_from is not None:
            self._check_certificate(path, "key-from", install.key_from)
        if install.type == "rootca":
            for key, value in (("key-from", install.key_from), ("password", install.password)):
                if value is not None:
                    fix = f"leave {key} out, or write type: client"
                    self._complaints.add((*path, key), "a root CA is installed without a key", fix, key=True)

    def _check_new_network(
        self, action: Network | Duplicate, path: Path, device: str, expect: Expectation | None
    ) -> None:
        name, key = (action.name, "name") if isinstance(action, Network) else (action.as_, "as")
        known = self._networks[device]
        if isinstance(action, Duplicate) and not _fails(expect):
            self._check_network((*path, "network"), action.network, device)
        if name in known and not _fails(expect):
            provisioned = self._world.devices[device].starts is Start.PROVISIONED and name == baseline.NETWORK
            fix = "write `device: empty` to start with nothing" if provisioned else "choose another name"
            where = " from the baseline" if provisioned else ""
            self._complaints.add((*path, key), f"the device has a network {name!r} already{where}", fix)
        if not _fails(expect):
            known.add(name)

    def _check_network(self, path: Path, name: str, device: str) -> None:
        known = self._networks[device]
        if name not in known:
            fix = suggestion(name, sorted(known)) if known else "add one with the step `network`"
            self._complaints.add(path, f"the device has no network {name!r} at this step", fix)

    def _check_associate(
        self, action: Associate | AssociateAll, path: Path, device: str, expect: Expectation | None
    ) -> None:
        asked = isinstance(expect, ExpectAssociation) and expect.cause is Cause.NETWORK_UNKNOWN
        if not asked:
            self._check_network((*path, "network"), action.network, device)
        if action.access_point is not None:
            known = self._world.access_points
            self._complaints.check_name((*path, "access-point"), action.access_point, known, "access point")

    def _check_server(self, action: ChangeServer, path: Path, expect: Expectation | None) -> None:
        if action.action == "stop" and expect is not None:
            self._complaints.add(
                (*path[:-1], "expect"), "a server that is stopped does not start", "leave expect out"
            )
        servers = self._world.servers
        if action.name is not None:
            self._complaints.check_name((*path, "name"), action.name, servers, "server")
        elif len(servers) > 1:
            fix = f"add name: {listed(servers, 'or')}"
            self._complaints.add(path, "'server' does not say which server", fix)
        check_server(action, path, self._world.certificates, self._complaints)

    def _check_revoke(self, action: Revoke, path: Path) -> None:
        if not self._check_certificate(path, "certificate", action.certificate):
            return
        if self._world.certificates[action.certificate].spec.signs_itself:
            message = f"{action.certificate!r} signs itself, so nobody can revoke it"
            self._complaints.add((*path, "certificate"), message, "name a certificate that a CA has issued")


def _fails(expect: Expectation | None) -> bool:
    return isinstance(expect, ExpectAction) and expect.fails
