from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from cryptography import x509

from harness.diagnosis.diagnose import diagnose
from harness.diagnosis.kinds import KINDS
from harness.observation import Alert, Discard, EapResult, Observation, ReplyAttribute, Violation
from harness.outcome import Finding, Severity
from harness.server.records import LogEvent, LogKind, ServerEvidence, VerdictRecord
from harness.trace import Endpoint

WRITTEN = LogEvent(LogKind.ALERT_SENT, "Alert write:fatal:certificate expired", "certificate expired")


def with_tls(near: Observation, **changes: object) -> Observation:
    assert near.tls is not None
    return replace(near, tls=replace(near.tls, **changes))  # type: ignore[arg-type]


def test_ids_are_unique_and_meanings_are_sentences() -> None:
    assert len({kind.id for kind in KINDS}) == len(KINDS)
    assert [kind.id for kind in KINDS if not kind.meaning.endswith(".")] == []


def test_a_good_association_has_none(connected: Observation, log: ServerEvidence) -> None:
    assert diagnose(connected, log).findings == ()


def test_without_root_ca(connected: Observation, log: ServerEvidence) -> None:
    assert diagnose(with_tls(connected, trust_anchor=None), log).findings == (
        Finding(
            "server-not-authenticated",
            Severity.SECURITY,
            "The device has no root CA and accepted the server without verifying it.",
            "RFC 5216 5.3",
        ),
    )


def test_without_client_certificate(connected: Observation, log: ServerEvidence) -> None:
    assert diagnose(with_tls(connected, sent_chain=()), log).findings == (
        Finding(
            "client-not-authenticated",
            Severity.SECURITY,
            "The server accepted the device without a client certificate.",
            "RFC 9190 2.1.5",
        ),
    )


@pytest.mark.parametrize(("version", "clause"), [("1.3", "RFC 9190 2.1.4"), ("1.2", "RFC 5216 2.1.3")])
def test_an_alert_that_was_written_and_not_sent(
    version: str, clause: str, rejected: Observation, log: ServerEvidence
) -> None:
    outcome = diagnose(with_tls(rejected, version=version), replace(log, events=(WRITTEN,)))

    assert outcome.findings == (
        Finding(
            "alert-not-delivered",
            Severity.WARNING,
            'The server logged "Alert write:fatal:certificate expired" and sent the device no alert.',
            clause,
        ),
    )


def test_an_alert_that_arrived_is_no_finding(rejected: Observation, log: ServerEvidence) -> None:
    heard = with_tls(
        rejected, alerts=(Alert(sent=False, level=2, description=45, name="certificate expired"),)
    )

    assert diagnose(heard, replace(log, events=(WRITTEN,))).findings == ()


def test_an_alert_is_not_missed_by_a_device_that_refused_first(
    rejected: Observation, log: ServerEvidence
) -> None:
    refused = with_tls(rejected, alerts=(Alert(sent=True, level=2, description=48, name="unknown ca"),))

    assert diagnose(refused, replace(log, events=(WRITTEN,))).findings == ()


@pytest.mark.parametrize(
    ("eap", "text", "id_"),
    [
        (EapResult.SUCCESS, "Access-Reject carries EAP-Success", "reject-with-eap-success"),
        (None, "Access-Reject without EAP-Failure", "reject-without-eap-failure"),
    ],
)
def test_a_reject_that_contradicts_its_eap_packet_is_found_once(
    eap: EapResult | None, text: str, id_: str, rejected: Observation, log: ServerEvidence
) -> None:
    near = replace(rejected, eap_result=eap, violations=(Violation("RFC 3579 2.6.3", text, fatal=False),))

    assert [finding.id for finding in diagnose(near, log).findings] == [id_]


def test_a_reject_after_the_commitment(rejected: Observation, log: ServerEvidence) -> None:
    outcome = diagnose(with_tls(rejected, protected_success=True), log)

    assert [(found.id, found.requirement) for found in outcome.findings] == [
        ("reject-after-protected-success", "RFC 9190 2.5")
    ]


def test_reply_message_beside_eap_is_found_once(rejected: Observation, log: ServerEvidence) -> None:
    near = replace(
        rejected,
        reply_attributes=(ReplyAttribute("Reply-Message", "no"),),
        violations=(Violation("RFC 3579 2.6.5", "Reply-Message beside EAP-Message", fatal=False),),
    )

    assert [finding.id for finding in diagnose(near, log).findings] == ["reply-message-with-eap"]


