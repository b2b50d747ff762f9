"""The EAP peer as a table: every state with every input, TLS played by a script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import pytest

from harness.observation import Discard, DiscardKind
from harness.protocol import eap, eap_tls, supplicant
from harness.protocol.supplicant import Input, State, Supplicant
from harness.protocol.tls import KeyMaterial
from harness.trace import Recorder

if TYPE_CHECKING:
    from harness.protocol.tls import TlsClient


class _Script:
    """Plays TLS: what happens is written in the flight."""

    def __init__(self, *, tls13: bool = False, hello: bytes = b"hello") -> None:
        self.tls13 = tls13
        self.hello = hello
        self.handshake_complete = self.protected_success = False
        self.error = ""
        self.strange = b""

    def start(self) -> bytes:
        return self.hello

    def receive(self, flight: bytes) -> bytes:
        self.handshake_complete |= b"finished" in flight
        self.protected_success |= b"zero" in flight
        self.strange = b"x" if b"strange" in flight else b""
        self.error = "alert" if b"alert" in flight else ""
        if b"long" in flight:
            return bytes(5000)
        return b"" if b"quiet" in flight else b"answer"

    def keys(self) -> KeyMaterial:
        return KeyMaterial(bytes(64), bytes(64), b"\x0d")


class _Peer:
    """A supplicant and the access point's side of the talk, with identifiers that count up."""

    def __init__(self, *, tls13: bool = False, hello: bytes = b"hello") -> None:
        self.recorder = Recorder()
        self.script = _Script(tls13=tls13, hello=hello)
        self.machine = Supplicant(b"me", lambda: cast("TlsClient", self.script), recorder=self.recorder)
        self.identifier = 0
        self.now = 0.0

    def request(self, method: int, data: bytes = b"") -> bytes | None:
        self.identifier += 1
        self.now += 1
        return self.machine.receive(eap.encode(1, self.identifier, method, data), self.now)

    def end(self, code: int, identifier: int | None = None) -> bytes | None:
        self.now += 1
        last = self.identifier if identifier is None else identifier
        return self.machine.receive(eap.encode(code, last), self.now)

    def give(self, what: Input) -> bytes | None:
        if what in {Input.SUCCESS, Input.FAILURE}:
            return self.end(3 if what is Input.SUCCESS else 4)
        return self.request(*_REQUESTS[what])


_REQUESTS = {
    Input.IDENTITY: (1, b"who?"),
    Input.NOTIFICATION: (2, b"note"),
    Input.OTHER_METHOD: (4, b"\x10" + bytes(16)),
    Input.TLS_START: (13, b"\x20"),
    Input.TLS_EMPTY: (13, b"\x00"),
    Input.TLS_DATA: (13, b"\x00data"),
}


def _in(state: State) -> _Peer:
    """Bring a peer into a state the shortest legal way."""
    peer = _Peer(tls13=state is State.JUDGEMENT)
    if state is not State.IDLE:
        peer.request(1)
    if state not in {State.IDLE, State.IDENTIFIED}:
        peer.request(13, b"\x20")
    if state is State.ENDED:
        peer.request(13, b"\x00alert")
    if state in {State.JUDGEMENT, State.CONFIRMED, State.SUCCEEDED}:
        peer.request(13, b"\x00finished")
    if state in {State.SUCCEEDED, State.FAILED}:
        peer.end(3 if state is State.SUCCEEDED else 4)
    assert peer.machine.state is state
    assert (peer.machine.discards, peer.machine.violations) == ([], [])
    return peer


