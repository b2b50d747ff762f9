"""The EAP peer of the device, with EAP-TLS as its only method.

How it works. Every EAP packet from the access point is classified as an :class:`Input`; the pair
of state and input is looked up in ``_TRANSITIONS``, whose entry answers with a Response or with
silence and may move the state. A pair without an entry is not legal: the packet is discarded and
the discard is kept with its clause, because a live network would never tell.

The states, in the order of a good conversation:

IDLE        nothing was asked yet.
IDENTIFIED  the identity was sent; the server chooses a method.
HANDSHAKE   EAP-TLS runs, our TLS handshake is not finished. Flights longer than a fragment
            are sent piece by piece, each acknowledged by an empty Request (RFC 5216 2.1.5).
JUDGEMENT   TLS 1.3 only: our handshake is finished *before* the server has looked at our
            certificate (RFC 9190 2.1.1). Tickets, the success octet or an alert may come.
CONFIRMED   TLS 1.2: the server's Finished was right. TLS 1.3: the octet 0x00 came
            (RFC 9190 2.5). Only EAP-Success may follow.
ENDED       a fatal alert was sent or received. Only EAP-Failure may follow (RFC 9190 2.5).
SUCCEEDED, FAILED  final.

What follows what:

    IDLE       -> IDENTIFIED, FAILED
    IDENTIFIED -> HANDSHAKE, FAILED
    HANDSHAKE  -> JUDGEMENT, CONFIRMED, ENDED, FAILED
    JUDGEMENT  -> CONFIRMED, ENDED, FAILED
    CONFIRMED  -> SUCCEEDED, FAILED
    ENDED      -> FAILED

Whatever the state, a server that does not move the conversation on is given up: -> FAILED; what moving
on means is told in :mod:`.progress`.

An EAP-Success in JUDGEMENT is a server that skipped the protected success indication: the peer
refuses it, since any access point could have made it up.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from harness.observation import Discard, DiscardKind, Overtime, Standstill, Violation
from harness.protocol import eap, eap_tls, progress
from harness.protocol.eap import EapPacket, Method
from harness.protocol.eap_tls import Fragmenter, FramingError, Reassembler
from harness.protocol.progress import Patience
from harness.protocol.tls import KeyMaterial, TlsClient
from harness.trace import Actor, Recorder


class State(Enum):
    """See the module's text."""

    IDLE = auto()
    IDENTIFIED = auto()
    HANDSHAKE = auto()
    JUDGEMENT = auto()
    CONFIRMED = auto()
    ENDED = auto()
    SUCCEEDED = auto()
    FAILED = auto()


class Input(Enum):
    """What a packet from the access point is, before the state is considered."""

    IDENTITY = auto()
    NOTIFICATION = auto()
    OTHER_METHOD = auto()
    TLS_START = auto()
    TLS_EMPTY = auto()
    TLS_DATA = auto()
    SUCCESS = auto()
    FAILURE = auto()


_REQUEST = bytes((eap.Code.REQUEST,))
_TOLERATED = 2
"""By how much the identifier of EAP-Success may be ahead; hostap's peer takes as much."""
_FINAL = (State.SUCCEEDED, State.FAILED)


