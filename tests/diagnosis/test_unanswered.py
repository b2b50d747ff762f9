from __future__ import annotations

from dataclasses import replace
from hashlib import md5

import pytest

from harness.diagnosis.diagnose import diagnose
from harness.observation import (
    Discard,
    DiscardKind,
    Observation,
    Overtime,
    Silence,
    Standstill,
    TlsObservation,
)
from harness.outcome import Cause, Proof, Verdict
from harness.protocol import radius
from harness.protocol.radius_client import RadiusClient
from harness.server.records import LogEvent, LogKind, ServerEvidence, VerdictRecord
from harness.trace import Actor, Endpoint


def saying(far: ServerEvidence, *kinds: LogKind) -> ServerEvidence:
    return replace(far, events=tuple(LogEvent(kind, f"line about {kind}") for kind in kinds))


def discarded(secret: bytes, code: int = radius.Code.ACCESS_CHALLENGE, request: int = 1) -> Discard:
    """Return what the access point says of an answer signed with ``secret`` and no Message-Authenticator."""
    attributes = radius.eap_message(b"\x01\x01\x00\x04") if code == radius.Code.ACCESS_CHALLENGE else b""
    client = RadiusClient(b"ours", bytes)
    for _ in range(request):
        client.send(b"", 1.0)
    header = bytes([code, request]) + (20 + len(attributes)).to_bytes(2)
    authenticator = md5(header + bytes(16) + attributes + secret, usedforsecurity=False).digest()
    assert client.receive_datagram(header + authenticator + attributes, 1.0) is None
    [discard] = client.discards.kept()
    return discard


def test_icmp_needs_no_log(silent: Observation, no_log: ServerEvidence) -> None:
    outcome = diagnose(replace(silent, unreachable=1), no_log)

    assert outcome.cause is Cause.SERVER_UNREACHABLE
    assert (
        outcome.explanation == "Nothing listens at 127.0.0.1:1812: 1 ICMP port unreachable message came back."
    )
    assert outcome.proof == (
        Proof(
            Actor.ACCESS_POINT,
            "1 request and 5 retransmissions sent, 0 authentic answers received, none of them final",
        ),
        Proof(Actor.ACCESS_POINT, "1 ICMP port unreachable message came back"),
    )


def test_a_stopped_server_is_unreachable(silent: Observation, log: ServerEvidence) -> None:
    outcome = diagnose(silent, replace(log, running=False))

    assert outcome.cause is Cause.SERVER_UNREACHABLE
    assert outcome.proof[-1] == Proof(Actor.SERVER, "the server's process was not running")


@pytest.mark.parametrize("running", [True, None])
def test_a_server_that_may_be_running_is_not_called_unreachable(
    running: bool | None,  # noqa: FBT001 - a parameter of the test's table
    silent: Observation,
    log: ServerEvidence,
) -> None:
    assert diagnose(silent, replace(log, running=running)).cause is Cause.UNDETERMINED


def test_the_servers_word_comes_before_icmp(silent: Observation, log: ServerEvidence) -> None:
    near = replace(silent, unreachable=1)

    assert diagnose(near, saying(log, LogKind.SECRET_WRONG)).cause is Cause.SHARED_SECRET_WRONG


def test_an_authentic_answer_speaks_against_a_wrong_secret(silent: Observation, log: ServerEvidence) -> None:
    outcome = diagnose(replace(silent, requests=3, replies=2), saying(log, LogKind.SECRET_WRONG))

    assert outcome.cause is Cause.UNDETERMINED
    assert 'The server said: "line about secret-wrong".' in outcome.explanation


@pytest.mark.parametrize("available", [True, False])
def test_answers_that_do_not_verify_do_not_prove_a_wrong_secret(
    available: bool,  # noqa: FBT001 - a parameter of the test's table
    silent: Observation,
    log: ServerEvidence,
) -> None:
    near = replace(silent, discards=(discarded(b"theirs"),))

    outcome = diagnose(near, replace(log, available=available))

    assert outcome.cause is Cause.UNDETERMINED
    assert outcome.explanation.endswith(
        "Likely, not proven: access point and server have different shared secrets."
    )


def test_silence_without_a_trace_at_a_running_server(silent: Observation, log: ServerEvidence) -> None:
    outcome = diagnose(silent, log)

    assert outcome.cause is Cause.UNDETERMINED
    assert outcome.explanation.endswith(
        "Likely, not proven: a filter on the way, or another address or port."
    )