# State, input: type of the Response (None: silence), next state, clause of a violation.
_LEGAL: dict[tuple[State, Input], tuple[int | None, State, str]] = {
    (State.IDLE, Input.IDENTITY): (1, State.IDENTIFIED, ""),
    (State.IDLE, Input.NOTIFICATION): (2, State.IDLE, ""),
    (State.IDLE, Input.FAILURE): (None, State.FAILED, ""),
    (State.IDENTIFIED, Input.IDENTITY): (1, State.IDENTIFIED, ""),
    (State.IDENTIFIED, Input.NOTIFICATION): (2, State.IDENTIFIED, ""),
    (State.IDENTIFIED, Input.OTHER_METHOD): (3, State.IDENTIFIED, ""),
    (State.IDENTIFIED, Input.TLS_START): (13, State.HANDSHAKE, ""),
    (State.IDENTIFIED, Input.FAILURE): (None, State.FAILED, ""),
    (State.HANDSHAKE, Input.NOTIFICATION): (2, State.HANDSHAKE, ""),
    (State.HANDSHAKE, Input.TLS_DATA): (13, State.HANDSHAKE, ""),
    (State.HANDSHAKE, Input.FAILURE): (None, State.FAILED, ""),
    (State.JUDGEMENT, Input.NOTIFICATION): (2, State.JUDGEMENT, ""),
    (State.JUDGEMENT, Input.TLS_DATA): (13, State.JUDGEMENT, ""),
    (State.JUDGEMENT, Input.SUCCESS): (None, State.FAILED, "RFC 9190 2.5"),
    (State.JUDGEMENT, Input.FAILURE): (None, State.FAILED, ""),
    (State.CONFIRMED, Input.TLS_DATA): (13, State.CONFIRMED, "RFC 9190 2.5"),
    (State.CONFIRMED, Input.SUCCESS): (None, State.SUCCEEDED, ""),
    (State.CONFIRMED, Input.FAILURE): (None, State.FAILED, ""),
    (State.ENDED, Input.FAILURE): (None, State.FAILED, ""),
}
# Legal while a fragment waits, which the shortest way into the state does not leave behind.
_ACKNOWLEDGED = {State.HANDSHAKE, State.JUDGEMENT, State.ENDED}
_PAIRS = [(state, what) for state in State for what in Input]
_CLAUSE = {
    Input.IDENTITY: "RFC 3748 5.1",
    Input.NOTIFICATION: "RFC 3748 2.1",
    Input.OTHER_METHOD: "RFC 3748 5.3.1",
    Input.TLS_START: "RFC 5216 2.1.1",
    Input.TLS_EMPTY: "RFC 5216 2.1.5",
    Input.TLS_DATA: "RFC 5216 2.1.5",
    Input.SUCCESS: "RFC 3748 4.2",
    Input.FAILURE: "RFC 3748 4.2",
}


def test_the_table_holds_what_is_tested_and_nothing_else() -> None:
    assert set(supplicant._TRANSITIONS) == set(_LEGAL) | {(state, Input.TLS_EMPTY) for state in _ACKNOWLEDGED}


@pytest.mark.catalogue("check-F25")
@pytest.mark.parametrize(("state", "what"), _LEGAL, ids=lambda value: value.name.lower())
def test_legal_pairs(state: State, what: Input) -> None:
    peer = _in(state)
    response = peer.give(what)
    method, after, clause = _LEGAL[state, what]
    assert peer.machine.state is after
    assert peer.machine.discards == []
    assert [violation.clause for violation in peer.machine.violations] == [clause] * bool(clause)
    if method is None:
        assert response is None
    else:
        assert response is not None
        assert response[:2] == bytes((2, peer.identifier))
        assert response[4] == method
    moved = [event.detail["state"] for event in peer.recorder.events if event.name == "eap-state"]
    assert (moved[-1] if moved else "idle") == after.name.lower()


@pytest.mark.catalogue("check-F24")
@pytest.mark.parametrize(
    ("state", "what"), [pair for pair in _PAIRS if pair not in _LEGAL], ids=lambda value: value.name.lower()
)
def test_illegal_pairs_are_discarded_with_their_clause(state: State, what: Input) -> None:
    peer = _in(state)
    assert peer.give(what) is None
    assert peer.machine.state is state
    words = f"{what.name.lower().replace('_', ' ')} in state {state.name.lower()}"
    if what is Input.TLS_EMPTY and state in _ACKNOWLEDGED:
        words = "empty EAP-TLS Request although nothing waits to be sent"
    assert peer.machine.discards == [Discard(peer.now, words, _CLAUSE[what], DiscardKind.EAP)]
    early = what is Input.SUCCESS and state not in {State.SUCCEEDED, State.FAILED}
    assert [(found.text, found.clause, found.fatal) for found in peer.machine.violations] == [
        (f"EAP-Success before the method was finished ({words})", "RFC 3748 4.2", True)
    ] * early


