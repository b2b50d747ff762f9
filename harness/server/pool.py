"""Servers by settings: equal settings share one that runs."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from harness.server.backend import Backend, Server
from harness.server.settings import ServerSettings


@dataclass(slots=True)
class _Shared:
    """A shared server, which may still be starting, and how many lease it now."""

    server: Future[Server] = field(default_factory=Future)
    leases: int = 0

    @property
    def has_ended(self) -> bool:
        """Whether it was up and is not any more: a crash, which the next case must not suffer from."""
        return self.server.done() and not self.server.exception() and not self.server.result().alive


class ServerPool:
    """Leases servers; safe to use from several threads.

    At most ``idle_limit`` shared servers stay up without a lease; the one unused longest ends first.
    A server takes about 16 MB.
    """

    def __init__(self, backend: Backend, idle_limit: int = 32) -> None:
        self._backend = backend
        self._idle_limit = idle_limit
        self._shared: OrderedDict[ServerSettings, _Shared] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def lease(self, settings: ServerSettings) -> Iterator[Server]:
        """Lend a server with these settings, which must be left as it was found.

        Raises as :meth:`harness.server.backend.Server.start` when it does not come up, to everyone who
        waits for it; the next lease tries again.
        """
        shared = self._take(settings)
        try:
            yield shared.server.result()
        finally:
            self._give_back(shared)

    @contextmanager
    def own(self, settings: ServerSettings, clock: timedelta | None = None) -> Iterator[Server]:
        """Give a server that is nobody else's and ends afterwards; it is yet to be started.

        ``clock`` is how far its clock is from the true time, where it can be moved.
        """
        server = self._backend.prepare(settings, clock)
        try:
            yield server
        finally:
            server.close()

    def close(self) -> None:
        """End all servers at once; leases that are still out lose theirs."""
        with self._lock:
            self._shared.clear()
        self._backend.close()

    def _take(self, settings: ServerSettings) -> _Shared:
        with self._lock:
            shared = self._shared.get(settings)
            mine = shared is None or shared.has_ended
            if shared is None or mine:
                shared = self._shared[settings] = _Shared()
            shared.leases += 1
            self._shared.move_to_end(settings)
        if mine:
            self._launch(settings, shared)
        return shared

    def _launch(self, settings: ServerSettings, shared: _Shared) -> None:
        try:
            shared.server.set_result(self._backend.launch(settings))
        except BaseException as error:
            with self._lock:
                self._shared.pop(settings, None)
            # For whoever waits for the same server.
            shared.server.set_exception(error)
            raise

    def _give_back(self, shared: _Shared) -> None:
        with self._lock:
            shared.leases -= 1
            idle = [key for key, other in self._shared.items() if other.leases == 0]
            surplus = [self._shared.pop(key) for key in idle[: max(0, len(idle) - self._idle_limit)]]
        for other in surplus:
            other.server.result().close()
