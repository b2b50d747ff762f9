"""What every way to get a server under test offers; nothing here knows which way it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from harness.server.journal import Mark
from harness.server.records import ServerEvidence
from harness.server.settings import ServerSettings
from harness.trace import Endpoint


class Server(Protocol):
    """One RADIUS server. Safe to use from several threads, except for start, stop and restart."""

    @property
    def settings(self) -> ServerSettings:
        """What it was last started with."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it takes Access-Requests; the same for all its life."""

    @property
    def secret(self) -> bytes:
        """The shared secret of its first client."""

    @property
    def alive(self) -> bool:
        """Whether it runs now."""

    def secret_for(self, host: str) -> bytes:
        """Return the secret for requests from ``host``; :attr:`secret` for an unknown client."""

    def start(self) -> None:
        """Start it (again on the same port) and wait until it answers; no effect while it runs.

        Raises :class:`harness.errors.ServerDoesNotStart` when its settings are at fault,
        :class:`harness.errors.EnvironmentUnavailable` when the machine is; it is down then.
        """

    def stop(self) -> None:
        """End it; what it wrote stays readable. No effect when it does not run."""

    def restart(self, settings: ServerSettings | None = None) -> None:
        """End it and start it on the same port with the same secrets, with other settings if given.

        Raises as :meth:`start`.
        """

    def move_clock(self, shift: timedelta) -> None:
        """Let its clock show the true time and ``shift`` from now on; it need not be restarted.

        Raises :class:`harness.errors.EnvironmentUnavailable` when it was not prepared with a clock.
        """

    def mark(self) -> Mark:
        """Return the present end of its journal; take it before an association."""

    def evidence(self, mark: Mark, source: Endpoint | None) -> ServerEvidence:
        """Return what it said since ``mark`` about the association that sent from ``source``."""

    def tail(self, lines: int = 30) -> tuple[str, ...]:
        """Return the last lines of its log, free of secrets."""

    def close(self) -> None:
        """End it and remove everything that belongs to it."""


class Backend(Protocol):
    """One way to run servers."""

    @property
    def name(self) -> str:
        """``process`` or ``container``."""

    @property
    def version(self) -> str:
        """The FreeRADIUS version, e.g. ``3.2.1``."""

    @property
    def distinct_sources(self) -> bool:
        """Whether a server sees the 127.x.y.z address that a request was sent from."""

    @property
    def lacks_clock(self) -> str:
        """Why no server's clock can be moved, and what to do about it; empty: it can."""

    def describe(self) -> str:
        """Return one line for people: what is run, from where."""

    def prepare(self, settings: ServerSettings, clock: timedelta | None = None) -> Server:
        """Return a server that is yet to be started; close it in any case.

        ``clock`` is how far its clock is from the true time; ``None``: it has that of the machine, for good.
        """

    def launch(self, settings: ServerSettings) -> Server:
        """Start a server and wait until it answers; raises as :meth:`Server.start`, and nothing is left."""

    def close(self) -> None:
        """End every server that is still there."""