def _graph() -> set[tuple[str, str]]:
    """Read the arrows of the module's text."""
    assert supplicant.__doc__ is not None
    lines = re.findall(r"^ +([A-Z]+) +-> +([A-Z, ]+)$", supplicant.__doc__, re.MULTILINE)
    return {(state, after) for state, targets in lines for after in targets.split(", ")}


def test_the_text_names_the_states_in_order() -> None:
    assert supplicant.__doc__ is not None
    named = re.findall(r"^([A-Z]{4,}(?:, [A-Z]+)*) ", supplicant.__doc__, re.MULTILINE)
    assert ", ".join(named).split(", ") == [state.name for state in State]


def test_the_graph_in_the_text_is_what_happens() -> None:
    flights = [b"data", b"finished", b"finished zero", b"strange", b"alert", b"long"]
    seen = set()
    for state, what in supplicant._TRANSITIONS:
        for tls13 in (False, True):
            for flight in flights if what is Input.TLS_DATA else [b""]:
                if tls13 and state in {State.CONFIRMED, State.SUCCEEDED}:
                    continue
                peer = _in(state)
                peer.script.tls13 = peer.script.tls13 or tls13
                peer.request(13, b"\x00" + flight) if flight else peer.give(what)
                seen.add((state.name, peer.machine.state.name))
    assert {(before, after) for before, after in seen if before != after} == _graph()


@pytest.mark.parametrize(
    ("tls13", "flight", "after"),
    [
        (False, b"finished", State.CONFIRMED),
        (True, b"finished", State.JUDGEMENT),
        (True, b"finished zero", State.CONFIRMED),
        (True, b"finished strange", State.ENDED),
        (True, b"alert", State.ENDED),
        (False, b"alert", State.ENDED),
        (False, b"data", State.HANDSHAKE),
    ],
)
def test_what_tls_says_moves_the_state(tls13: bool, flight: bytes, after: State) -> None:  # noqa: FBT001
    peer = _Peer(tls13=tls13)
    peer.request(1)
    peer.request(13, b"\x20")
    response = peer.request(13, b"\x00" + flight)
    assert response == eap.encode(2, peer.identifier, 13, b"\x00answer")
    assert peer.machine.state is after


@pytest.mark.parametrize("state", [State.HANDSHAKE, State.JUDGEMENT, State.ENDED])
def test_a_long_flight_goes_out_piece_by_piece(state: State) -> None:
    words = {State.HANDSHAKE: b"long", State.JUDGEMENT: b"long finished", State.ENDED: b"long alert"}[state]
    peer = _Peer(tls13=True)
    peer.request(1)
    peer.request(13, b"\x20")
    responses = [peer.request(13, b"\x00" + words)]
    assert peer.machine.state is state
    responses += [peer.request(13, b"\x00") for _ in range(3)]
    assert all(response is not None for response in responses)
    sizes = [len(response or b"") - 6 for response in responses]
    assert sizes == [1398 + 4, 1398, 1398, 5000 - 3 * 1398]
    assert peer.request(13, b"\x00") is None
    assert peer.machine.discards[-1].reason == "empty EAP-TLS Request although nothing waits to be sent"


def test_a_long_hello_goes_out_piece_by_piece() -> None:
    peer = _Peer(hello=bytes(1500))
    peer.request(1)
    first = peer.request(13, b"\x20")
    second = peer.request(13, b"\x00")
    assert first is not None
    assert second is not None
    assert first[5:10] == b"\xc0" + (1500).to_bytes(4)
    assert second[5] == 0
    assert first[10:] + second[6:] == bytes(1500)


@pytest.mark.catalogue("check-G11")
def test_data_instead_of_an_acknowledgement_is_fatal() -> None:
    peer = _Peer(hello=bytes(1500))
    peer.request(1)
    peer.request(13, b"\x20")
    assert peer.request(13, b"\x00data") is None
    assert peer.machine.state is State.FAILED
    [violation] = peer.machine.violations
    assert (violation.text, violation.clause, violation.fatal) == (
        "data instead of an acknowledgement of a fragment",
        "RFC 5216 2.1.5",
        True,
    )


def test_fragments_are_acknowledged_one_by_one() -> None:
    peer = _in(State.HANDSHAKE)
    assert peer.request(13, b"\xc0\0\0\0\x08fini") == eap.encode(2, peer.identifier, 13, b"\x00")
    assert peer.machine.state.name == "HANDSHAKE"
    assert peer.request(13, b"\x00shed") == eap.encode(2, peer.identifier, 13, b"\x00answer")
    assert peer.machine.state is State.CONFIRMED


