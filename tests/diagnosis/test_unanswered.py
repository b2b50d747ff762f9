from __future__ import annotations

from dataclasses import replace
from hashlib import md5

import pytest

from harness.diagnosis.diagnose import diagnose
from harness.observation import Discard, DiscardKind, Observation, Standstill, TlsObservation
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


# What the path dropped: (requests, retransmissions, replies), (to, from the server), requests in the log.
LOSSES = [
    ("all requests", (1, 5, 0), (6, 0), 0, Cause.REQUESTS_LOST),
    ("all answers", (1, 5, 0), (0, 6), 1, Cause.REPLIES_LOST),
    ("both ways, so the only request had arrived", (1, 5, 0), (3, 3), 1, Cause.REPLIES_LOST),
    ("the last request, later", (4, 5, 3), (6, 0), 3, Cause.REQUESTS_LOST),
    ("the last answer, later", (4, 5, 3), (0, 6), 4, Cause.REPLIES_LOST),
    ("both ways, and the last was not seen", (4, 6, 3), (6, 1), 3, Cause.REQUESTS_LOST),
    ("both ways, and the last was seen", (4, 6, 3), (1, 6), 4, Cause.REPLIES_LOST),
    ("both ways, and the log tells no requests", (4, 6, 3), (4, 3), 0, Cause.UNDETERMINED),
    ("less than the silence", (1, 5, 0), (2, 0), 0, Cause.UNDETERMINED),
    ("less than the silence, answers", (1, 5, 0), (0, 2), 1, Cause.UNDETERMINED),
    ("all requests, which the log has", (1, 5, 0), (6, 0), 1, Cause.UNDETERMINED),
]


@pytest.mark.parametrize(
    ("sent", "lost", "seen", "cause"), [row[1:] for row in LOSSES], ids=[row[0] for row in LOSSES]
)
def test_losses(
    sent: tuple[int, int, int],
    lost: tuple[int, int],
    seen: int,
    cause: Cause,
    silent: Observation,
    log: ServerEvidence,
) -> None:
    near = replace(silent, requests=sent[0], retransmissions=sent[1], replies=sent[2], lost_on_purpose=lost)

    outcome = diagnose(near, saying(log, *[LogKind.REQUEST] * seen))

    assert (outcome.verdict, outcome.cause) == (Verdict.UNANSWERED, cause)


@pytest.mark.parametrize(
    ("lost", "cause"),
    [((6, 0), Cause.REQUESTS_LOST), ((0, 6), Cause.REPLIES_LOST), ((3, 3), Cause.REPLIES_LOST)],
)
def test_the_path_can_prove_its_losses_alone(
    lost: tuple[int, int], cause: Cause, silent: Observation, no_log: ServerEvidence
) -> None:
    outcome = diagnose(replace(silent, lost_on_purpose=lost), no_log)

    assert outcome.cause is cause
    assert outcome.proof[-1].side is Actor.PATH


def test_a_decision_that_never_arrived_was_lost(silent: Observation, log: ServerEvidence) -> None:
    near = replace(silent, requests=7, replies=6, lost_on_purpose=(0, 1))
    far = replace(log, running=False, verdict=VerdictRecord("Access-Accept", Endpoint("127.0.0.1", 1), "x"))

    outcome = diagnose(near, far)

    assert outcome.cause is Cause.REPLIES_LOST
    assert Proof(Actor.SERVER, "recorded Access-Accept for this conversation") in outcome.proof
    assert outcome.explanation == (
        "The server answered, and the path dropped its answers (0 of 12 requests and 1 answer dropped)."
    )


def test_a_stopped_server_explains_more_than_a_lossy_path(silent: Observation, log: ServerEvidence) -> None:
    near = replace(silent, lost_on_purpose=(6, 0))

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
