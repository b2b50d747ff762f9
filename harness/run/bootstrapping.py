"""The bootstrap application on a device of a case: real networks, real calls, the device's own time."""

from __future__ import annotations

from harness.device.application import Application
from harness.device.bootstrap.attestation import AttestationCache, DeviceAuth
from harness.device.bootstrap.est_machine import EstBootstrap
from harness.device.bootstrap.machine import Bootstrap as Machine
from harness.device.bootstrap.plan import (
    GALLERY,
    Answered,
    Authenticate,
    Call,
    Ended,
    Ending,
    Given,
    Join,
    Joined,
    Need,
    Plan,
    Unanswered,
)
from harness.device.manifest import Access, Capability, DeviceAuthResult, Manifest
from harness.outcome import Verdict
from harness.pki.credential import Credential
from harness.run import enrolling
from harness.run.answers import Performed
from harness.run.associations import Associations, Surroundings
from harness.run.services import Seen, WebServices
from harness.run.world import World
from harness.scenario.expectation import ActionResult
from harness.scenario.steps import Associate
from harness.scenario.steps_est import ReEnroll
from harness.scenario.steps_services import Bootstrap
from harness.services.web.caller import CallCause, Caller, CallFailure, CallPlace, call

_CABLE = "ethernet"


def bootstrap(
    world: World, around: Surroundings, action: Bootstrap | ReEnroll, name: str, by: str
) -> Performed:
    """Run the application once; raises as an association does."""
    renews = isinstance(action, ReEnroll)
    run = _Run(world, around, action.run if isinstance(action, ReEnroll) else action, name, by)
    ending = run.run(renews=renews)
    return run.result(ending), run.told(ending)


