"""A path that loses, repeats and delays datagrams, the same way in every run.

Datagrams are counted from 1 in each direction, over the whole association. Time comes in from
outside; random loss draws from the ``random`` octets it is given. Like any queue it is bounded: what comes
while :data:`MOST_UNDER_WAY` datagrams are under way is lost.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Container
from dataclasses import dataclass
from enum import Enum

MOST_UNDER_WAY = 1024
"""Datagrams that a path holds, both directions together; an ordinary association has a handful."""


class Direction(Enum):
    """Which way a datagram goes."""

    TO_SERVER = "to-server"
    FROM_SERVER = "from-server"


@dataclass(frozen=True, slots=True)
class Impairment:
    """What one direction does to datagrams; the default does nothing.

    ``lose``, ``repeat`` and ``late`` contain datagram numbers; late ones arrive after ``delay``
    seconds. ``loss`` is a probability that holds for every datagram.
    """

    lose: Container[int] = ()
    repeat: Container[int] = ()
    late: Container[int] = ()
    delay: float = 0.0
    loss: float = 0.0


PERFECT = Impairment()


class Path:
    """Both directions between access point and server."""

    def __init__(
        self,
        to_server: Impairment = PERFECT,
        from_server: Impairment = PERFECT,
        *,
        random: Callable[[int], bytes],
    ) -> None:
        self._rules = {Direction.TO_SERVER: to_server, Direction.FROM_SERVER: from_server}
        self._seen = dict.fromkeys(Direction, 0)
        self.lost = dict.fromkeys(Direction, 0)
        self.held_for = 0.0
        """Seconds for which datagrams were held, all of them together."""
        self._random = random
        self._queue: list[tuple[float, int, Direction, bytes]] = []
        self._order = 0

    def push(self, direction: Direction, datagram: bytes, now: float) -> None:
        """Put one datagram on the path."""
        rule = self._rules[direction]
        self._seen[direction] += 1
        number = self._seen[direction]
        if self._loses(rule, number) or len(self._queue) >= MOST_UNDER_WAY:
            self.lost[direction] += 1
            return
        arrives = now
        if number in rule.late:
            arrives += rule.delay
            self.held_for += rule.delay
        for _ in range(2 if number in rule.repeat else 1):
            self._order += 1
            heapq.heappush(self._queue, (arrives, self._order, direction, datagram))

    def pop(self, now: float) -> list[tuple[Direction, bytes]]:
        """Return the datagrams that arrive by now, in order."""
        arrived = []
        while self._queue and self._queue[0][0] <= now:
            _, _, direction, datagram = heapq.heappop(self._queue)
            arrived.append((direction, datagram))
        return arrived

    def held(self, direction: Direction) -> list[bytes]:
        """Return the datagrams that are still under way, in the order of their arrival."""
        return [datagram for _, _, way, datagram in sorted(self._queue) if way is direction]

    def delay(self, direction: Direction) -> float:
        """Return for how many seconds a late datagram is held."""
        return self._rules[direction].delay

    @property
    def losses(self) -> tuple[int, int]:
        """How many were lost: (to the server, from the server)."""
        return self.lost[Direction.TO_SERVER], self.lost[Direction.FROM_SERVER]

    def has_arrived(self, now: float) -> bool:
        """Return whether a datagram has arrived and was not taken yet."""
        return bool(self._queue) and self._queue[0][0] <= now

    def get_timer(self) -> float | None:
        """Return when the next datagram arrives, or None."""
        return self._queue[0][0] if self._queue else None

    def _loses(self, rule: Impairment, number: int) -> bool:
        if number in rule.lose:
            return True
        return bool(rule.loss) and int.from_bytes(self._random(4)) < rule.loss * 2**32