class Supplicant:
    """One conversation; feed it EAP packets, send back what it returns."""

    def __init__(
        self,
        identity: bytes,
        connect: Callable[[], TlsClient],
        *,
        fragment_size: int = eap_tls.DEFAULT_FRAGMENT_SIZE,
        patience: float = progress.LONGEST,
        recorder: Recorder | None = None,
    ) -> None:
        self.state = State.IDLE
        self.tls: TlsClient | None = None
        self.keys: KeyMaterial | None = None
        """Keys of the TLS handshake, once EAP succeeded."""
        self.proposed: list[int] = []
        self.discards: list[Discard] = []
        self.violations: list[Violation] = []
        self.standstill: Standstill | None = None
        """What the server did without end, once it was given up."""
        self.overtime: Overtime | None = None
        """How long the server kept on, once that was too long."""
        self._patience = Patience(patience)
        self._identity = identity
        self._connect = connect
        self._fragments = Fragmenter(fragment_size)
        self._reassembler = Reassembler()
        self._recorder = recorder
        self._last_request: bytes | None = None
        self._last_response: bytes | None = None
        self._response_identifier = -1
        self._now = 0.0

    @property
    def finished(self) -> bool:
        """Whether the conversation is over."""
        return self.state in _FINAL

    def receive(self, packet: bytes, now: float) -> bytes | None:
        """Take one EAP packet and return the Response, or None where there is none."""
        self._now = now
        if packet[:1] == _REQUEST and not self.finished and self._patience.has_lasted(now):
            self._runs_out(now)
            return None
        if packet == self._last_request and not self.finished:
            # RFC 3748 4.1: the same Request again gets the same Response again.
            return None if self._gives_up("repeated its last Request") else self._last_response
        try:
            parsed = eap.parse(packet)
        except eap.MalformedEap as error:
            self._discard(str(error), "RFC 3748 4.1")
            return None
        if parsed.code is eap.Code.RESPONSE:
            self._discard("EAP Response sent to the peer", "RFC 3748 4.1")
            return None
        input_ = _classify(parsed)
        action = _TRANSITIONS.get((self.state, input_))
        if action is None:
            clause = _CLAUSES.get(input_, "RFC 3748 2.1")
            text = f"{input_.name.lower().replace('_', ' ')} in state {self.state.name.lower()}"
            if input_ is Input.SUCCESS and not self.finished:
                self._violate(f"EAP-Success before the method was finished ({text})", clause, fatal=True)
            self._discard(text, clause)
            return None
        before = self.state
        response = action(self, parsed)
        if self._recorder is not None and before is not self.state:
            self._recorder.event(now, Actor.DEVICE, "eap-state", state=self.state.name.lower())
        if response is not None:
            self._last_request, self._last_response = packet, response
            self._response_identifier = parsed.identifier
        return response

    def _answer_identity(self, request: EapPacket) -> bytes | None:
        if self.state is State.IDENTIFIED and self._gives_up("asked for the identity again"):
            return None
        self.state = State.IDENTIFIED
        return eap.encode(eap.Code.RESPONSE, request.identifier, Method.IDENTITY, self._identity)

    def _answer_notification(self, request: EapPacket) -> bytes | None:
        if self._gives_up("sent a Notification"):
            return None
        return eap.encode(eap.Code.RESPONSE, request.identifier, Method.NOTIFICATION)

    def _propose_tls(self, request: EapPacket) -> bytes | None:
        if self._gives_up("proposed a method other than EAP-TLS"):
            return None
        self.proposed.append(request.method)
        return eap.nak(request.identifier, (Method.TLS,), proposed=request.method)

    def _start(self, request: EapPacket) -> bytes:
        self.proposed.append(Method.TLS)
        self.state = State.HANDSHAKE
        self.tls = self._connect()
        hello = self.tls.start()
        self._advance(self.tls)
        return self._respond(request, self._fragments.load(hello))

    def _next_fragment(self, request: EapPacket) -> bytes | None:
        if self._fragments.waiting:
            return self._respond(request, self._fragments.next())
        self._discard("empty EAP-TLS Request although nothing waits to be sent", "RFC 5216 2.1.5")
        return None

    def _take_data(self, request: EapPacket) -> bytes | None:
        if self._fragments.waiting:
            self._violate("data instead of an acknowledgement of a fragment", "RFC 5216 2.1.5", fatal=True)
            self.state = State.FAILED
            return None
        try:
            flight = self._reassembler.feed(request.data)
        except FramingError as error:
            self._violate(str(error), error.clause, fatal=True)
            self.state = State.FAILED
            return None
        if flight is None:
            moved = self._patience.takes_fragment(self._reassembler.last_octets)
            if not moved and self._gives_up("sent one more fragment of its TLS messages"):
                return None
            return self._respond(request, b"\x00")
        assert self.tls is not None
        before = self.state
        answer = self.tls.receive(flight)
        self._note_length_bit(self.tls)
        self._advance(self.tls)
        if self.state is before and self._leads_nowhere(answer):
            return None
        return self._respond(request, self._fragments.load(answer))

    def _advance(self, tls: TlsClient) -> None:
        """Move on according to what TLS says after a flight."""
        if tls.error:
            self.state = State.ENDED
            if self._recorder is not None:
                self._recorder.event(self._now, Actor.DEVICE, "tls-ended", reason=tls.error)
            return
        if tls.strange:
            self._violate("application data other than the octet 0x00", "RFC 9190 2.5", fatal=True)
            self.state = State.ENDED
        elif not tls.handshake_complete:
            return
        elif not tls.tls13 or tls.protected_success:
            self.state = State.CONFIRMED
        else:
            self.state = State.JUDGEMENT

    def _leads_nowhere(self, answer: bytes) -> bool:
        """Count a TLS message that moved no state, and tell whether it was one too many."""
        if self.state is State.JUDGEMENT:
            return self._gives_up("sent TLS records after the handshake that decided nothing")
        return not answer and self._gives_up("sent TLS records that the handshake had no answer to")

    def _unexpected_data(self, request: EapPacket) -> bytes | None:
        if self._gives_up("sent data although only EAP-Success could follow"):
            return None
        self._violate("more data although only EAP-Success may follow", "RFC 9190 2.5", fatal=False)
        return self._respond(request, b"\x00")

    def _succeed(self, packet: EapPacket) -> None:
        if (packet.identifier - self._response_identifier) % 256 > _TOLERATED:
            # RFC 3748 4.2: it MUST match. Some servers count on, and peers put up with that.
            text = (
                f"EAP-Success with identifier {packet.identifier}, {self._response_identifier} was answered"
            )
            self._violate(text, "RFC 3748 4.2", fatal=True)
            self.state = State.FAILED
            return
        self._check_identifier(packet)
        assert self.tls is not None
        self.keys = self.tls.keys()
        self.state = State.SUCCEEDED

    def _refuse_unprotected(self, _packet: EapPacket) -> None:
        self._violate("EAP-Success without the protected success indication 0x00", "RFC 9190 2.5", fatal=True)
        self.state = State.FAILED

    def _fail(self, packet: EapPacket) -> None:
        self._check_identifier(packet)
        self.state = State.FAILED

    def _gives_up(self, what: str) -> bool:
        """Count a round that leads nowhere, and give up when it is one too many."""
        if not self._patience.is_over(what):
            return False
        self.standstill = self._patience.standstill()
        self.state = State.FAILED
        if self._recorder is not None:
            self._recorder.event(self._now, Actor.DEVICE, "gave-up", rounds=self.standstill.rounds)
        return True

    def _runs_out(self, now: float) -> None:
        """Give up a conversation that has lasted too long."""
        self.overtime = self._patience.overtime(now)
        self.state = State.FAILED
        if self._recorder is not None:
            self._recorder.event(now, Actor.DEVICE, "gave-up", seconds=round(self.overtime.seconds, 3))

    def _respond(self, request: EapPacket, data: bytes) -> bytes:
        return eap.encode(eap.Code.RESPONSE, request.identifier, Method.TLS, data)

    def _check_identifier(self, packet: EapPacket) -> None:
        """RFC 3748 4.2: it MUST match; what is tolerated all the same is told."""
        if packet.identifier != self._response_identifier and self._response_identifier >= 0:
            text = f"identifier {packet.identifier} in the final packet, {self._response_identifier} was answered"
            self._violate(text, "RFC 3748 4.2", fatal=False)

    def _note_length_bit(self, tls: TlsClient) -> None:
        if self._reassembler.last_had_needless_length and tls.tls13:
            text = "L bit set on an unfragmented message"
            if not any(violation.text == text for violation in self.violations):
                self._violate(text, "RFC 9190 2.1.9", fatal=False)

    def _violate(self, text: str, clause: str, *, fatal: bool) -> None:
        self.violations.append(Violation(clause, text, fatal))
        if self._recorder is not None:
            self._recorder.event(self._now, Actor.DEVICE, "violation", text=text, clause=clause, fatal=fatal)

    def _discard(self, reason: str, clause: str) -> None:
        self.discards.append(Discard(self._now, reason, clause, DiscardKind.EAP))
        if self._recorder is not None:
            self._recorder.event(self._now, Actor.DEVICE, "discard", reason=reason, clause=clause)