# What the path did to the last request, sent six times: arrived, lost (to, from the server), held (the same).
SILENCES = [
    ("all requests", Silence(6, 0, (6, 0)), Cause.REQUESTS_LOST),
    ("all answers", Silence(6, 6, (0, 6)), Cause.REPLIES_LOST),
    ("both ways", Silence(6, 3, (3, 3)), Cause.REPLIES_LOST),
    ("some requests, and the server kept silent", Silence(6, 4, (2, 0)), Cause.UNDETERMINED),
    ("nothing", Silence(6, 6), Cause.UNDETERMINED),
    ("an answer held", Silence(6, 6, answer_held=4.0), Cause.ANSWER_TOO_LATE),
    ("an answer held and another lost", Silence(6, 6, (0, 1), answer_held=4.0), Cause.ANSWER_TOO_LATE),
    ("all requests held", Silence(6, 0, request_held=4.0), Cause.ANSWER_TOO_LATE),
    ("one request held, the others lost", Silence(6, 0, (5, 0), request_held=4.0), Cause.ANSWER_TOO_LATE),
    ("one request held, the others arrived", Silence(6, 5, request_held=4.0), Cause.UNDETERMINED),
]


@pytest.mark.parametrize(
    ("silence", "cause"), [row[1:] for row in SILENCES], ids=[row[0] for row in SILENCES]
)
@pytest.mark.parametrize("readable", [True, False])
def test_what_the_path_did_to_the_last_request_decides(
    silence: Silence,
    cause: Cause,
    readable: bool,  # noqa: FBT001 - a parameter of the test's table
    silent: Observation,
    log: ServerEvidence,
) -> None:
    near = replace(silent, silence=silence, waited=0.9)

    outcome = diagnose(near, replace(log, available=readable))

    assert (outcome.verdict, outcome.cause) == (Verdict.UNANSWERED, cause)
    assert outcome.cause is Cause.UNDETERMINED or Actor.PATH in {proof.side for proof in outcome.proof}


def test_losses_that_were_made_good_are_no_cause(silent: Observation, log: ServerEvidence) -> None:
    near = replace(silent, requests=4, replies=3, lost_on_purpose=(3, 3), silence=Silence(2, 2), waited=0.9)
    far = replace(log, verdict=VerdictRecord("Access-Accept", Endpoint("127.0.0.1", 1), "x"))

    assert diagnose(near, far).cause is Cause.UNDETERMINED


def test_an_answer_that_was_on_its_way_came_too_late(silent: Observation, log: ServerEvidence) -> None:
    held = Silence(2, 2, answer_held=4.0)
    near = replace(silent, requests=5, replies=4, lost_on_purpose=(0, 1), silence=held, waited=0.9137)
    far = replace(log, verdict=VerdictRecord("Access-Accept", Endpoint("127.0.0.1", 1), "x"))

    outcome = diagnose(near, far)

    assert outcome.cause is Cause.ANSWER_TOO_LATE
    assert outcome.explanation == (
        "The answer came later than the access point waits for it: the path held the answer for 4 s, "
        "and the access point gave up after 0.914 s."
    )
    assert outcome.proof[1:] == (
        Proof(Actor.PATH, "held the answer for 4 s"),
        Proof(Actor.ACCESS_POINT, "gave up after 0.914 s without an answer"),
        Proof(Actor.SERVER, "recorded Access-Accept"),
    )


def delayed(log: ServerEvidence, seconds: str) -> ServerEvidence:
    text = f"Delaying response for {seconds} seconds"
    return replace(log, events=(LogEvent(LogKind.RESPONSE_DELAYED, text, seconds),))


@pytest.mark.parametrize(
    ("seconds", "cause"),
    [
        ("3.000000", Cause.ANSWER_TOO_LATE),
        ("0.900000", Cause.ANSWER_TOO_LATE),
        ("0.800000", Cause.UNDETERMINED),
        ("many", Cause.UNDETERMINED),
    ],
)
def test_a_server_that_says_that_it_holds_its_response_back(
    seconds: str, cause: Cause, silent: Observation, log: ServerEvidence
) -> None:
    assert diagnose(replace(silent, waited=0.9), delayed(log, seconds)).cause is cause


def test_a_decision_that_is_recorded_is_no_proof_that_it_came_late(
    silent: Observation, log: ServerEvidence
) -> None:
    far = replace(log, verdict=VerdictRecord("Access-Reject", Endpoint("127.0.0.1", 1), "x"))

    assert diagnose(replace(silent, waited=0.9, silence=Silence(2, 2)), far).cause is Cause.UNDETERMINED