class _Run:
    def __init__(self, world: World, around: Surroundings, action: Bootstrap, name: str, by: str) -> None:
        self._world = world
        self._around = around
        self._action = action
        self._name = name
        self._device = world.devices[name]
        self._services: WebServices = world.services()
        written = world.written(name).applications.get(by)
        trusts = written.trusts if written else ("corp-root",)
        self._trusts = tuple(world.book.certificate(one) for one in trusts)
        self._manifest = world.manifest(name, by) or self._everything()
        self._issuing = action.service or next(
            one for one, service in self._services.written.items() if service.speaks != "root-ca"
        )
        self._credential: Credential | None = None
        self._log: list[str] = []
        self._machine = self._made(by)
        self._services.seen.pop(self._issuing, None)

    def run(self, *, renews: bool = False) -> Ending:
        """Give the machine what it asks for, until it ends."""
        machine = self._machine
        generator = machine.renew() if renews and isinstance(machine, EstBootstrap) else machine.run()
        try:
            need = next(generator)
            while True:
                need = generator.send(self._give(need))
        except StopIteration as stop:
            ending: Ending = stop.value
            return ending

    def result(self, ending: Ending) -> ActionResult:
        """Return what the step came to, with the facts that it can assert."""
        progress = self._machine.progress
        seen = self._services.seen.get(self._issuing, Seen())
        facts = {
            "ends": ending.ended,
            "place": ending.place,
            "cause": ending.cause,
            "status": ending.status,
            "field": ending.field,
            "refusal": seen.refusal,
            "presented": seen.presented,
            "calls": progress.calls,
            "asked": tuple(progress.asked),
            "installed": tuple(progress.installed),
            "device_auth": int(ending.device_auth),
            "network_error": ending.error,
            "cert_error": ending.cert_error,
            "key_logged": progress.key_logged,
        }
        errno = ending.cause if ending.ended in {Ended.INSTALL_REFUSED, Ended.NETWORK_REFUSED} else ""
        return ActionResult(ok=ending.ended.is_good, errno=errno or ending.ended, facts=facts)

    def told(self, ending: Ending) -> str:
        """Return what happened, in words."""
        where = ": ".join(filter(None, [ending.place, ending.cause, ending.text]))
        progress = self._machine.progress
        installed = f"installed {', '.join(progress.installed)}" if progress.installed else ""
        return "; ".join(
            filter(None, [*self._log, f"{ending.ended}{f' ({where})' if where else ''}", installed])
        )

    def _everything(self) -> Manifest:
        """Return the manifest of an application that lacks nothing."""
        hosts = frozenset(service.host for service in self._services.written.values())
        return Manifest(frozenset(Capability), self._services.tenant_id(self._name), hosts)

    def _application(self) -> Application:
        access = Access(lambda: self._device.ready, self._manifest)
        return Application(self._device.store, self._device.wifi, access)

    def _plan(self) -> Plan:
        action = self._action
        written = self._services.written
        root = action.root_ca_from
        return Plan(
            url=f"https://{written[self._issuing].host}{action.path}",
            bootstrap=None if action.interface == _CABLE else action.open_network,
            network=action.network,
            ssid=action.ssid,
            root_id=action.root_ca_cert_id,
            client_id=action.client_cert_id,
            root_url=f"https://{written[root].host}/root-ca" if root else None,
            mutual=action.mutual_authentication,
            connects=action.connect,
            leaves=action.leave_open_network,
            defects=GALLERY if action.application == "gallery" else frozenset(action.defects),
        )

    def _made(self, by: str) -> Machine:
        """Return the machine that speaks what the service speaks."""
        service, request = self._services.written[self._issuing], self._action.request
        if service.speaks != "est":
            return Machine(self._application(), self._plan())
        return enrolling.machine(
            self._application(),
            self._plan(),
            self._services.est_client(self._name, by),
            self._device,
            self._world.devices[request.names_of] if request.names_of else None,
            request=request,
            label=service.est.label or "",
        )

    def _give(self, need: Need) -> Given:
        match need:
            case Join(network):
                return self._join(network)
            case Authenticate():
                return self._authenticate()
            case Call():
                return self._call(need)

    def _join(self, network: str) -> Joined:
        associations = Associations(self._world, self._around, self._name)
        tried = associations.run(Associate(network=network))
        outcome = tried.attempt.outcome
        if outcome.verdict is Verdict.CONNECTED:
            return Joined(ok=True)
        self._log.append(f"{network}: {outcome.verdict} {outcome.cause}")
        seen = tried.diagnostics
        return Joined(False, seen.error, seen.cert_error, f"{network} could not be joined: {outcome.cause}")

    def _ways(self) -> tuple[str, ...]:
        """Return the access points, or the cable, over which the device is connected."""
        if self._action.interface == _CABLE:
            return (_CABLE,)
        number = self._device.wifi.links.connected
        if number is None:
            return ()
        ssid = self._device.wifi.by_id()[number].ssid
        return tuple(name for name in self._world.on_air if self._world.offer(name).ssid == ssid)

    def _authenticate(self) -> DeviceAuth:
        points = self._world.scenario.access_points
        ways = self._ways()
        internet = any(way == _CABLE or points[way].internet for way in ways)
        if _CABLE in ways:
            self._device.clock.synchronise()
        cache: AttestationCache = self._services.attestation(self._name, internet=internet)
        auth = cache.authenticate(self._manifest, self._services.tenant_id(self._name))
        self._credential = auth.credential if auth.result is DeviceAuthResult.OK else None
        return auth

    def _call(self, need: Call) -> Answered | Unanswered:
        now = self._device.clock.now()
        caller = Caller(
            now,
            self._trusts,
            need.credential or self._credential,
            self._services.hosts(self._ways()),
            self._manifest.may_connect,
            verifies=need.verifies,
            seconds=self._action.timeout.total_seconds(),
        )
        unreachable = self._unreachable(need.url)
        if unreachable is not None and self._manifest.may_connect(unreachable):
            text = f"the device's network does not lead to {unreachable}"
            return Unanswered(CallPlace.CONNECT, CallCause.UNREACHABLE, text)
        answer = call(caller, need.url, method=need.method, headers=need.headers, body=need.body)
        if isinstance(answer, CallFailure):
            return Unanswered(answer.place, answer.cause, answer.detail)
        return Answered(answer.status, answer.body, answer.headers)

    def _unreachable(self, url: str) -> str | None:
        """Return the host of a URL that the device's network does not lead to."""
        ways = self._ways()
        for service in self._services.written.values():
            if url.startswith(f"https://{service.host}/"):
                lets = service.reachable_from
                return None if any(lets is None or way in lets for way in ways) else service.host
        return None
