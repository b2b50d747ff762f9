"""What an impaired path does to the request that waits for its answer, and to the answers.

A loss that a retransmission made good explains nothing, and neither does a delay that was over in time. So
the account begins anew with each request, and of the answers only those count that would have ended the wait.
"""

from __future__ import annotations

from harness.observation import Silence
from harness.protocol.impairment import Direction, Path
from harness.protocol.radius_client import RadiusClient


class SilenceAccount:
    """Follows one association's datagrams over its path."""

    def __init__(self, client: RadiusClient, path: Path) -> None:
        self._client = client
        self._path = path
        self._request = 0
        self._arrived = 0
        self._lost = dict.fromkeys(Direction, 0)

    def push(self, direction: Direction, datagram: bytes, now: float) -> None:
        """Put a datagram on the path."""
        before = self._path.lost[direction]
        self._path.push(direction, datagram, now)
        if self._path.lost[direction] != before and self._decides(direction, datagram):
            self._of_this_request()
            self._lost[direction] += 1

    def arrived(self, datagram: bytes) -> None:
        """Tell that a datagram left the path towards the server."""
        if self._decides(Direction.TO_SERVER, datagram):
            self._of_this_request()
            self._arrived += 1

    def observe(self) -> Silence | None:
        """Return what kept the last request without an answer, if the access point gave up on it."""
        client, path = self._client, self._path
        if not client.gave_up:
            return None
        self._of_this_request()
        held = {
            direction: path.delay(direction)
            if any(self._decides(direction, datagram) for datagram in path.held(direction))
            else None
            for direction in Direction
        }
        return Silence(
            transmissions=client.transmissions,
            arrived=self._arrived,
            lost=(self._lost[Direction.TO_SERVER], self._lost[Direction.FROM_SERVER]),
            request_held=held[Direction.TO_SERVER],
            answer_held=held[Direction.FROM_SERVER],
        )

    def _decides(self, direction: Direction, datagram: bytes) -> bool:
        if direction is Direction.TO_SERVER:
            return self._client.is_waiting_request(datagram)
        return self._client.is_waiting_for(datagram)

    def _of_this_request(self) -> None:
        """Begin anew where another request waits than the last time."""
        if self._request != self._client.requests:
            self._request = self._client.requests
            self._arrived = 0
            self._lost = dict.fromkeys(Direction, 0)
