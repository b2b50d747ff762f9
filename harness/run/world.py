"""Everything that exists while one case runs: certificates, servers, access points, devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from harness.device.device import Device
from harness.device.profile import DeviceProfile
from harness.run.associate import SourceAddresses
from harness.run.book import CertificateBook
from harness.run.links import mac
from harness.run.settings import server_settings
from harness.scenario.concrete import ConcreteScenario
from harness.scenario.steps import ChangeServer, Clock, Revoke
from harness.scenario.world import Device as WrittenDevice
from harness.scenario.world import Impairment
from harness.scenario.world import Server as WrittenServer
from harness.server.backend import Server
from harness.server.pool import ServerPool
from harness.server.settings import ServerSettings


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
    impairments: dict[str, Impairment | None] = field(default_factory=dict)
    _settled: dict[str, ServerSettings] = field(default_factory=dict)
    _leases: ExitStack = field(default_factory=ExitStack)

    def open(self) -> None:
        """Make the devices. Servers start when they are first needed."""
        self.written_servers.update(self.scenario.servers)
        for index, (name, written) in enumerate(self.scenario.devices.items(), start=1):
            self.devices[name] = _device(name, index, written)
        for name, point in self.scenario.access_points.items():
            self.impairments[name] = point.impair

    def server(self, name: str) -> Server:
        """Return a running server; raises EnvironmentUnavailable when it does not start."""
        if name not in self.servers:
            settings = self._settled.get(name) or server_settings(self.written_servers[name], self.book)
            exclusive = name in _changing(self.scenario)
            self.servers[name] = self._leases.enter_context(self.pool.lease(settings, exclusive=exclusive))
        return self.servers[name]

    def settle(self) -> None:
        """Let servers that have yet to start find the certificates and CRLs of this moment.

        A scenario does not see that they start late: what changes from here on, they read at a restart.
        """
        for name in self.written_servers.keys() - self.servers.keys():
            self._settled.setdefault(name, server_settings(self.written_servers[name], self.book))

    def reread(self, name: str) -> None:
        """Restart a server, so that it finds what is there now; one that has yet to start will anyway."""
        self._settled.pop(name, None)
        if name in self.servers:
            self.servers[name].restart(server_settings(self.written_servers[name], self.book))

    def close(self) -> None:
        """Give the servers back."""
        self._leases.close()


def _device(name: str, index: int, written: WrittenDevice) -> Device:
    low, high = written.tls.bounds
    profile = DeviceProfile(
        check_key_match=written.check_key_match,
        tls_min=low.value,
        tls_max=high.value,
        ciphers=written.ciphers,
        check_server_purpose=written.check_server_purpose,
        case_sensitive_ids=written.case_sensitive_ids,
        move_requires_destination=written.move_requires_destination,
        default_identity=written.default_identity,
        ignore_server_errors_without_root=written.ignore_server_errors_without_root,
        store_bytes=written.store_bytes,
        send_client_certificate=written.send_client_certificate,
        install_chains=written.install_chains,
    )
    address = bytes.fromhex(written.mac.replace(":", "")) if written.mac else mac(0xDE, index)
    device = Device(name, address, true_time, profile)
    if written.clock is not None:
        set_clock(device, written.clock)
    return device


def set_clock(device: Device, moment: timedelta | datetime) -> None:
    """Set a device's clock to a date, or to a shift against the true time."""
    device.clock.set(moment if isinstance(moment, datetime) else true_time() + moment)


def _changing(scenario: ConcreteScenario) -> frozenset[str]:
    """Return the servers that a step stops, starts or changes: they must not be shared."""
    names: set[str] = set()
    for step in scenario.steps:
        if isinstance(step.action, ChangeServer):
            names.add(step.action.name or only(scenario.servers))
        elif isinstance(step.action, Revoke) or (
            isinstance(step.action, Clock) and (step.action.server or step.action.advance)
        ):
            names.update(scenario.servers)
    return frozenset(names)


def only(named: Mapping[str, object]) -> str:
    """Return the name of the only one; the check of the scenario made sure of it."""
    return next(iter(named))