def test_a_decision_that_never_arrived_was_lost(silent: Observation, log: ServerEvidence) -> None:
    near = replace(silent, requests=7, replies=6, lost_on_purpose=(0, 1), silence=Silence(2, 2, (0, 1)))
    far = replace(log, running=False, verdict=VerdictRecord("Access-Accept", Endpoint("127.0.0.1", 1), "x"))

    outcome = diagnose(near, far)

    assert outcome.cause is Cause.REPLIES_LOST
    assert Proof(Actor.SERVER, "recorded Access-Accept for this conversation") in outcome.proof
    assert outcome.explanation == (
        "The server answered, and the path dropped its answers (of the last request, 0 of 2 transmissions and "
        "1 answer dropped)."
    )


def test_a_stopped_server_explains_more_than_a_lossy_path(silent: Observation, log: ServerEvidence) -> None:
    near = replace(silent, lost_on_purpose=(6, 0), silence=Silence(6, 0, (6, 0)))

    assert diagnose(near, replace(log, running=False)).cause is Cause.SERVER_UNREACHABLE


def test_answers_without_message_authenticator_are_the_servers_fault(
    silent: Observation, no_log: ServerEvidence
) -> None:
    near = replace(silent, discards=(discarded(b"ours"), discarded(b"ours")))

    outcome = diagnose(near, no_log)

    assert outcome.cause is Cause.MESSAGE_AUTHENTICATOR_MISSING
    assert outcome.explanation == (
        "The server's answer came without Message-Authenticator and was dropped in silence: Access-Challenge with "
        "EAP-Message has no Message-Authenticator, and the access point takes none without it."
    )
    assert outcome.proof[-1].text == (
        "discarded 2 answers: Access-Challenge with EAP-Message has no Message-Authenticator"
    )
    assert "require-message-authenticator: false at the access point" in outcome.remedy


@pytest.mark.parametrize("code", [radius.Code.ACCESS_ACCEPT, radius.Code.ACCESS_REJECT])
def test_the_final_answer_alone_may_lack_it(code: int, silent: Observation, log: ServerEvidence) -> None:
    near = replace(silent, requests=3, replies=2, discards=(discarded(b"ours", code, 3),))

    outcome = diagnose(near, log)

    assert (outcome.verdict, outcome.cause) == (Verdict.UNANSWERED, Cause.MESSAGE_AUTHENTICATOR_MISSING)
    assert f"{radius.ANSWERS[code]} without EAP-Message has no Message-Authenticator" in outcome.explanation


def test_a_forged_answer_to_an_earlier_request_does_not_explain_the_last_silence(
    silent: Observation, log: ServerEvidence
) -> None:
    near = replace(
        silent, requests=3, replies=2, discards=(discarded(b"ours", radius.Code.ACCESS_REJECT, 2),)
    )

    assert diagnose(near, log).cause is Cause.UNDETERMINED


def test_a_request_without_message_authenticator_is_the_access_points_fault(
    silent: Observation, log: ServerEvidence
) -> None:
    outcome = diagnose(silent, saying(log, LogKind.MESSAGE_AUTHENTICATOR_MISSING))

    assert outcome.cause is Cause.MESSAGE_AUTHENTICATOR_MISSING
    assert outcome.explanation.startswith("The access point's request came without Message-Authenticator")
    assert outcome.remedy.startswith("Update the access point's software, or let it sign its requests")


def stray(kind: DiscardKind, request: int) -> Discard:
    return Discard(
        1.0, "authentic Access-Challenge from 127.0.0.9:1812, which was not asked", "", kind, request
    )


def test_an_authentic_answer_from_elsewhere_is_proof(silent: Observation, no_log: ServerEvidence) -> None:
    outcome = diagnose(replace(silent, discards=(stray(DiscardKind.FROM_ELSEWHERE, 1),)), no_log)

    assert (outcome.verdict, outcome.cause) == (Verdict.UNANSWERED, Cause.ANSWERED_FROM_ELSEWHERE)
    assert outcome.explanation == (
        "The access point asked 127.0.0.1:1812, and the answer came from elsewhere, so it was dropped in silence: "
        "authentic Access-Challenge from 127.0.0.9:1812, which was not asked."
    )


