"""A device joins a network of a case: the one that is named, the one it chooses, or the one it is in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.device.device import Device
from harness.device.failure_codes import NetworkError
from harness.device.links import Failure
from harness.device.network import Network
from harness.device.preparation import Interface
from harness.device.supplication import NotReady
from harness.device.wifi import Which
from harness.drivers import blocking
from harness.observation import Observation
from harness.outcome import Cause, Verdict
from harness.pki.mint import Mint
from harness.run.answers import diagnostics_of
from harness.run.associate import Attempt, Begun, SourceAddresses, begin, finish, refused_start
from harness.run.links import link
from harness.run.plain import join_plain
from harness.run.world import World
from harness.scenario.action import AssociationAction
from harness.scenario.expectation import Diagnostics, Joining
from harness.scenario.steps import Associate, Join
from harness.server.pool import ServerPool

_INTERFACES = {"wifi": Interface.WIFI, "ethernet": Interface.ETHERNET}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all cases of a run share; ``record`` keeps traces and packets of every association."""

    mint: Mint
    pool: ServerPool
    sources: SourceAddresses
    record: bool
    stopped: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Tried:
    """How a step went that ends in a verdict: the last attempt, and what the device then says about it."""

    attempt: Attempt
    diagnostics: Diagnostics
    joining: Joining
    note: str = ""


@dataclass(frozen=True, slots=True)
class Underway:
    """An association with a network at an access point, which sends from ``source``; empty: the system's choice."""

    begun: Begun
    which: Which
    access_point: str
    source: str