@pytest.mark.parametrize(
    ("clause", "id_", "severity"),
    [
        ("RFC 9190 2.1.9", "length-bit-unfragmented", Severity.NOTE),
        ("CVE-2024-3596", "message-authenticator-not-first", Severity.NOTE),
        ("RFC 3748 4.2", "protocol-violation", Severity.WARNING),
    ],
)
def test_breaches_that_ended_nothing(
    clause: str, id_: str, severity: Severity, connected: Observation, log: ServerEvidence
) -> None:
    near = replace(connected, violations=(Violation(clause, "what was seen", fatal=False),))

    assert diagnose(near, log).findings == (Finding(id_, severity, "What was seen.", clause),)


@pytest.mark.parametrize(
    ("identity", "offered", "found"),
    [
        ("thermostat-7", ("1.2", "1.3"), True),
        ("thermostat-7@corp.example", ("1.3", "1.3"), True),
        ("thermostat-7", ("1.2", "1.2"), False),
        ("@corp.example", ("1.2", "1.3"), False),
        ("anonymous@corp.example", ("1.2", "1.3"), False),
        ("", ("1.2", "1.3"), False),
    ],
)
def test_identity_in_clear(
    identity: str,
    offered: tuple[str, str],
    found: bool,  # noqa: FBT001
    connected: Observation,
    log: ServerEvidence,
) -> None:
    outcome = diagnose(with_tls(replace(connected, identity=identity), offered=offered), log)

    assert [finding.id for finding in outcome.findings] == (["identity-in-clear"] if found else [])


@pytest.mark.parametrize(
    ("theirs", "found"), [(b"", False), (b"\x0d" + bytes(64), False), (b"\x0dother", True)]
)
def test_session_ids(theirs: bytes, found: bool, connected: Observation, log: ServerEvidence) -> None:  # noqa: FBT001
    outcome = diagnose(replace(connected, server_session_id=theirs), log)

    assert [finding.id for finding in outcome.findings] == (["session-id-differs"] if found else [])


def test_retransmissions_are_noted_where_an_answer_came(
    connected: Observation, silent: Observation, log: ServerEvidence
) -> None:
    assert [finding.text for finding in diagnose(replace(connected, retransmissions=2), log).findings] == [
        "The conversation needed 2 retransmissions."
    ]
    assert diagnose(silent, log).findings == ()


def test_discards_are_counted_by_reason(connected: Observation, log: ServerEvidence) -> None:
    wrong = Discard(1.0, "Response Authenticator is wrong", "RFC 2865 3")
    near = replace(connected, discards=(wrong, Discard(1.0, "code 4", "RFC 2865 3"), wrong))

    assert [finding.text for finding in diagnose(near, log).findings] == [
        "Discarded 2 packets: Response Authenticator is wrong.",
        "Discarded 1 packet: code 4.",
    ]


def test_discards_that_were_not_kept_are_counted(connected: Observation, log: ServerEvidence) -> None:
    near = replace(connected, discards=(Discard(1.0, "code 4", "RFC 2865 3"),), discards_left_out=4900)

    assert [finding.text for finding in diagnose(near, log).findings] == [
        "Discarded 1 packet: code 4.",
        "Discarded 4900 packets more.",
    ]


def test_answers_that_were_taken_unsigned(connected: Observation, log: ServerEvidence) -> None:
    [finding] = diagnose(replace(connected, unsigned_replies=1), log).findings

    assert (finding.id, finding.severity) == ("message-authenticator-absent", Severity.SECURITY)
    assert finding.requirement == "CVE-2024-3596"
    assert finding.text == (
        "The access point took 1 answer without Message-Authenticator; require-message-authenticator is off."
    )


def test_ends_that_disagree(
    connected: Observation, log: ServerEvidence, certificates: Mapping[str, x509.Certificate]
) -> None:
    assert certificates["root"] in log.trusted
    recorded = replace(log, verdict=VerdictRecord("Access-Reject", Endpoint("127.0.0.1", 1), "x"))

    assert [finding.text for finding in diagnose(connected, recorded).findings] == [
        "The two ends disagree: the server recorded Access-Reject, the access point received Access-Accept."
    ]