def test_broken_framing_is_fatal_and_names_its_clause() -> None:
    peer = _in(State.HANDSHAKE)
    assert peer.request(13) is None
    assert peer.machine.state is State.FAILED
    [violation] = peer.machine.violations
    assert (violation.text, violation.clause, violation.fatal) == (
        "EAP-TLS packet without a flags octet",
        "RFC 5216 3.1",
        True,
    )


@pytest.mark.parametrize("state", [State.IDENTIFIED, State.HANDSHAKE, State.JUDGEMENT, State.CONFIRMED])
def test_the_same_request_gets_the_same_response(state: State) -> None:
    peer = _in(state)
    packet, response = peer.machine._last_request, peer.machine._last_response
    assert packet is not None
    for _ in range(2):
        assert peer.machine.receive(packet, 99.0) == response
    assert peer.machine.state is state
    assert (peer.machine.discards, peer.machine.violations) == ([], [])


def test_a_repeated_request_is_not_answered_after_the_end() -> None:
    peer = _in(State.SUCCEEDED)
    packet = peer.machine._last_request
    assert packet is not None
    assert peer.machine.receive(packet, 99.0) is None
    assert peer.machine.discards[-1].reason == "tls data in state succeeded"


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"", "EAP packet of 0 octets is shorter than its header"),
        (b"\x01\x01\x00\x09\x01", "EAP length field says 9, only 5 octets came"),
        (b"\x02\x01\x00\x05\x01", "EAP Response sent to the peer"),
    ],
)
def test_what_is_no_request_is_discarded(packet: bytes, reason: str) -> None:
    peer = _Peer()
    assert peer.machine.receive(packet, 3.0) is None
    assert peer.machine.discards == [Discard(3.0, reason, "RFC 3748 4.1", DiscardKind.EAP)]
    assert peer.recorder.events[-1].name == "discard"


@pytest.mark.parametrize(("code", "identifier"), [(3, 4), (3, 5), (4, 4), (4, 200)])
def test_an_identifier_that_does_not_match_is_tolerated_and_told(code: int, identifier: int) -> None:
    peer = _in(State.CONFIRMED)
    peer.end(code, identifier=identifier)
    assert peer.machine.state is (State.SUCCEEDED if code == 3 else State.FAILED)
    [violation] = peer.machine.violations
    assert (violation.text, violation.clause, violation.fatal) == (
        f"identifier {identifier} in the final packet, 3 was answered",
        "RFC 3748 4.2",
        False,
    )


@pytest.mark.parametrize("identifier", [2, 6, 10, 200])
def test_a_success_that_answers_something_else_is_none(identifier: int) -> None:
    peer = _in(State.CONFIRMED)
    peer.end(3, identifier=identifier)
    assert peer.machine.state is State.FAILED
    assert [(one.clause, one.fatal) for one in peer.machine.violations] == [("RFC 3748 4.2", True)]


def test_the_needless_length_bit_is_told_once_and_in_tls_13_only() -> None:
    for tls13, told in ((True, 1), (False, 0)):
        peer = _Peer(tls13=tls13)
        peer.request(1)
        peer.request(13, b"\x20")
        peer.request(13, b"\x80\0\0\0\x01a")
        peer.request(13, b"\x80\0\0\0\x01b")
        assert [found.text for found in peer.machine.violations] == [
            "L bit set on an unfragmented message"
        ] * told


def test_proposals_are_kept_in_order_and_the_identity_may_be_asked_again() -> None:
    peer = _in(State.IDENTIFIED)
    peer.request(25, b"\x20")
    peer.request(1)
    peer.request(4, b"\x10" + bytes(16))
    peer.request(13, b"\x20")
    assert peer.machine.proposed == [25, 4, 13]


def test_keys_exist_after_success_only() -> None:
    peer = _in(State.CONFIRMED)
    assert peer.machine.keys is None
    peer.end(3)
    assert peer.machine.keys is not None


def test_default_fragment_size_is_used() -> None:
    assert Supplicant(b"", lambda: cast("TlsClient", _Script()))._fragments._size == (
        eap_tls.DEFAULT_FRAGMENT_SIZE
    )
