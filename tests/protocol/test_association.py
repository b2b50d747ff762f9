"""Whole conversations in virtual time, good and bad."""

from __future__ import annotations

import gc
import struct
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from harness.observation import DiscardKind, EapResult, FourWay, Keys, RadiusResult, Stage, Violation
from harness.outcome import Cause
from harness.protocol import dot11, eap, eapol
from harness.protocol.authenticator import AccessPoint
from harness.protocol.impairment import Impairment, Path
from harness.trace import Link, Recorder

if TYPE_CHECKING:
    from tests.protocol.conftest import Bench, Draft, Manners

Edit = Callable[["Draft"], None]
_RIGHT_KEYS = (Keys.AGREE, FourWay.COMPLETE, Stage.COMPLETE)


def at(number: int, **changes: object) -> Edit:
    """Change the answer of that number; a callable gets the draft and gives the value."""

    def edit(draft: Draft) -> None:
        if draft.number == number:
            for name, value in changes.items():
                setattr(draft, name, value(draft) if callable(value) else value)

    return edit


def final(**changes: object) -> Edit:
    """Change the last answer."""

    def edit(draft: Draft) -> None:
        if draft.code in {2, 3}:
            for name, value in changes.items():
                setattr(draft, name, value(draft) if callable(value) else value)

    return edit


def ending(code: int) -> Callable[[Draft], bytes]:
    """An EAP-Success or EAP-Failure with the identifier of the Response that it follows."""

    def make(draft: Draft) -> bytes:
        assert draft.eap is not None
        ends = draft.eap[0] in {3, 4}
        return struct.pack("!BBH", code, draft.eap[1] if ends else draft.eap[1] - 1, 4)

    return make


@pytest.mark.parametrize("akm", [1, 5, 12])
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_connects(bench: Bench, tls: str, akm: int) -> None:
    server = bench.server(tls=tls)
    seen = bench.run(server, bench.association(akm=akm))
    assert server.complaints == []
    assert seen.stage is Stage.COMPLETE
    assert seen.radius_result is RadiusResult.ACCEPT
    assert seen.eap_result is EapResult.SUCCESS
    assert seen.keys is Keys.AGREE
    assert seen.four_way is FourWay.COMPLETE
    assert seen.akm == akm
    assert seen.session_id == server.session_id != b""
    assert seen.tls is not None
    assert seen.tls.version == tls
    assert seen.tls.protected_success is (tls == "1.3")
    assert seen.proposed_methods == (13,)
    assert (seen.discards, seen.violations) == ((), ())


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize(("own", "theirs"), [(40, 40), (100, 3000), (3400, 60), (3400, 3000)])
def test_fragments_of_all_sizes(
    bench: Bench, manners: type[Manners], tls: str, own: int, theirs: int
) -> None:
    server = bench.server(manners(fragment=theirs), tls=tls)
    seen = bench.run(server, bench.association(fragment_size=own))
    assert server.complaints == []
    assert seen.stage is Stage.COMPLETE


def test_a_fragment_that_fits_into_no_radius_packet_is_dropped_with_a_reason(bench: Bench) -> None:
    policy = bench.policy(tls_max="1.3")
    point = AccessPoint("CORP", bytes(6), b"testing123", attributes=(("Operator-Name", "x" * 250),) * 11)
    seen = bench.run(bench.server(tls="1.3"), bench.association(policy=policy, point=point))
    assert seen.stage is Stage.HANDSHAKE
    assert seen.radius_result is None
    [discard] = seen.discards
    assert discard.reason.startswith(
        "request cannot be sent: a RADIUS packet holds 4096 octets, this one needs 4"
    )
    assert discard.clause == "RFC 2865 3"


