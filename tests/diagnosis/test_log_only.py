from __future__ import annotations

import pytest

from harness.diagnosis.log_only import LogVerdict, judge
from harness.diagnosis.openssl import FAULTS
from harness.outcome import Cause, Rank
from harness.server.records import LogEvent, LoggedCertificate, LogKind

LEAF = LoggedCertificate(leaf=True, serial="2a", subject="/O=x/CN=sensor", issuer="/CN=root")
ISSUING = LoggedCertificate(leaf=False, serial="2b", subject="/CN=issuing", issuer="/CN=root")
ROOT = LoggedCertificate(leaf=False, serial="2c", subject="/CN=root", issuer="/CN=root")


def refusal(number: int, certificate: LoggedCertificate | None = None) -> list[LogEvent]:
    return [LogEvent(LogKind.VERIFY_ERROR, "the line", "words", number, certificate=certificate)]


@pytest.mark.parametrize(
    ("number", "certificate", "causes"),
    [
        (10, LEAF, [Cause.CLIENT_CERTIFICATE_EXPIRED]),
        (10, ISSUING, [Cause.ISSUING_CA_EXPIRED]),
        (10, ROOT, [Cause.ROOT_CA_EXPIRED]),
        (10, None, [Cause.CLIENT_CERTIFICATE_EXPIRED, Cause.ISSUING_CA_EXPIRED, Cause.ROOT_CA_EXPIRED]),
        (9, LEAF, [Cause.CLIENT_CERTIFICATE_NOT_YET_VALID]),
        (23, LEAF, [Cause.CLIENT_CERTIFICATE_REVOKED]),
        (23, None, [Cause.CLIENT_CERTIFICATE_REVOKED, Cause.ISSUING_CA_REVOKED]),
        (18, LEAF, [Cause.CLIENT_CERTIFICATE_SELF_SIGNED]),
        (19, ROOT, [Cause.CLIENT_ISSUER_UNKNOWN]),
        (20, LEAF, [Cause.CLIENT_ISSUER_UNKNOWN, Cause.CLIENT_CHAIN_INCOMPLETE]),
        (26, LEAF, [Cause.CLIENT_CERTIFICATE_WRONG_PURPOSE]),
        (3, LEAF, [Cause.CRL_MISSING]),
        (12, LEAF, [Cause.CRL_EXPIRED]),
        (11, LEAF, [Cause.CRL_NOT_YET_VALID]),
        (66, LEAF, [Cause.CLIENT_KEY_TOO_WEAK]),
        (
            7,
            LEAF,
            [
                Cause.CLIENT_CERTIFICATE_UNACCEPTABLE,
                Cause.CLIENT_ISSUER_UNKNOWN,
                Cause.CLIENT_ISSUER_AMBIGUOUS,
            ],
        ),
        (1, LEAF, [Cause.UNDETERMINED]),
    ],
)
def test_what_a_verification_error_proves(
    number: int, certificate: LoggedCertificate | None, causes: list[Cause]
) -> None:
    judged = judge(refusal(number, certificate), reply="Access-Reject", user="sensor")
    assert judged.verdict is LogVerdict.REJECTED
    assert list(judged.causes) == causes
    assert judged.cause is (causes[0] if len(causes) == 1 else Cause.UNDETERMINED)
    assert bool(judged.unproven) is (len(causes) > 1 or causes == [Cause.UNDETERMINED])
    assert "{" not in judged.explanation + "".join(judged.remedies)
    assert judged.proof == ("the line",)


def test_the_blamed_certificate_is_the_one_that_the_log_lists() -> None:
    judged = judge(refusal(10, ISSUING), reply="Access-Reject")
    assert judged.certificate is not None
    assert (judged.certificate.rank, judged.certificate.subject, judged.certificate.serial) == (
        Rank.ISSUING_CA,
        "CN=issuing",
        "2b",
    )