@pytest.mark.parametrize(
    ("kind", "request_number"), [(DiscardKind.OTHER, 3), (DiscardKind.FROM_ELSEWHERE, 2)]
)
def test_a_forged_or_earlier_answer_from_elsewhere_proves_nothing(
    kind: DiscardKind, request_number: int, silent: Observation, no_log: ServerEvidence
) -> None:
    near = replace(silent, requests=3, replies=2, discards=(stray(kind, request_number),))

    assert diagnose(near, no_log).cause is Cause.UNDETERMINED


def test_a_server_that_goes_round_in_circles_is_named(silent: Observation, log: ServerEvidence) -> None:
    still = Standstill(50, (("repeated its last Request", 49), ("sent a Notification", 1)))
    near = replace(silent, requests=52, replies=52, retransmissions=0, standstill=still)

    outcome = diagnose(near, log)

    assert (outcome.verdict, outcome.cause) == (Verdict.UNANSWERED, Cause.NO_PROGRESS)
    assert outcome.explanation == (
        "The server at 127.0.0.1:1812 kept the conversation going and never came to a decision: it repeated its last "
        "Request 49 times, sent a Notification 1 time; the device gave up after 50 rounds that led nowhere."
    )
    assert outcome.proof[-1].side is Actor.DEVICE


def test_a_request_that_the_device_cannot_take_ends_it(silent: Observation, no_log: ServerEvidence) -> None:
    last = Discard(2.0, "tls start in state handshake", "RFC 5216 2.1.1", DiscardKind.EAP)
    near = replace(silent, requests=3, replies=3, retransmissions=0, discards=(last,))

    outcome = diagnose(near, no_log)

    assert (outcome.verdict, outcome.cause) == (Verdict.UNANSWERED, Cause.EAP_FRAMING)
    assert outcome.explanation == (
        "The server broke the rules for the form or order of EAP or RADIUS packets (RFC 5216 2.1.1): the device had "
        "to discard its last Request, tls start in state handshake."
    )


def test_a_malformed_request_is_the_access_points(silent: Observation, log: ServerEvidence) -> None:
    outcome = diagnose(silent, saying(log, LogKind.MALFORMED))

    assert (outcome.verdict, outcome.cause) == (Verdict.UNANSWERED, Cause.EAP_FRAMING)
    assert outcome.explanation.startswith("The access point broke the rules")


def test_a_server_that_had_decided_before_it_stopped_was_reached(
    silent: Observation, log: ServerEvidence
) -> None:
    record = VerdictRecord("Access-Reject", Endpoint("127.0.0.1", 1), "x")

    assert diagnose(silent, replace(log, running=False, verdict=record)).cause is Cause.UNDETERMINED


def test_what_is_no_tls_is_told_as_such(silent: Observation, no_log: ServerEvidence) -> None:
    tls = TlsObservation(offered=("1.2", "1.3"), error="wrong version number")
    acknowledged = Discard(1.0, "empty EAP-TLS Request", "RFC 5216 2.1.5", DiscardKind.EAP, 3)
    near = replace(silent, tls=tls, discards=(acknowledged,), replies=3, requests=3)

    outcome = diagnose(near, no_log)

    assert (outcome.verdict, outcome.cause) == (Verdict.UNANSWERED, Cause.TLS_PROTOCOL)
    assert "wrong version number" in outcome.explanation


@pytest.mark.parametrize(
    ("held", "told", "remedy"),
    [
        (0.0, "", "Find out why the server takes so long for each answer (its log, and what it waits for: "),
        (12.0, ", for 12 s of which the path held datagrams", "Shorten the delay on the path, "),
    ],
)
def test_a_server_that_kept_on_for_too_long_is_named(
    held: float, told: str, remedy: str, silent: Observation, log: ServerEvidence
) -> None:
    over = Overtime(609.0, 600.0, 21)
    near = replace(silent, requests=22, replies=22, retransmissions=0, overtime=over, held_on_purpose=held)

    outcome = diagnose(near, log)

    assert (outcome.verdict, outcome.cause) == (Verdict.UNANSWERED, Cause.NO_DECISION_IN_TIME)
    assert outcome.explanation == (
        "The server at 127.0.0.1:1812 still kept on asking 609 s after its first Request, with 21 Requests "
        f"answered{told}; the device gives a conversation 600 s."
    )
    assert outcome.remedy.startswith(remedy)
    sides = [Actor.DEVICE, Actor.PATH] if held else [Actor.DEVICE]
    assert [proof.side for proof in outcome.proof][-len(sides) :] == sides
