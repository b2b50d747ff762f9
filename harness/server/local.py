"""A FreeRADIUS that the harness runs itself: all that does not depend on how it is run."""

from __future__ import annotations

import os
import random
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.errors import EnvironmentUnavailable
from harness.server import faketime, raddb
from harness.server.control import simplest_settings
from harness.server.folders import PrivateFolder
from harness.server.journal import Journal, Mark, mask_keys
from harness.server.ports import LOOPBACK, PORTS
from harness.server.readiness import wait_until_ready
from harness.server.records import ServerEvidence
from harness.server.settings import CheckCertCn, Policy, Secret, ServerSettings
from harness.server.startup import StartFailure, scrub
from harness.strength import level_of
from harness.trace import Endpoint

_ANY_LOOPBACK = "127.0.0.0/8"
_ANY = "0.0.0.0/0"
_NEW_PORTS = 10
_PORT_PAUSE = 0.3
"""Seconds before a port is tried again that another program holds."""
_SAME_PORT = 5
"""How often a port is tried that was its own before: another program may hold it for a moment."""
READY_WITHIN = 20.0
_CAUGHT_UP_WITHIN = 5.0
"""Seconds; a server that is as slow as that has said nothing."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The user that runs the server: never root."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a backend decides for the servers it launches.

    ``sees_sources`` tells whether requests reach the server from the address they were sent from.
    If not, they come from a gateway, and any address is a client.
    """

    identity: Identity
    sees_sources: bool = True


