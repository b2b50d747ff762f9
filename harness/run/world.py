"""Everything that exists while one case runs: certificates, servers, access points, devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from harness.device.application import Application
from harness.device.device import Device
from harness.device.flash import SimulatedFlash
from harness.device.manifest import Access, Manifest
from harness.device.network import Security
from harness.device.selection import Offer
from harness.run.associate import SourceAddresses
from harness.run.book import CertificateBook
from harness.run.fleet import Fleet
from harness.run.links import mac
from harness.run.settings import server_settings
from harness.run.timing import TimeGoesBack, moves_servers
from harness.scenario.concrete import ConcreteScenario
from harness.scenario.steps import ChangeServer, Revoke
from harness.scenario.steps_clock import At
from harness.scenario.steps_wifi import PowerCut
from harness.scenario.switches import profile_of
from harness.scenario.world import Device as WrittenDevice
from harness.scenario.world import Security as WrittenSecurity
from harness.scenario.world import Server as WrittenServer
from harness.scenario.world_path import Impairment
from harness.server.backend import Server
from harness.server.pool import ServerPool
from harness.server.settings import ServerSettings

if TYPE_CHECKING:
    from harness.run.backends import BackEnds
    from harness.run.services import WebServices
    from harness.run.tenants import Tenants


def true_time() -> datetime:
    """Return the harness's time."""
    return datetime.now(UTC)


