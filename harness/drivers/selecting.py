"""Run many associations at once on one thread, for load: one wake-up serves every socket that is ready.

No two associations under way share a socket; the price per round trip is one ``recv``, one ``send``
and a share of one ``epoll_wait``. Where evidence is wanted, no two share a port at all. Under load, a
port passes on to the next association when all of the last one's requests were answered: a new port
each would cost as much as a round trip, and fill the kernel's table of connections.
"""

from __future__ import annotations

import heapq
import select
import socket
import time
from collections.abc import Callable, Generator, Iterable
from typing import Self

from harness.drivers.sockets import Stopped, never, open_socket, receive, send, source_of
from harness.observation import Observation
from harness.protocol.association import Association
from harness.trace import Endpoint

__all__ = ["Stopped", "run_many"]

_PATIENCE = 0.2
"""Longest sleep in seconds, so that a request to stop is noticed soon."""

Ended = tuple[Association, Observation | None]


def run_many(
    associations: Iterable[Association],
    concurrency: int,
    *,
    source_host: str | Callable[[Association], str] = "",
    clock: Callable[[], float] = time.monotonic,
    stopped: Callable[[], bool] = never,
    observe: bool = True,
) -> Generator[Ended, None, None]:
    """Run associations to their ends, ``concurrency`` at a time, and yield each as it ends.

    The next one is taken from ``associations`` when a place is free, so a generator makes them
    just in time. ``source_host`` is the address that all of them send from, or gives that of each. The observation is None for one that could not start (see ``join_failure``), and with
    ``observe=False`` for all, where a caller wants no more than the association's stage and keys.
    Closing the iterator closes all sockets. Raises Stopped, ValueError for a concurrency below 1,
    and EnvironmentUnavailable when a socket cannot be made.
    """
    if concurrency < 1:
        raise ValueError(f"concurrency is {concurrency}; at least 1 association has to run")
    waiting = iter(associations)
    with _Crowd(source_host, clock, observe=observe) as crowd:
        while True:
            while len(crowd) < concurrency and (association := next(waiting, None)) is not None:
                crowd.admit(association)
                yield from crowd.take_ended()
            if not len(crowd):
                return
            crowd.turn()
            yield from crowd.take_ended()
            if stopped():
                raise Stopped


class _Idle:
    """Sockets whose associations have ended with nothing under way, for the next ones to the same server."""

    def __init__(self) -> None:
        self._sockets: dict[Endpoint, dict[int, socket.socket]] = {}

    def put(self, server: Endpoint, sock: socket.socket) -> None:
        self._sockets.setdefault(server, {})[sock.fileno()] = sock

    def take(self, server: Endpoint) -> socket.socket | None:
        sockets = self._sockets.get(server)
        return sockets.popitem()[1] if sockets else None

    def drop(self, number: int) -> None:
        """Close the socket on which something arrives although nothing should: it is not to be trusted."""
        for sockets in self._sockets.values():
            if number in sockets:
                sockets.pop(number).close()

    def close(self) -> None:
        for sockets in self._sockets.values():
            for sock in sockets.values():
                sock.close()
        self._sockets.clear()


class _Crowd:
    """The associations under way, by file descriptor."""

    def __init__(
        self,
        source_host: str | Callable[[Association], str],
        clock: Callable[[], float],
        *,
        observe: bool,
    ) -> None:
        self._observe = observe
        self._source_host = source_host
        self._clock = clock
        self._poll = select.epoll()
        self._running: dict[int, tuple[Association, socket.socket]] = {}
        self._idle = _Idle()
        """Sockets that are in the epoll set and have no association."""
        self._timers: list[tuple[float, int, int]] = []
        """Heap of (due, file descriptor, generation); entries that are out of date are passed over."""
        self._noted: dict[int, tuple[float, int]] = {}
        """Due time and generation of the entry that counts, by file descriptor."""
        self._generation = 0
        self._ended: list[Ended] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for _association, sock in self._running.values():
            sock.close()
        self._running.clear()
        self._idle.close()
        self._poll.close()

    def __len__(self) -> int:
        return len(self._running)

    def take_ended(self) -> list[Ended]:
        """Return those that ended since the last call."""
        ended = self._ended
        self._ended = []
        return ended

    def admit(self, association: Association) -> None:
        """Start an association on a socket that waits for one, or on a new one."""
        idle = self._idle.take(association.server)
        host = self._source_host
        sock = idle or open_socket(association.server, host if isinstance(host, str) else host(association))
        number = sock.fileno()
        self._running[number] = association, sock
        if self._observe:
            association.bind(source_of(sock))
        now = self._clock()
        association.start(now)
        self._advance(number, association, sock, now)
        if idle is None and number in self._running:
            self._poll.register(number, select.EPOLLIN)

    def turn(self) -> None:
        """Wait for datagrams or the next timer, and serve all that is ready."""
        wait = _PATIENCE
        if self._timers:
            wait = min(max(self._timers[0][0] - self._clock(), 0.0), _PATIENCE)
        ready = self._poll.poll(wait)
        now = self._clock()
        running = self._running
        for number, _ in ready:
            if number not in running:
                self._idle.drop(number)
                continue
            association, sock = running[number]
            receive(association, sock, now)
            self._advance(number, association, sock, now)
        self._serve_timers(now)

    def _serve_timers(self, now: float) -> None:
        timers = self._timers
        while timers and timers[0][0] <= now:
            due, number, generation = heapq.heappop(timers)
            if self._noted.get(number) != (due, generation):
                continue
            del self._noted[number]
            association, sock = self._running[number]
            association.handle_timer(now)
            self._advance(number, association, sock, now)

    def _advance(self, number: int, association: Association, sock: socket.socket, now: float) -> None:
        """Send what is due; then note the timer, or the end."""
        for datagram in association.datagrams_to_send(now):
            send(association, sock, datagram, now)
        if association.finished:
            self._end(number, association, sock)
            return
        due = association.get_timer()
        noted = self._noted.get(number)
        # A later timer leaves the noted one in place: it fires early, does nothing and is noted anew.
        if due is not None and (noted is None or due < noted[0]):
            self._generation += 1
            self._noted[number] = due, self._generation
            heapq.heappush(self._timers, (due, number, self._generation))

    def _end(self, number: int, association: Association, sock: socket.socket) -> None:
        del self._running[number]
        self._noted.pop(number, None)
        if association.settled and not self._observe:
            self._idle.put(association.server, sock)
        else:
            # Closing takes the descriptor out of the epoll set, too.
            sock.close()
        seen = self._observe and association.join_failure is None
        self._ended.append((association, association.observe() if seen else None))