class LocalServer(ABC):
    """Renders, starts on a free port, waits until ready, reads the journal, cleans up."""

    def __init__(
        self, settings: ServerSettings, plan: Plan, rng: random.Random, label: str, clock: timedelta | None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._plan = plan
        self._rng = rng
        self._label = label
        self._on_close: list[Callable[[], None]] = []
        self._others_start: Callable[[], bool] = lambda: False
        self._default_secret = _random_secret(rng)
        self._probe_secret = _random_secret(rng)
        self._port = 0
        self._folder = PrivateFolder()
        self.directory = self._folder.path
        self._launching = threading.Lock()
        self._closed = False
        self._journal = Journal(self._log, self.directory / raddb.VERDICTS, self._scrub)

    @property
    def settings(self) -> ServerSettings:
        """What it was last started with."""
        return self._settings

    @property
    def endpoint(self) -> Endpoint:
        """Where it takes Access-Requests."""
        return Endpoint(LOOPBACK, self._port)

    @property
    def secret(self) -> bytes:
        """The shared secret of its first client."""
        return bytes(self._clients.networks[0][1])

    @property
    @abstractmethod
    def alive(self) -> bool:
        """Whether it runs now."""

    @property
    def killed_by(self) -> int:
        """The signal that ended it while it should have run; 0: none, or nobody can tell."""
        return 0

    @property
    def short_of_memory(self) -> str:
        """What memory is left to it, where that is too little to trust its answers; empty: enough, or nobody can tell."""
        return ""

    @abstractmethod
    def terminate(self) -> None:
        """Ask it to end, without waiting; no effect when it does not run."""

    @abstractmethod
    def wait(self) -> None:
        """Wait until it has ended; it is killed if that takes too long."""

    @abstractmethod
    def _launch(self) -> None:
        """Run it on the chosen port; its output is appended to the log."""

    def secret_for(self, host: str) -> bytes:
        """Return the secret for requests from ``host``; :attr:`secret` for an unknown client."""
        secret = self._clients.secret_for(host)
        return bytes(secret) if secret else self.secret

    def start(self) -> None:
        """Start it and wait until it answers; on the same port if it has run before.

        Raises :class:`harness.errors.ServerDoesNotStart` when its settings are at fault, and
        :class:`harness.errors.EnvironmentUnavailable` when this machine is. It is down then, and its
        port is nobody's.
        """
        if self.alive:
            return
        self.wait()  # it may have ended by itself
        with self._launching:
            self._refuse_if_closed()
            self._write()
        try:
            self._start()
        except StartFailure as failure:
            first = failure
        else:
            return
        if first.port_in_use:
            raise first.of_others()
        if not first.complaint or not self._others_start():
            raise first.of_machine()
        try:
            # Once more, now that others are known to start: what has passed by itself was no fault of the settings.
            self._start()
        except StartFailure as second:
            same = second.complaint == first.complaint
            raise (first.of_settings() if same else second.of_machine()) from None

    def _start(self) -> None:
        keeps_port = bool(self._port)
        attempts = _SAME_PORT if keeps_port else _NEW_PORTS
        for attempt in range(1, attempts + 1):
            if not keeps_port:
                PORTS.give_back(self._port)
                self._port = PORTS.take(self._rng)
            with self._launching:
                self._refuse_if_closed()
                seen = self._log.stat().st_size
                self._journal.restart()
                self._launch()
            if self._ready():
                self._journal.skip()
                return
            died = not self.alive
            self.stop()
            self._refuse_if_closed()
            lines = self._lines_from(seen)
            failure = StartFailure(self._label, lines, died=died, timeout=READY_WITHIN)
            if attempt == attempts or not failure.port_in_use:
                raise failure
            if keeps_port:
                time.sleep(_PORT_PAUSE)

    def stop(self) -> None:
        """End it; what it wrote stays readable."""
        self.terminate()
        self.wait()

    def restart(self, settings: ServerSettings | None = None) -> None:
        """End it and start it on the same port with the same secrets, with other settings if given."""
        self.stop()
        self._settings = settings or self._settings
        self.start()

    def move_clock(self, shift: timedelta) -> None:
        """Let its clock show the true time and ``shift`` from now on, whether it runs or not.

        Raises :class:`harness.errors.EnvironmentUnavailable` when it was not prepared with a clock.
        """
        if self._clock is None:
            raise faketime.no_clock()
        self._clock = shift
        if self._port:
            faketime.write(self.directory, shift)

    def mark(self) -> Mark:
        """Return the present end of its journal."""
        return self._journal.mark()

    def evidence(self, mark: Mark, source: Endpoint | None) -> ServerEvidence:
        """Return what it said since ``mark`` about the association that sent from ``source``."""
        if not self._plan.sees_sources:
            source = self._journal.only_source(mark)
        part = self._journal.slice(mark, source, alive=lambda: self.alive)
        if source and not part.log and self._ready(_CAUGHT_UP_WITHIN):
            # It was sent something and has said nothing. What it answers now it has read after that (one socket,
            # one queue), so it has been silent; before, it may only have been slow.
            part = self._journal.slice(mark, source, alive=lambda: self.alive)
        return ServerEvidence(
            available=True,
            server=f"{self._label} on {self.endpoint}",
            running=self.alive,
            verdict=part.verdict,
            events=part.events,
            log=part.log,
            trusted=self._settings.trusts,
            crls=self._settings.crls if self._settings.check_crl else (),
            required_cn=_required_cn(self._settings.policy),
            clock=datetime.now(UTC) + (self._clock or timedelta()),
            security_level=level_of(self._settings.ciphers),
            starved=self._journal.starved or self.short_of_memory,
            folder=self.directory if source else None,
            killed_by=self.killed_by,
        )

    def tail(self, lines: int = 30) -> tuple[str, ...]:
        """Return the last lines of its log, free of secrets."""
        return self._lines_from(0, lines)

    def close(self) -> None:
        """End it and remove its directory; a start that is under way in another thread fails."""
        with self._launching:
            self._closed = True
        self.stop()
        PORTS.give_back(self._port)
        self._folder.remove()
        for forget in self._on_close:
            forget()

    def when_closed(self, do: Callable[[], None]) -> None:
        """Call ``do`` when it is closed."""
        self._on_close.append(do)

    def compare_with(self, others_start: Callable[[], bool]) -> None:
        """Ask ``others_start``, when it does not come up, whether a server with other settings does."""
        self._others_start = others_start

    @property
    def _log(self) -> Path:
        return self.directory / raddb.LOG

    @property
    def _clients(self) -> raddb.Clients:
        asked = self._settings.clients
        if self._plan.sees_sources:
            return raddb.Clients(asked or ((_ANY_LOOPBACK, self._default_secret),), self._probe_secret)
        secret = asked[0][1] if asked else self._default_secret
        return raddb.Clients(((_ANY, secret),), self._probe_secret)

    def _write(self) -> None:
        raddb.write(self._settings, self.directory, self._clients)
        self._log.touch(mode=0o600)
        if self._clock is not None:
            faketime.write(self.directory, self._clock)
        if os.geteuid() == 0:
            for path in (self.directory, *self.directory.rglob("*")):
                os.chown(path, self._plan.identity.uid, self._plan.identity.gid, follow_symlinks=False)

    def _refuse_if_closed(self) -> None:
        """Fail if another thread has closed it: the run is over, and its directory is gone."""
        if self._closed:
            raise EnvironmentUnavailable(f"{self._label} was closed while it started")

    def _ready(self, within: float = READY_WITHIN) -> bool:
        """Wait until it answers a probe, for so many seconds at most, as the probing client or as the gateway of its network."""
        source, secret = raddb.PROBE_SOURCE, self._probe_secret
        if not self._plan.sees_sources:
            source, secret = LOOPBACK, self._clients.networks[0][1]
        return wait_until_ready(self.endpoint, source, bytes(secret), lambda: self.alive, timeout=within)

    def _lines_from(self, offset: int, lines: int = 30) -> tuple[str, ...]:
        with self._log.open("rb") as file:
            file.seek(offset)
            last = deque(file, maxlen=lines)
        return tuple(self._scrub(mask_keys(line.decode(errors="replace").rstrip("\n"))) for line in last)

    def _scrub(self, line: str) -> str:
        secrets = [secret for _, secret in self._clients.networks] + [self._probe_secret]
        return scrub(line, tuple(secret.value for secret in secrets))


class LocalBackend(ABC):
    """Launches such servers and keeps track of them."""

    def __init__(self) -> None:
        self._servers: set[LocalServer] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    @abstractmethod
    def lacks_clock(self) -> str:
        """Why no server's clock can be moved, and what to do about it; empty: it can."""

    @abstractmethod
    def _make(self, settings: ServerSettings, clock: timedelta | None) -> LocalServer:
        """Return a server that is yet to be started."""

    def prepare(self, settings: ServerSettings, clock: timedelta | None = None) -> LocalServer:
        """Return a server that is yet to be started; close it in any case.

        ``clock`` is how far its clock is from the true time; ``None``: it has that of this machine, for good. Raises :class:`harness.errors.EnvironmentUnavailable` when the backend is closed.
        """
        with self._lock:
            if self._closed:
                raise EnvironmentUnavailable("no server is started any more: the run is over")
            server = self._make(settings, clock)
            self._servers.add(server)
        server.when_closed(lambda: self._forget(server))
        server.compare_with(self._any_starts)
        return server

    def launch(self, settings: ServerSettings) -> LocalServer:
        """Start a server and wait until it answers; raises as :meth:`LocalServer.start`."""
        server = self.prepare(settings)
        try:
            server.start()
        except BaseException:
            server.close()
            raise
        return server

    def close(self) -> None:
        """End every server, all at once, and start no other."""
        with self._lock:
            self._closed = True
            servers = list(self._servers)
        for server in servers:
            server.terminate()
        for server in servers:
            server.close()

    def _any_starts(self) -> bool:
        """Whether a server with the simplest of settings starts, here and now."""
        server = self.prepare(simplest_settings())
        server.compare_with(lambda: False)
        try:
            server.start()
        except EnvironmentUnavailable:
            return False
        finally:
            server.close()
        return True

    def _forget(self, server: LocalServer) -> None:
        with self._lock:
            self._servers.discard(server)


def _required_cn(policy: Policy | None) -> str | None:
    return (policy.expected or "") if isinstance(policy, CheckCertCn) else None


def _random_secret(rng: random.Random) -> Secret:
    return Secret(f"{rng.getrandbits(128):032x}")
