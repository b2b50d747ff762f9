from __future__ import annotations

from dataclasses import replace

import pytest

from harness.diagnosis.diagnose import diagnose
from harness.observation import Discard, DiscardKind, FourWay, Keys, Observation, RadiusResult, Violation
from harness.outcome import Cause, Proof, Verdict
from harness.server.records import ServerEvidence
from harness.trace import Actor


@pytest.mark.parametrize(
    ("clause", "cause"),
    [
        ("RFC 8446 4.4.2", Cause.TLS_PROTOCOL),
        ("RFC 9190 2.5", Cause.TLS_PROTOCOL),
        ("RFC 9190 2.1.9", Cause.EAP_FRAMING),
        ("RFC 5216 2.1.5", Cause.EAP_FRAMING),
        ("RFC 3748 4.2", Cause.EAP_FRAMING),
        ("RFC 3579 3.1", Cause.EAP_FRAMING),
        ("RFC 2865 3", Cause.EAP_FRAMING),
        ("RFC 86", Cause.UNDETERMINED),
        ("RFC 84460 1", Cause.UNDETERMINED),
        ("IEEE 802.11-2020 12.7.6", Cause.UNDETERMINED),
    ],
)
def test_the_clause_tells_the_protocol(
    clause: str, cause: Cause, silent: Observation, no_log: ServerEvidence
) -> None:
    outcome = diagnose(replace(silent, violations=(Violation(clause, "something", fatal=True),)), no_log)

    assert (outcome.verdict, outcome.cause) == (Verdict.VIOLATED, cause)
    assert outcome.proof == (Proof(Actor.DEVICE, f"something ({clause})"),)


def test_the_breach_is_told_with_its_clause(silent: Observation, no_log: ServerEvidence) -> None:
    breach = Violation(
        "RFC 5216 3.1", "TLS message length field says 5, the fragments add up to 6", fatal=True
    )

    assert diagnose(replace(silent, violations=(breach,)), no_log).explanation == (
        "The server broke the rules for the form or order of EAP or RADIUS packets (RFC 5216 3.1): "
        "TLS message length field says 5, the fragments add up to 6."
    )


def test_a_missing_protected_success_is_named_although_a_violation_was_recorded(
    connected: Observation, no_log: ServerEvidence
) -> None:
    assert connected.tls is not None
    breach = Violation(
        "RFC 9190 2.5", "EAP-Success without the protected success indication 0x00", fatal=True
    )
    near = replace(connected, tls=replace(connected.tls, protected_success=False), violations=(breach,))

    assert diagnose(near, no_log).cause is Cause.PROTECTED_SUCCESS_MISSING


def test_success_before_the_method_ended(connected: Observation, no_log: ServerEvidence) -> None:
    outcome = diagnose(replace(connected, tls=None), no_log)

    assert outcome.cause is Cause.EAP_FRAMING
    assert outcome.explanation.endswith("(RFC 3748 4.2): EAP-Success came before the method was finished.")


def test_a_reject_without_eap_is_no_missing_success(rejected: Observation, no_log: ServerEvidence) -> None:
    near = replace(rejected, radius_result=RadiusResult.REJECT, eap_result=None)

    assert diagnose(near, no_log).verdict is Verdict.REJECTED


def test_a_success_that_the_device_had_to_discard_is_the_servers_breach(
    connected: Observation, no_log: ServerEvidence
) -> None:
    malformed = Discard(1.0, "EAP-Success of 8 octets", "RFC 3748 4.2", DiscardKind.EAP, 7)
    near = replace(connected, keys=Keys.NOT_COMPARED, four_way=FourWay.NOT_RUN, discards=(malformed,))

    outcome = diagnose(near, no_log)

    assert (outcome.verdict, outcome.cause) == (Verdict.VIOLATED, Cause.EAP_FRAMING)
    assert "EAP-Success of 8 octets" in outcome.explanation
