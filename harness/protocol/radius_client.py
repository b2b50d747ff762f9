"""The RADIUS client of the access point: one request outstanding, retransmitted, replies verified.

RFC 2865 2.5 and 3, RFC 3579 3.2, RFC 5080 2.2.1 (retransmission). One of these, with a source
port of its own, serves one association: no identifier is ever reused while a late answer to it
may be under way, and a capture of many associations can be told apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from harness.observation import Discard, DiscardKind
from harness.protocol import radius
from harness.protocol.discards import MOST_KEPT, Discards
from harness.protocol.radius import RadiusPacket
from harness.trace import Actor, Endpoint, Recorder


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """RFC 5080 2.2.1, times in seconds; 0 for a maximum means "no limit"."""

    initial: float = 2.0
    """IRT: first retransmission time-out."""
    maximum: float = 16.0
    """MRT: ceiling of a single time-out."""
    count: int = 5
    """MRC: how many transmissions in all."""
    duration: float = 30.0
    """MRD: how long in all."""
    spread: float = 0.1
    """RAND is drawn evenly from -spread to +spread."""


DEFAULT_RETRY = RetryPolicy()


class Reply(NamedTuple):
    """An authentic reply and the Request Authenticator it answers (needed for MS-MPPE keys)."""

    packet: RadiusPacket
    request_authenticator: bytes


@dataclass(slots=True)
class _Outstanding:
    identifier: int
    authenticator: bytes
    datagram: bytes
    first_sent: float
    timeout: float
    due: float
    sent: int = 1


class _Fault(NamedTuple):
    """Why a datagram is no answer."""

    reason: str
    clause: str = "RFC 2865 3"
    kind: DiscardKind = DiscardKind.OTHER


class RadiusClient:
    """Sends Access-Requests one at a time; ``random`` returns that many random octets.

    ``sign=False`` leaves the Message-Authenticator out, to see that the server insists on it.
    ``demand=False`` takes answers without one, as access points did before CVE-2024-3596.
    """

    def __init__(
        self,
        secret: bytes,
        random: Callable[[int], bytes],
        *,
        retry: RetryPolicy | None = None,
        sign: bool = True,
        demand: bool = True,
        recorder: Recorder | None = None,
    ) -> None:
        self._secret = secret
        self._random = random
        self._retry = retry or DEFAULT_RETRY
        self._sign = sign
        self._demand = demand
        self._recorder = recorder
        self._identifier = random(1)[0]
        self._outstanding: _Outstanding | None = None
        self._to_send: list[bytes] = []
        self.gave_up = False
        self.waited: float | None = None
        """Seconds from the first transmission to giving up."""
        self.requests = 0
        self.replies = 0
        self.unsigned_replies = 0
        self.retransmissions = 0
        self.unreachable = 0
        self.discards = Discards()

    def send(self, attributes: bytes, now: float) -> None:
        """Send an Access-Request with these encoded attributes, or discard one that is too long."""
        authenticator = self._random(16)
        self._identifier = (self._identifier + 1) % 256
        try:
            datagram = self._encode(authenticator, attributes)
        except ValueError as error:
            self._discard(now, f"request cannot be sent: {error}", "RFC 2865 3")
            return
        timeout = self._retry.initial * (1 + self._jitter())
        self._outstanding = _Outstanding(
            self._identifier, authenticator, datagram, now, timeout, now + timeout
        )
        self.requests += 1
        self._to_send.append(datagram)
        if self._recorder is not None:
            self._recorder.event(
                now, Actor.ACCESS_POINT, "access-request", id=self._identifier, octets=len(datagram)
            )

    def _encode(self, authenticator: bytes, attributes: bytes) -> bytes:
        if self._sign:
            return radius.access_request(self._identifier, authenticator, attributes, self._secret)
        return radius.unsigned_request(self._identifier, authenticator, attributes)

    def datagrams_to_send(self) -> list[bytes]:
        """Return the datagrams to send now, and forget them."""
        datagrams = self._to_send
        self._to_send = []
        return datagrams

    def receive_datagram(self, data: bytes, now: float) -> Reply | None:
        """Take a datagram from the server; return it as a reply when it is an authentic answer."""
        packet = self._verified(data)
        if isinstance(packet, _Fault):
            self._discard(now, packet.reason, packet.clause, packet.kind)
            return None
        waiting = self._outstanding
        assert waiting is not None
        self._outstanding = None
        self.replies += 1
        if not self._demand and not radius.is_signed(packet):
            self.unsigned_replies += 1
        if self._recorder is not None:
            name = radius.ANSWERS[packet.code].lower()
            self._recorder.event(now, Actor.SERVER, name, id=packet.identifier, octets=len(data))
        return Reply(packet, waiting.authenticator)

    def is_waiting_for(self, data: bytes) -> bool:
        """Return whether a datagram would end the wait: an authentic answer to the request, and signed as demanded."""
        return isinstance(self._verified(data), RadiusPacket)

    def is_waiting_request(self, datagram: bytes) -> bool:
        """Return whether a datagram is the request that waits for its answer."""
        return self._outstanding is not None and self._outstanding.datagram == datagram

    @property
    def transmissions(self) -> int:
        """How often the request that waits was sent; 0: none waits."""
        return self._outstanding.sent if self._outstanding is not None else 0

    def receive_stray(self, data: bytes, sender: Endpoint, now: float) -> None:
        """Discard a datagram from somebody whom nothing was asked, authentic or not.

        A reply has the request's ports reversed (RFC 2865 3), and its addresses (RFC 1122 4.1.3.5).
        """
        packet = self._verified(data)
        if isinstance(packet, _Fault):
            self._discard(now, f"datagram from {sender}, which was not asked", "RFC 2865 3")
            return
        name = radius.ANSWERS[packet.code]
        reason = f"authentic {name} from {sender}, which was not asked"
        self._discard(now, reason, "RFC 2865 3", DiscardKind.FROM_ELSEWHERE)

    def _verified(self, data: bytes) -> RadiusPacket | _Fault:
        """Return the packet in a datagram that is an authentic answer to the request, or what is wrong."""
        try:
            packet = radius.parse(data)
        except radius.MalformedPacket as error:
            return _Fault(str(error))
        waiting = self._outstanding
        if waiting is None or packet.identifier != waiting.identifier:
            return _Fault(f"no request with identifier {packet.identifier} is outstanding")
        if packet.code not in radius.ANSWERS:
            return _Fault(f"code {packet.code} does not answer an Access-Request")
        problem = radius.check_reply(data, packet, waiting.authenticator, self._secret)
        if not problem or (problem is radius.UNSIGNED and not self._demand):
            return packet
        if problem is radius.UNSIGNED:
            return _Fault(*radius.unsigned_words(packet), DiscardKind.UNSIGNED)
        return _Fault(problem, "RFC 3579 3.2" if "Message-" in problem else "RFC 2865 3")

    def receive_unreachable(self, now: float) -> None:
        """Take an ICMP "port unreachable": counted, yet only time ends the wait (RFC 1122 4.1.3.3)."""
        self.unreachable += 1
        if self._recorder is not None and self.unreachable <= MOST_KEPT:
            self._recorder.event(now, Actor.PATH, "icmp-port-unreachable")

    def get_timer(self) -> float | None:
        """Return when :meth:`handle_timer` has to be called, or None."""
        waiting = self._outstanding
        return None if waiting is None or self.gave_up else waiting.due

    def handle_timer(self, now: float) -> None:
        """Retransmit, or give up when RFC 5080's count or duration is reached."""
        waiting = self._outstanding
        if waiting is None or self.gave_up or now < waiting.due:
            return
        retry = self._retry
        # The very sum that ``due`` is made of: a difference could round to less than the duration.
        over = retry.duration and now >= waiting.first_sent + retry.duration
        if over or (retry.count and waiting.sent >= retry.count):
            self.gave_up = True
            self.waited = now - waiting.first_sent
            if self._recorder is not None:
                self._recorder.event(now, Actor.ACCESS_POINT, "gave-up", transmissions=waiting.sent)
            return
        self._retransmit(waiting, now)

    def _retransmit(self, waiting: _Outstanding, now: float) -> None:
        """Send the same octets again, identifier and authenticator too (RFC 5080 2.2.1)."""
        retry = self._retry
        timeout = 2 * waiting.timeout + self._jitter() * waiting.timeout
        if retry.maximum and timeout > retry.maximum:
            timeout = retry.maximum * (1 + self._jitter())
        waiting.timeout = timeout
        waiting.due = now + timeout
        if retry.duration:
            waiting.due = min(waiting.due, waiting.first_sent + retry.duration)
        waiting.sent += 1
        self.retransmissions += 1
        self._to_send.append(waiting.datagram)
        if self._recorder is not None:
            self._recorder.event(
                now, Actor.ACCESS_POINT, "retransmission", id=waiting.identifier, number=waiting.sent
            )

    def _jitter(self) -> float:
        return (self._random(1)[0] / 127.5 - 1.0) * self._retry.spread

    def _discard(self, now: float, reason: str, clause: str, kind: DiscardKind = DiscardKind.OTHER) -> None:
        kept = self.discards.add(Discard(now, reason, clause, kind, self.requests))
        if kept and self._recorder is not None:
            self._recorder.event(now, Actor.ACCESS_POINT, "discard", reason=reason, clause=clause)