class Associations:
    """The associations of one device in one step."""

    def __init__(self, world: World, around: Surroundings, name: str, *, record: bool = True) -> None:
        self._world = world
        self._around = around
        self._record = record and around.record
        self._name = name
        self._device: Device = world.devices[name]

    def run(self, action: AssociationAction) -> Tried:
        """Do what the step says; raises blocking.Stopped and EnvironmentUnavailable."""
        if isinstance(action, Associate):
            interface = _INTERFACES[action.interface]
            return self._told(self._once(action.network, action.access_point, interface), [action.network])
        if isinstance(action, Join):
            return self._join()
        return self._reauthenticate()

    def _told(self, attempt: Attempt, tried: list[Which]) -> Tried:
        names = tuple(self._named(which) for which in tried)
        last = tried[-1] if tried else ""
        diagnostics = diagnostics_of(self._device.wifi.diagnostics(last))
        note = f"tried {', '.join(names)}" if len(names) > 1 else ""
        return Tried(attempt, diagnostics, Joining(names[-1] if names else "", names), note)

    def _named(self, which: Which) -> str:
        network = self._device.wifi.get(which)
        return network.name if network else str(which)

    def _reauthenticate(self) -> Tried:
        number = self._device.wifi.links.connected
        if number is None:
            text = "the device is not connected to any network"
            return self._told(refused_start(Cause.NETWORK_UNKNOWN, text), [])
        return self._told(self._once(number), [number])

    def _join(self) -> Tried:
        """Try what the device chooses, one network after the other, until one is joined."""
        wifi, offers = self._device.wifi, self._world.offers()
        wifi.links.disconnect()
        at_hand = self._device.candidates()
        tried: list[Which] = []
        attempt: Attempt | None = None
        while (number := self._device.next_network(offers)) is not None and number not in tried:
            tried.append(number)
            attempt = self._once(number)
            if attempt.outcome.verdict is Verdict.CONNECTED:
                break
        if attempt is not None:
            return self._told(attempt, tried)
        return self._told(self.nothing_to_join(at_hand), list(at_hand[-1:]))

    def nothing_to_join(self, at_hand: tuple[int, ...]) -> Attempt:
        """Say why there was nothing to try; what a scan ruled out has left its failure behind."""
        wifi = self._device.wifi
        if at_hand:
            failure = wifi.links.get(at_hand[-1]).failure
            if failure is not None and failure.error is NetworkError.SECURITY_TYPE_MISMATCH:
                text = "the access points in range offer another security than the device's networks"
                return refused_start(Cause.SECURITY_MISMATCH, text)
            text = "no access point in range announces an enabled network of the device"
            return refused_start(Cause.ACCESS_POINT_NOT_FOUND, text)
        waiting = wifi.links.next_retry()
        if waiting is None:
            return refused_start(Cause.NETWORK_DISABLED, "the device has no enabled network")
        seconds = (waiting - self._world.now()).total_seconds()
        text = f"every enabled network failed a moment ago; the first is tried again in {seconds:.0f} s"
        return refused_start(Cause.NETWORK_DISABLED, text)

    def _once(
        self, which: Which, access_point: str | None = None, interface: Interface = Interface.WIFI
    ) -> Attempt:
        """Try one network, and let the device remember how it went."""
        underway = self.begin(which, access_point, interface)
        if isinstance(underway, Attempt):
            return underway
        begun, around = underway.begun, self._around
        observation = blocking.run(
            begun.association,
            source_host=underway.source,
            stopped=around.stopped,
            # While the server works on a request, its journal is read up to there.
            meanwhile=begun.link.server.mark,
        )
        return self.end(underway, observation)

    def begin(
        self, which: Which, access_point: str | None = None, interface: Interface = Interface.WIFI
    ) -> Attempt | Underway:
        """Return the association with a network for a driver to run, or how it ended without one."""
        network = self._device.wifi.get(which)
        name = access_point or self._access_point(network)
        if name is None or (access_point is not None and not self._heard(network, access_point)):
            ssid = network.ssid if network else ""
            text = f"no access point offers the SSID {ssid!r}"
            return self._remembered(which, refused_start(Cause.ACCESS_POINT_NOT_FOUND, text), None)
        ready = self._device.prepare(which, interface)
        plain = interface is Interface.WIFI and network is not None and network.enabled
        if plain and network is not None and network.security is self._world.offer(name).security:
            joined = join_plain(network, self._world.scenario.access_points[name].psk)
            if joined is not None:
                return self._remembered(which, Attempt(joined.outcome), name, joined.error)
        if isinstance(ready, NotReady):
            return self._remembered(which, refused_start(ready.cause, ready.text), name)
        points = self._world.scenario.access_points
        written = points[name]
        assert written.server is not None
        server = self._world.server(written.server)
        source = self._world.sources.next(server.endpoint)
        number = list(points).index(name) + 1
        begun = begin(
            ready,
            link(name, number, written, server, self._world.impairments[name], self._world.random, source),
            fragment_size=self._world.written(self._name).fragment_size,
            patience=self._world.written(self._name).patience.total_seconds(),
            random=self._world.random,
            record=self._record,
        )
        if isinstance(begun, Attempt):
            return self._remembered(which, begun, name)
        return Underway(begun, which, name, source)

    def end(self, underway: Underway, observation: Observation | None) -> Attempt:
        """Judge an association that a driver has run, and let the device remember how it went."""
        attempt = finish(underway.begun, observation, self._world.book.authorities)
        return self._remembered(underway.which, attempt, underway.access_point)

    def _access_point(self, network: Network | None) -> str | None:
        """Return the access point that a device finds for a network, one of the right security first."""
        names = list(self._world.scenario.access_points)
        if network is None or not network.enabled:
            # Without a network there is no SSID to look for; the device says so itself.
            return names[0]
        heard = [name for name in names if self._heard(network, name) and self._same_ssid(network, name)]
        fitting = [name for name in heard if self._world.offer(name).security is network.security]
        return next(iter(fitting or heard), None)

    def _heard(self, network: Network | None, name: str) -> bool:
        hidden = self._world.offer(name).hidden and not (network and network.targeted_scan)
        return name in self._world.on_air and not hidden

    def _same_ssid(self, network: Network, name: str) -> bool:
        return self._world.offer(name).ssid == network.ssid

    def _remembered(
        self, which: Which, attempt: Attempt, name: str | None, error: NetworkError | None = None
    ) -> Attempt:
        has_time = name is not None and self._world.scenario.access_points[name].time
        number = self._device.wifi.find(which).value
        if number is not None and attempt.evidence is not None:
            connected = attempt.outcome.verdict is Verdict.CONNECTED
            self._device.wifi.sessions.keep(number, attempt.session if connected else None)
        if error is not None and number is not None:
            self._device.wifi.links.fail(number, Failure(error, self._device.clock.now()))
        else:
            self._device.record_outcome(which, attempt.outcome, has_time=has_time)
        return attempt