@pytest.mark.parametrize(
    ("events", "reply", "verdict", "cause"),
    [
        ([], "Access-Accept", LogVerdict.ACCEPTED, Cause.UNDETERMINED),
        ([LogEvent(LogKind.REQUEST, "x")], "", LogVerdict.UNFINISHED, Cause.UNDETERMINED),
        ([LogEvent(LogKind.LOGIN_OK, "x")], "Access-Reject", LogVerdict.REJECTED, Cause.POLICY_REJECTED),
        ([LogEvent(LogKind.POLICY_REJECTED, "x")], "", LogVerdict.REJECTED, Cause.POLICY_REJECTED),
        (
            [LogEvent(LogKind.SECRET_WRONG, "x")],
            "",
            LogVerdict.UNANSWERED,
            Cause.SHARED_SECRET_WRONG,
        ),
        ([LogEvent(LogKind.CLIENT_UNKNOWN, "x")], "", LogVerdict.UNANSWERED, Cause.NAS_UNKNOWN),
        (
            [LogEvent(LogKind.ALERT_RECEIVED, "x", "protocol version")],
            "Access-Reject",
            LogVerdict.REFUSED,
            Cause.TLS_VERSION_MISMATCH,
        ),
        (
            [LogEvent(LogKind.ALERT_SENT, "x", "protocol version")],
            "Access-Reject",
            LogVerdict.REJECTED,
            Cause.TLS_VERSION_MISMATCH,
        ),
        (
            [LogEvent(LogKind.UNTRUSTED_IN_CHAIN, "x"), LogEvent(LogKind.ALERT_SENT, "x", "internal error")],
            "Access-Reject",
            LogVerdict.REJECTED,
            Cause.CLIENT_INTERMEDIATE_NOT_LISTED,
        ),
        (
            [LogEvent(LogKind.OCSP_REFUSED, "x", "revoked")],
            "Access-Reject",
            LogVerdict.REJECTED,
            Cause.CLIENT_CERTIFICATE_REVOKED,
        ),
        (
            [LogEvent(LogKind.OCSP_FAILED, "x", "Response timed out")],
            "Access-Reject",
            LogVerdict.REJECTED,
            Cause.OCSP_UNUSABLE,
        ),
        (
            [LogEvent(LogKind.IDENTITY_IS_NOT_USER_NAME, "x")],
            "Access-Reject",
            LogVerdict.REJECTED,
            Cause.USER_NAME_CHANGED,
        ),
    ],
)
def test_what_other_lines_prove(
    events: list[LogEvent], reply: str, verdict: LogVerdict, cause: Cause
) -> None:
    judged = judge(events, reply=reply, user="sensor")
    assert (judged.verdict, judged.cause) == (verdict, cause)
    assert "{" not in judged.explanation + "".join(judged.remedies)


def test_an_alert_of_the_device_has_several_reasons_and_none_is_chosen() -> None:
    judged = judge([LogEvent(LogKind.ALERT_RECEIVED, "x", "unknown CA")], reply="Access-Reject")
    assert judged.verdict is LogVerdict.REFUSED
    assert Cause.SERVER_ISSUER_UNKNOWN in judged.causes
    assert len(judged.causes) > 1
    assert "near" not in judged.unproven
    assert "--server-log" in judged.unproven


def test_a_misbehaving_peer_is_no_cause() -> None:
    judged = judge([LogEvent(LogKind.PEER_MISBEHAVES, "x")], reply="Access-Reject")
    assert judged.cause is Cause.UNDETERMINED
    assert judged.explanation.startswith("The server ended the conversation because the device went on")


def test_what_a_very_long_identity_leaves_open_is_said() -> None:
    event = LogEvent(LogKind.IDENTITY_IS_NOT_USER_NAME, "x")
    judged = judge([event], reply="Access-Reject", user="x" * 253)
    assert set(judged.causes) == {Cause.IDENTITY_TOO_LONG, Cause.USER_NAME_CHANGED}


def test_every_verification_error_that_is_known_leads_somewhere() -> None:
    for number in FAULTS:
        assert Cause.UNDETERMINED not in judge(refusal(number, LEAF), reply="Access-Reject").causes