# What a server may do wrong or oddly, and all that follows: stage, RADIUS, EAP, keys, 4-way
# handshake, violations as (clause, fatal).
_Row = tuple[str, str, dict[str, object], tuple[object, ...], list[tuple[str, bool]]]
_ODD: list[_Row] = [
    (
        "no 0x00",
        "1.3",
        {"protected_success": None},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 9190 2.5", True)],
    ),
    (
        "strange application data",
        "1.3",
        {"protected_success": b"hello"},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 9190 2.5", True), ("RFC 3748 4.2", True)],
    ),
    (
        "0x00 twice",
        "1.3",
        {"protected_success": b"\0\0"},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 9190 2.5", True), ("RFC 3748 4.2", True)],
    ),
    (
        "accept before the handshake is finished",
        "1.2",
        {"edit": at(3, code=2, eap=ending(3))},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3748 4.2", True)],
    ),
    (
        "accept before the handshake is finished",
        "1.3",
        {"edit": at(3, code=2, eap=ending(3))},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3748 4.2", True)],
    ),
    (
        "canned accept at once",
        "1.2",
        {"edit": at(1, code=2, eap=b"\x03\x01\x00\x04")},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3748 4.2", True)],
    ),
    (
        "success in a challenge",
        "1.2",
        {"edit": at(3, eap=ending(3))},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3748 4.2", True), ("RFC 3579 2.6.3", True)],
    ),
    (
        "success in a challenge at the end",
        "1.2",
        {"edit": final(code=11)},
        (Stage.JUDGEMENT, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3579 2.6.3", True)],
    ),
    (
        "failure in a challenge",
        "1.2",
        {"edit": at(3, eap=ending(4))},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3579 2.6.3", True)],
    ),
    (
        "challenge without EAP",
        "1.2",
        {"edit": at(3, eap=None)},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3579 2.6.3", True)],
    ),
    (
        "accept with failure",
        "1.2",
        {"edit": final(eap=ending(4))},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.FAILURE, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [],
    ),
    (
        "accept without EAP",
        "1.3",
        {"edit": final(eap=None)},
        (Stage.RESULT, RadiusResult.ACCEPT, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [],
    ),
    (
        "accept with a request",
        "1.2",
        {"edit": at(3, code=2)},
        (Stage.RESULT, RadiusResult.ACCEPT, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [],
    ),
    (
        "accept without keys",
        "1.2",
        {"edit": final(keys=None)},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.MISSING, FourWay.NOT_RUN),
        [],
    ),
    (
        "accept with other keys",
        "1.3",
        {"edit": final(keys=(bytes(32), bytes(32)))},
        (Stage.FOUR_WAY, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.DIFFER, FourWay.MIC_FAILURE),
        [],
    ),
    (
        "accept with the halves of the key exchanged",
        "1.2",
        {"edit": final(keys=lambda draft: draft.keys[::-1])},
        (Stage.FOUR_WAY, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.DIFFER, FourWay.MIC_FAILURE),
        [],
    ),
    (
        "accept with an unreadable key",
        "1.2",
        {
            "edit": final(
                keys=None,
                extra=struct.pack("!BBIBB", 26, 11, 311, 16, 5)
                + b"\x80\0\1"
                + struct.pack("!BBIBB", 26, 11, 311, 17, 5)
                + b"\x80\0\1",
            )
        },
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.DIFFER, FourWay.NOT_RUN),
        [],
    ),
    (
        "reject with success",
        "1.2",
        {"edit": final(code=3)},
        (Stage.RESULT, RadiusResult.REJECT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3579 2.6.3", False)],
    ),
    (
        "reject without EAP",
        "1.3",
        {"edit": final(code=3, eap=None)},
        (Stage.RESULT, RadiusResult.REJECT, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3579 2.6.3", False)],
    ),
    (
        "reject after the protected success",
        "1.3",
        {"edit": final(code=3, eap=ending(4), keys=None)},
        (Stage.RESULT, RadiusResult.REJECT, EapResult.FAILURE, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [],
    ),
    (
        "Reply-Message beside EAP",
        "1.2",
        {"edit": final(extra=b"\x12\x05bye")},
        (Stage.COMPLETE, RadiusResult.ACCEPT, EapResult.SUCCESS, *_RIGHT_KEYS[:2]),
        [("RFC 3579 2.6.5", False)],
    ),
    (
        "identifier of another request in the success",
        "1.2",
        {"edit": final(eap=b"\x03\x99\x00\x04")},
        (Stage.RESULT, RadiusResult.ACCEPT, EapResult.SUCCESS, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 3748 4.2", True)],
    ),
    (
        "Message-Authenticator last",
        "1.2",
        {"edit": lambda draft: setattr(draft, "message_authenticator", "last")},
        (Stage.COMPLETE, RadiusResult.ACCEPT, EapResult.SUCCESS, *_RIGHT_KEYS[:2]),
        [("CVE-2024-3596", False)],
    ),
    (
        "needless L bit, TLS 1.3",
        "1.3",
        {"always_length": True, "fragment": 3000},
        (Stage.COMPLETE, RadiusResult.ACCEPT, EapResult.SUCCESS, *_RIGHT_KEYS[:2]),
        [("RFC 9190 2.1.9", False)],
    ),
    (
        "needless L bit, TLS 1.2, where RFC 5216 allows it",
        "1.2",
        {"always_length": True, "fragment": 3000},
        (Stage.COMPLETE, RadiusResult.ACCEPT, EapResult.SUCCESS, *_RIGHT_KEYS[:2]),
        [],
    ),
    (
        "declared length too long",
        "1.2",
        {"declared_error": 1, "fragment": 200},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 5216 3.1", True)],
    ),
    (
        "declared length too short",
        "1.3",
        {"declared_error": -300, "fragment": 200},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 5216 2.1.5", True)],
    ),
    (
        "declared length changes",
        "1.2",
        {"relabel": True, "fragment": 200},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 5216 3.1", True)],
    ),
    (
        "data instead of an acknowledgement",
        "1.3",
        {"data_for_ack": True},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [("RFC 5216 2.1.5", True)],
    ),
    (
        "a State that is not repeated starts another conversation",
        "1.2",
        {"edit": at(3, state=b"")},
        (Stage.HANDSHAKE, None, None, Keys.NOT_COMPARED, FourWay.NOT_RUN),
        [],
    ),
]


@pytest.mark.catalogue(
    "F32", "check-F02", "check-F05", "check-F10", "check-G07", "check-G11", "check-I29", "check-I30"
)
@pytest.mark.parametrize(
    ("tls", "how", "result", "violations"),
    [row[1:] for row in _ODD],
    ids=[f"{row[0]} ({row[1]})" for row in _ODD],
)
def test_a_server_that_misbehaves(
    bench: Bench,
    manners: type[Manners],
    tls: str,
    how: dict[str, object],
    result: tuple[object, ...],
    violations: list[tuple[str, bool]],
) -> None:
    server = bench.server(manners(**how), tls=tls)  # type: ignore[arg-type]
    policy = bench.policy(tls_max=tls)
    seen = bench.run(server, bench.association(policy=policy))
    assert (seen.stage, seen.radius_result, seen.eap_result, seen.keys, seen.four_way) == result
    assert [(found.clause, found.fatal) for found in seen.violations] == violations
    assert seen.requests == seen.replies == len(server.requests)


def test_texts_of_violations_by_the_server(bench: Bench, manners: type[Manners]) -> None:
    seen = bench.run(bench.server(manners(edit=at(2, eap=None))))
    assert seen.violations == (
        Violation("RFC 3579 2.6.3", "Access-Challenge without EAP-Message", fatal=True),
    )
    seen = bench.run(bench.server(manners(edit=final(code=11))))
    assert seen.violations == (
        Violation("RFC 3579 2.6.3", "Access-Challenge carries EAP-Success", fatal=True),
    )


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_other_methods_first_are_answered_by_naks(bench: Bench, manners: type[Manners], tls: str) -> None:
    expanded = bytes.fromhex("00000000000019")
    proposals = ((4, b"\x10" + bytes(16)), (254, expanded), (25, b"\x20"))
    server = bench.server(manners(proposals=proposals), tls=tls)
    seen = bench.run(server)
    assert seen.stage is Stage.COMPLETE
    assert seen.proposed_methods == (4, 254, 25, 13)
    assert [nak.hex() for nak in server.naks] == ["030d", "fe00000000000003fe0000000000000d", "030d"]


@pytest.mark.catalogue("check-F31")
def test_a_notification_is_answered(bench: Bench, manners: type[Manners]) -> None:
    server = bench.server(manners(notification=b"maintenance at noon"))
    assert bench.run(server).stage is Stage.COMPLETE
    assert server.complaints == []


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_repeated_requests_get_the_same_response(bench: Bench, manners: type[Manners], tls: str) -> None:
    server = bench.server(manners(repeat=frozenset(range(1, 7)), fragment=300), tls=tls)
    assert bench.run(server).stage is Stage.COMPLETE
    assert len(server.repeated) == 6
    assert all(first == again for first, again in server.repeated)


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize("deliver", [False, True])
def test_a_client_that_the_server_does_not_trust(
    bench: Bench, manners: type[Manners], tls: str, *, deliver: bool
) -> None:
    server = bench.server(manners(deliver_alert=deliver), tls=tls)
    policy = bench.policy(credential=bench.pki.stranger)
    seen = bench.run(server, bench.association(policy=policy))
    assert (seen.stage, seen.radius_result) == (Stage.RESULT, RadiusResult.REJECT)
    assert seen.violations == ()
    assert seen.tls is not None
    # RFC 9190 2.1.1: in TLS 1.3 the client's handshake is complete before the server has judged.
    assert seen.tls.handshake_complete is (tls == "1.3")
    assert [(alert.sent, alert.name) for alert in seen.tls.alerts] == [(False, "unknown-ca")] * deliver


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_a_server_that_the_client_does_not_trust(bench: Bench, tls: str) -> None:
    server = bench.server(tls=tls)
    policy = bench.policy(root_ca=bench.pki.other.certificate)
    seen = bench.run(server, bench.association(policy=policy))
    assert (seen.stage, seen.radius_result) == (Stage.RESULT, RadiusResult.REJECT)
    assert seen.tls is not None
    assert seen.tls.verify_failure is not None
    assert [(alert.sent, alert.name) for alert in seen.tls.alerts] == [(True, "unknown-ca")]
    assert "unknown ca" in server.tls_errors[0]


_FORGED = [
    ({"authenticator_right": False}, "Response Authenticator is wrong (RFC 2865 3)"),
    ({"message_authenticator": "wrong"}, "Message-Authenticator is wrong (RFC 3579 3.2)"),
    (
        {"message_authenticator": "absent"},
        "Access-Challenge with EAP-Message has no Message-Authenticator",
    ),
    (
        {"message_authenticator": "short"},
        "Message-Authenticator is not 16 octets long (RFC 3579 3.2)",
    ),
    ({"code": 5}, "code 5 does not answer an Access-Request"),
]


@pytest.mark.catalogue("check-I04", "check-I12")
@pytest.mark.parametrize(("changes", "reason"), _FORGED)
def test_forged_replies_are_discarded_until_a_right_one_comes(
    bench: Bench, manners: type[Manners], changes: dict[str, object], reason: str
) -> None:
    def edit(draft: Draft) -> None:
        if draft.number == 2 and draft.transmission < 3:
            for name, value in changes.items():
                setattr(draft, name, value)

    seen = bench.run(bench.server(manners(edit=edit)))
    assert seen.stage is Stage.COMPLETE
    assert [discard.reason for discard in seen.discards] == [reason] * 2
    assert seen.retransmissions == 2
    assert seen.replies == seen.requests
    assert 5.3 < seen.duration < 6.7  # 2 s and 4 s, each within ten percent


@pytest.mark.parametrize(("changes", "reason"), _FORGED)
def test_forged_replies_alone_are_no_answer(
    bench: Bench, manners: type[Manners], changes: dict[str, object], reason: str
) -> None:
    def edit(draft: Draft) -> None:
        for name, value in changes.items():
            setattr(draft, name, value)

    server = bench.server(manners(edit=edit))
    seen = bench.run(server)
    assert (seen.stage, seen.radius_result, seen.replies) == (Stage.IDENTITY, None, 0)
    assert {discard.reason for discard in seen.discards} == {reason}
    assert 26 < seen.duration <= 30.01


@pytest.mark.parametrize(("code", "result"), [(2, RadiusResult.ACCEPT), (3, RadiusResult.REJECT), (11, None)])
@pytest.mark.parametrize("eap", [None, b"\x04\x41\x00\x04"])
def test_an_answer_without_message_authenticator_counts_where_it_is_not_demanded(
    bench: Bench, manners: type[Manners], code: int, result: RadiusResult | None, eap: bytes | None
) -> None:
    def edit(draft: Draft) -> None:
        if draft.number == 2:
            draft.code, draft.eap, draft.message_authenticator = code, eap, "absent"

    strict = AccessPoint("CORP", bytes.fromhex("020000000001"), b"testing123")
    lax = replace(strict, require_message_authenticator=False)
    seen = bench.run(bench.server(manners(edit=edit)), bench.association(point=lax))
    assert (seen.radius_result, seen.unsigned_replies, seen.replies) == (result, 1, 2)
    assert seen.discards == () or code == 11
    seen = bench.run(bench.server(manners(edit=edit)), bench.association(point=strict))
    assert (seen.radius_result, seen.unsigned_replies, seen.replies) == (None, 0, 1)
    assert {discard.kind for discard in seen.discards} == {DiscardKind.UNSIGNED}
    assert {discard.request for discard in seen.discards} == {2}


@pytest.mark.catalogue("check-I13")
def test_an_answer_to_another_request_is_discarded(bench: Bench, manners: type[Manners]) -> None:
    def edit(draft: Draft) -> None:
        if draft.transmission == 1:
            draft.identifier = (draft.identifier + 1) % 256

    seen = bench.run(bench.server(manners(edit=edit)))
    assert seen.stage is Stage.COMPLETE
    assert len(seen.discards) == seen.requests
    assert all(
        discard.reason.startswith("no request with identifier ")
        and discard.reason.endswith(" is outstanding")
        and discard.clause == "RFC 2865 3"
        for discard in seen.discards
    )


def test_another_shared_secret_is_silence(bench: Bench) -> None:
    server = bench.server(secret=b"another")
    seen = bench.run(server)
    assert (seen.stage, seen.requests, seen.replies, seen.discards) == (Stage.IDENTITY, 1, 0, ())
    assert server.ignored == 1 + seen.retransmissions


def test_an_unsigned_request_is_silence(bench: Bench) -> None:
    point = AccessPoint("CORP", bytes.fromhex("020000000001"), b"testing123", message_authenticator=False)
    server = bench.server()
    assert bench.run(server, bench.association(point=point)).stage is Stage.IDENTITY
    assert server.requests == []


def test_reply_attributes_and_session_id_of_the_accept(bench: Bench, manners: type[Manners]) -> None:
    vlan = bytes.fromhex("40060100000d") + bytes.fromhex("410601000006") + b"\x51\x05\x0142"
    server = bench.server(manners(edit=final(extra=vlan + b"\x66\x04\x0d\x01")))
    seen = bench.run(server)
    assert [(item.name, item.value) for item in seen.reply_attributes] == [
        ("Tunnel-Type", "VLAN"),
        ("Tunnel-Medium-Type", "IEEE-802"),
        ("Tunnel-Private-Group-Id", "42"),
        ("EAP-Key-Name", "0d01"),
    ]
    assert seen.server_session_id == b"\x0d\x01"


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_every_request_and_every_reply_lost_once(bench: Bench, tls: str) -> None:
    for number in range(1, 9):
        for lossy in ("to", "from"):
            impairment = Impairment(lose=frozenset({number}))
            rules = {"to": (impairment, Impairment()), "from": (Impairment(), impairment)}[lossy]
            server = bench.server(tls=tls)
            path = Path(*rules, random=Random(1).randbytes)
            seen = bench.run(server, bench.association(path=path))
            assert seen.stage is Stage.COMPLETE
            assert seen.retransmissions == sum(seen.lost_on_purpose)
            assert seen.discards == ()


def test_repeated_datagrams_do_no_harm(bench: Bench) -> None:
    every = range(1, 1000)
    path = Path(Impairment(repeat=every), Impairment(repeat=every), random=Random(1).randbytes)
    seen = bench.run(bench.server(), bench.association(path=path))
    assert seen.stage is Stage.COMPLETE
    assert seen.retransmissions == 0
    assert {discard.reason.partition(" with ")[0] for discard in seen.discards} == {"no request"}


def test_delay_below_and_above_the_time_out(bench: Bench) -> None:
    late = Impairment(late=range(1, 1000), delay=0.25)
    seen = bench.run(bench.server(), bench.association(path=Path(late, late, random=bytes)))
    assert seen.stage is Stage.COMPLETE
    assert seen.duration == pytest.approx(0.5 * seen.requests)
    assert seen.retransmissions == 0
    later = Impairment(late=frozenset({1}), delay=3.0)
    seen = bench.run(
        bench.server(), bench.association(path=Path(Impairment(), later, random=Random(1).randbytes))
    )
    assert seen.stage is Stage.COMPLETE
    assert seen.retransmissions == 1
    assert seen.lost_on_purpose == (0, 0)


def test_nobody_answers(bench: Bench) -> None:
    path = Path(Impairment(lose=range(1, 99)), random=Random(1).randbytes)
    recorder = Recorder()
    server = bench.server()
    seen = bench.run(server, bench.association(path=path, recorder=recorder))
    assert (seen.stage, seen.replies, server.requests) == (Stage.IDENTITY, 0, [])
    assert seen.lost_on_purpose[0] == 1 + seen.retransmissions
    assert recorder.events[-1].name == "finished"
    assert dict(recorder.events[-1].detail) == {"stage": "identity"}


def _kinds(recorder: Recorder) -> list[str]:
    """Name the frames on the air and the codes on the wire, in order."""
    codes = {1: "request", 2: "accept", 3: "reject", 11: "challenge"}
    named = []
    for packet in recorder.packets:
        if packet.link is Link.WIRE:
            named.append(codes[packet.data[0]])
        elif packet.data[:1] == b"\x08":
            kind, body = eapol.parse(packet.data[32:])
            detail = f" {eap.parse(body).code.name.lower()} {eap.parse(body).method}" if kind == 0 else ""
            named.append(f"eapol {eapol.Type(kind).name.lower()}{detail}")
        else:
            named.append(hex(dot11.parse_management(packet.data).subtype))
    return named


def test_the_capture_holds_the_complete_exchange(bench: Bench) -> None:
    recorder = Recorder()
    seen = bench.run(bench.server(), bench.association(recorder=recorder))
    assert seen.stage is Stage.COMPLETE
    kinds = _kinds(recorder)
    assert kinds[:10] == [
        "0x40",
        "0x50",
        "0xb0",
        "0xb0",
        "0x0",
        "0x10",
        "eapol start",
        "eapol eap request 1",
        "eapol eap response 1",
        "request",
    ]
    # Wireshark 4.0 tells sessions apart by these: every challenge is followed by its frames.
    assert kinds[10:14] == ["challenge", "eapol eap request 13", "eapol eap response 13", "request"]
    assert kinds[-6:] == ["accept", "eapol eap success 0", *["eapol key"] * 4]
    wire = [packet for packet in recorder.packets if packet.link is Link.WIRE]
    assert len(wire) == seen.requests + seen.replies
    for packet in wire:
        ends = (packet.source, packet.destination)
        assert ends == ((seen.source, seen.server) if packet.data[0] == 1 else (seen.server, seen.source))
    assert all(
        packet.source is packet.destination is None for packet in recorder.packets if packet not in wire
    )
    assert [line.split()[0] for line in recorder.key_log] == ["CLIENT_RANDOM"]
    assert [packet.at for packet in recorder.packets] == sorted(packet.at for packet in recorder.packets)


def test_the_capture_shows_losses_as_they_were_on_the_wire(bench: Bench) -> None:
    recorder = Recorder()
    path = Path(Impairment(lose=frozenset({1})), random=Random(1).randbytes)
    bench.run(bench.server(), bench.association(path=path, recorder=recorder))
    # The request that got lost had left the access point.
    assert _kinds(recorder)[9:12] == ["request", "request", "challenge"]


def test_a_failure_ends_in_a_deauthentication(bench: Bench) -> None:
    for server, reason in (
        (bench.server(trust=bench.pki.other.certificate), dot11.REASON_8021X_FAILED),
        (bench.server(), None),
    ):
        recorder = Recorder()
        bench.run(server, bench.association(recorder=recorder))
        frame = dot11.parse_management(recorder.packets[-1].data)
        gone = frame.subtype == dot11.DEAUTHENTICATION
        assert gone is (reason is not None)
        if reason is not None:
            assert frame.body == struct.pack("<H", reason)


@pytest.mark.catalogue("check-L03")
def test_a_failed_four_way_handshake_has_a_reason_of_its_own(bench: Bench, manners: type[Manners]) -> None:
    recorder = Recorder()
    server = bench.server(manners(edit=final(keys=(bytes(32), bytes(32)))))
    bench.run(server, bench.association(recorder=recorder))
    frame = dot11.parse_management(recorder.packets[-1].data)
    assert frame.body == struct.pack("<H", dot11.REASON_4WAY_TIMEOUT)


def test_a_network_that_is_not_there(bench: Bench) -> None:
    association = bench.association(point=AccessPoint("OTHER", bytes(6), b"s"))
    association.start(1.0)
    assert association.finished
    assert association.join_failure is not None
    assert association.join_failure.cause is Cause.ACCESS_POINT_NOT_FOUND
    assert association.datagrams_to_send(1.0) == []
    assert association.get_timer() is None
    association.handle_timer(2.0)
    association.receive_unreachable(2.0)
    with pytest.raises(ValueError, match="did not join the network, so there is nothing to observe"):
        association.observe()


def test_nothing_moves_after_the_end(bench: Bench) -> None:
    association = bench.association()
    before = bench.run(bench.server(), association)
    association.receive_datagram(b"late", 5000.0)
    association.handle_timer(5000.0)
    assert association.get_timer() is None
    assert association.datagrams_to_send(5000.0) == []
    assert association.observe() == before


def test_no_secret_is_printed(bench: Bench) -> None:
    recorder = Recorder()
    association = bench.association(recorder=recorder)
    seen = bench.run(bench.server(), association)
    printed = repr((association, association.station, association._point, seen, recorder, recorder.events))
    assert "testing123" not in printed
    assert recorder.key_log[0] not in printed
    keys = association._supplicant.keys
    assert keys is not None
    assert keys.msk.hex() not in printed + repr(keys)
    assert repr(keys.msk) not in printed + repr(keys)


def test_nothing_waits_for_the_garbage_collector(bench: Bench) -> None:
    # Under load, cycles would cost a tenth of the client's time.
    bench.run(bench.server(), bench.association())
    gc.collect()
    gc.disable()
    try:
        association = bench.association()
        bench.run(bench.server(), association)
        del association
        assert gc.collect() == 0
    finally:
        gc.enable()


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_without_a_link_it_is_eap_and_radius_alone(bench: Bench, tls: str) -> None:
    fake = bench.server(tls=tls)
    recorder = Recorder()
    seen = bench.run(fake, bench.association(recorder=recorder, link=False))
    assert seen.stage is Stage.RESULT
    assert seen.keys is Keys.AGREE
    assert seen.four_way is FourWay.NOT_RUN
    assert seen.eap_result is EapResult.SUCCESS
    assert {packet.link for packet in recorder.packets} == {Link.WIRE}
    assert fake.complaints == []


def test_without_a_link_keys_are_compared_all_the_same(bench: Bench, manners: type[Manners]) -> None:
    seen = bench.run(
        bench.server(manners(edit=final(keys=(bytes(32), bytes(32))))), bench.association(link=False)
    )
    assert seen.stage is Stage.RESULT
    assert seen.keys is Keys.DIFFER