@dataclass(slots=True)
class World:
    """The world of one case; close it to give its servers back.

    ``random`` returns that many random octets, the same ones for the same seed and case.
    """

    scenario: ConcreteScenario
    book: CertificateBook
    pool: ServerPool
    random: Callable[[int], bytes]
    sources: SourceAddresses
    servers: dict[str, Server] = field(default_factory=dict)
    written_servers: dict[str, WrittenServer] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    """All devices, those of fleets by their own names."""
    fleets: dict[str, Fleet] = field(default_factory=dict)
    impairments: dict[str, Impairment | None] = field(default_factory=dict)
    flashes: dict[str, SimulatedFlash] = field(default_factory=dict)
    on_air: set[str] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)
    """What steps have downloaded, by file name: CAs and proofs in DER, chains as PKCS #7."""
    codes: dict[str, str] = field(default_factory=dict)
    """The verification code that each back end gave last; ``--verification-code {hub}`` stands for that of ``hub``."""
    tenants: Tenants | None = None
    """The Security Service; there is one where the scenario has tenants."""
    back_ends: BackEnds | None = None
    """What devices report to; there are some where the scenario has them."""
    elapsed: timedelta = timedelta()
    """How far the scenario's clock is ahead of the true time."""
    skews: dict[str, timedelta] = field(default_factory=dict)
    """How far each server's clock is from the scenario's; empty where no server's clock is moved."""
    opened: bool = False
    """Whether the devices have left the factory: all that was done before the first step is done."""
    down: str = ""
    """The server that did not start just now; empty: none."""
    survives: str = "nothing"
    """What a power cut leaves of that which was not durable yet."""
    began: datetime = field(default_factory=true_time)
    _written_devices: dict[str, WrittenDevice] = field(default_factory=dict)
    _settled: dict[str, ServerSettings] = field(default_factory=dict)
    _services: WebServices | None = None
    _leases: ExitStack = field(default_factory=ExitStack)

    def open(self) -> None:
        """Make the devices. Servers start when they are first needed."""
        self.written_servers.update(self.scenario.servers)
        if self.scenario.tenants:
            from harness.run.tenants import Tenants

            self.tenants = Tenants(self.scenario, self.now, self.random)
            self._make_back_ends(self.tenants)
        if moves_servers(self.scenario):
            self.skews = {name: self._shift(one.clock) for name, one in self.scenario.servers.items()}
        for name, written in self.scenario.devices.items():
            if written.count is not None:
                self.fleets[name] = Fleet.of(name, written)
            for member in self.members(name):
                self._written_devices[member] = written
                self._make_device(member, len(self.devices) + 1, written)
        for name, point in self.scenario.access_points.items():
            self.impairments[name] = point.impair
            if point.on_air:
                self.on_air.add(name)

    def members(self, name: str) -> tuple[str, ...]:
        """Return the devices of a fleet, or the one device of that name."""
        return self.fleets[name].members if name in self.fleets else (name,)

    def written(self, device: str) -> WrittenDevice:
        """Return the description of a device; those of a fleet have the same."""
        return self._written_devices[device]

    def now(self) -> datetime:
        """Return the time of the scenario: the true time, and what steps let pass."""
        return true_time() + self.elapsed

    @property
    def passed_for_all(self) -> timedelta:
        """How much time has passed for devices and servers alike: none where servers keep the machine's clock."""
        return self.elapsed if self.skews else timedelta()

    def let_pass(self, time: timedelta) -> None:
        """Let all clocks go forward; what servers have read they keep."""
        if self.skews:
            self.settle()
        self.elapsed += time
        self._tell_servers()

    def until(self, moment: At) -> timedelta:
        """Return how far a moment is ahead; raises TimeGoesBack when it is past."""
        end = moment.date or self.end_of(moment) + moment.shift
        ahead = end - self.now()
        if ahead < timedelta():
            date = f"{end:%Y-%m-%dT%H:%M:%SZ}"
            said = date if moment.date else f"{moment}, {date},"
            raise TimeGoesBack(f"{said} is past: it is {self.now():%Y-%m-%dT%H:%M:%SZ} already")
        return ahead

    def end_of(self, moment: At) -> datetime:
        """Return when the certificate ends that a moment counts from."""
        if moment.certificate is None:
            assert self.tenants is not None, "the check of the scenario made sure of it"
            return self.tenants.end(moment.tenant)
        return self.book.certificate(moment.certificate).not_valid_after_utc

    def skew_servers(self, moment: timedelta | datetime) -> None:
        """Set the clock of every server to a date, or to a shift against the scenario's clock."""
        self.skews = dict.fromkeys(self.skews, self._shift(moment))
        self._tell_servers()

    def _shift(self, moment: timedelta | datetime | None) -> timedelta:
        if isinstance(moment, datetime):
            return moment - self.now()
        return moment or timedelta()

    def _tell_servers(self) -> None:
        for name, skew in self.skews.items():
            if name in self.servers:
                self.servers[name].move_clock(self.elapsed + skew)

    def _make_back_ends(self, tenants: Tenants) -> None:
        if self.scenario.back_ends:
            from harness.run.backends import BackEnds

            written = self.scenario.back_ends
            self.back_ends = BackEnds(written, tenants, self.files, self.now, self.random)
            self._leases.callback(self.back_ends.close)

    def set_clock(self, device: Device, moment: timedelta | datetime) -> None:
        """Set a device's clock to a date, or to a shift against the scenario's clock; one of a fleet is off from that."""
        device.clock.set(moment if isinstance(moment, datetime) else self.now() + moment)
        for fleet in self.fleets.values():
            device.clock.advance(fleet.skews.get(device.name, timedelta()))

    def application(self, device: str, name: str) -> Application:
        """Return a device as an application sees it; without a name: the command line.

        What is done before the first step is done in the factory, where no device is locked yet.
        """
        if not self.opened:
            return Application(self.devices[device].store, self.devices[device].wifi, Access(lambda: True))
        return self.devices[device].application(self.manifest(device, name))

    def manifest(self, device: str, name: str) -> Manifest | None:
        """Return what an application of a device may do; ``None`` for the command line."""
        if not name:
            return None
        written = self.written(device).applications[name]
        tenant = written.device_authentication or ""
        if self.tenants is not None and tenant in self.scenario.tenants:
            tenant = self.tenants.tenant(tenant).id
        return Manifest(frozenset(written.capabilities), tenant, frozenset(written.allowed_connections))

    def services(self) -> WebServices:
        """Return the services that devices call; they listen from their first call on."""
        if self._services is None:
            from harness.run.services import WebServices

            self._services = WebServices(self)
            self._leases.callback(self._services.close)
        return self._services

    def offers(self) -> tuple[Offer, ...]:
        """Return what the access points that are switched on announce, in the scenario's order."""
        return tuple(self.offer(name) for name in self.scenario.access_points if name in self.on_air)

    def offer(self, name: str) -> Offer:
        """Return what an access point announces."""
        point = self.scenario.access_points[name]
        plain = {WrittenSecurity.OPEN: Security.OPEN, WrittenSecurity.WPA2_PSK: Security.PSK}
        return Offer(point.ssid, plain.get(point.security, Security.EAP_TLS), point.hidden)

    def _make_device(self, name: str, index: int, written: WrittenDevice) -> None:
        low, high = written.tls.bounds
        profile = profile_of(written, tls_min=low.value, tls_max=high.value)
        address = bytes.fromhex(written.mac.replace(":", "")) if written.mac else mac(0xDE, index)
        if cuts_power(self.scenario):
            self.flashes[name] = SimulatedFlash(profile, self._surviving)
        device = self.devices[name] = Device(name, address, self.now, profile, self.flashes.get(name))
        if written.clock is not None:
            self.set_clock(device, written.clock)
        elif written.clock_skew:
            self.set_clock(device, timedelta())

    def _surviving(self, choices: int) -> int:
        return choices - 1 if self.survives == "everything" else 0

    def server(self, name: str) -> Server:
        """Return a server, which runs unless a step has ended it or it did not come up in an earlier one.

        Raises ServerDoesNotStart, with ``down`` naming it, and EnvironmentUnavailable.
        """
        if name in self.servers:
            return self.servers[name]
        with self._starting(name):
            if self.skews or name in _changing(self.scenario):
                self._own_server(name).start()
            else:
                lease = self.pool.lease(self._first_settings(name))
                self.servers[name] = self._leases.enter_context(lease)
        return self.servers[name]

    def change_server(self, name: str, action: str) -> None:
        """Stop, start or restart a server with the settings that are written now; raises as :meth:`server`."""
        server = self.servers.get(name) or self._own_server(name)
        if action == "stop":
            server.stop()
            return
        settings = self._present_settings(name)
        with self._starting(name):
            if action == "start" and settings == server.settings:
                server.start()
            else:
                server.restart(settings)

    @contextmanager
    def _starting(self, name: str) -> Iterator[None]:
        """Remember which server it was that did not start."""
        self.down = name
        yield
        self.down = ""

    def _own_server(self, name: str) -> Server:
        """Return a server that no other case shares, yet to be started."""
        clock = self.elapsed + self.skews[name] if name in self.skews else None
        server = self._leases.enter_context(self.pool.own(self._first_settings(name), clock))
        self.servers[name] = server
        return server

    def _first_settings(self, name: str) -> ServerSettings:
        return self._settled.get(name) or self._present_settings(name)

    def _present_settings(self, name: str) -> ServerSettings:
        return server_settings(self.written_servers[name], self.book, self.passed_for_all)

    def settle(self) -> None:
        """Let servers that have yet to start find the certificates and CRLs of this moment.

        A scenario does not see that they start late: what changes from here on, they read at a restart.
        """
        for name in self.written_servers.keys() - self.servers.keys():
            self._settled.setdefault(name, self._present_settings(name))

    def reread(self, name: str) -> None:
        """Restart a server, so that it finds what is there now; one that has yet to start will anyway."""
        self._settled.pop(name, None)
        if name in self.servers:
            with self._starting(name):
                self.servers[name].restart(self._present_settings(name))

    def close(self) -> None:
        """Give the servers back."""
        self._leases.close()


def cuts_power(scenario: ConcreteScenario) -> bool:
    """Whether a step cuts the power: only then do devices keep what survives it on a disk."""
    return any(step.cut is not None or isinstance(step.action, PowerCut) for step in scenario.steps)


def _changing(scenario: ConcreteScenario) -> frozenset[str]:
    """Return the servers that a step stops, starts or changes: they must not be shared."""
    names: set[str] = set()
    for step in scenario.steps:
        if isinstance(step.action, ChangeServer):
            names.add(step.action.name or only(scenario.servers))
        elif isinstance(step.action, Revoke):
            names.update(scenario.servers)
    return frozenset(names)


def only(named: Mapping[str, object]) -> str:
    """Return the name of the only one; the check of the scenario made sure of it."""
    return next(iter(named))