def _classify(packet: EapPacket) -> Input:
    if packet.code is eap.Code.SUCCESS:
        return Input.SUCCESS
    if packet.code is eap.Code.FAILURE:
        return Input.FAILURE
    if packet.method == Method.TLS:
        return _classify_tls(packet.data)
    if packet.method == Method.IDENTITY:
        return Input.IDENTITY
    return Input.NOTIFICATION if packet.method == Method.NOTIFICATION else Input.OTHER_METHOD


def _classify_tls(data: bytes) -> Input:
    if data and data[0] & eap_tls.START:
        return Input.TLS_START
    # A missing flags octet is left to the reassembler, which names the clause.
    return Input.TLS_EMPTY if len(data) == 1 and not data[0] & 0xC0 else Input.TLS_DATA


_Action = Callable[[Supplicant, EapPacket], bytes | None]

_TRANSITIONS: dict[tuple[State, Input], _Action] = {
    (State.IDLE, Input.IDENTITY): Supplicant._answer_identity,
    (State.IDLE, Input.NOTIFICATION): Supplicant._answer_notification,
    (State.IDLE, Input.FAILURE): Supplicant._fail,
    # RFC 3748 5.1: the identity may be asked again, before a method has begun.
    (State.IDENTIFIED, Input.IDENTITY): Supplicant._answer_identity,
    (State.IDENTIFIED, Input.NOTIFICATION): Supplicant._answer_notification,
    (State.IDENTIFIED, Input.OTHER_METHOD): Supplicant._propose_tls,
    (State.IDENTIFIED, Input.TLS_START): Supplicant._start,
    (State.IDENTIFIED, Input.FAILURE): Supplicant._fail,
    (State.HANDSHAKE, Input.NOTIFICATION): Supplicant._answer_notification,
    (State.HANDSHAKE, Input.TLS_EMPTY): Supplicant._next_fragment,
    (State.HANDSHAKE, Input.TLS_DATA): Supplicant._take_data,
    (State.HANDSHAKE, Input.FAILURE): Supplicant._fail,
    (State.JUDGEMENT, Input.NOTIFICATION): Supplicant._answer_notification,
    # The client's last flight may be fragmented, too: its certificate is in it.
    (State.JUDGEMENT, Input.TLS_EMPTY): Supplicant._next_fragment,
    (State.JUDGEMENT, Input.TLS_DATA): Supplicant._take_data,
    (State.JUDGEMENT, Input.SUCCESS): Supplicant._refuse_unprotected,
    (State.JUDGEMENT, Input.FAILURE): Supplicant._fail,
    (State.CONFIRMED, Input.TLS_DATA): Supplicant._unexpected_data,
    (State.CONFIRMED, Input.SUCCESS): Supplicant._succeed,
    # RFC 9190 2.5 forbids it after 0x00; FreeRADIUS's certificate policy does it (RADIUS decides).
    (State.CONFIRMED, Input.FAILURE): Supplicant._fail,
    (State.ENDED, Input.TLS_EMPTY): Supplicant._next_fragment,
    (State.ENDED, Input.FAILURE): Supplicant._fail,
}

_CLAUSES: dict[Input, str] = {
    Input.IDENTITY: "RFC 3748 5.1",
    Input.OTHER_METHOD: "RFC 3748 5.3.1",
    Input.TLS_START: "RFC 5216 2.1.1",
    Input.TLS_DATA: "RFC 5216 2.1.5",
    Input.TLS_EMPTY: "RFC 5216 2.1.5",
    Input.SUCCESS: "RFC 3748 4.2",
    Input.FAILURE: "RFC 3748 4.2",
}
