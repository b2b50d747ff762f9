from __future__ import annotations

from dataclasses import replace

import pytest

from harness.diagnosis.ends import BothEnds
from harness.diagnosis.verdict import decide, proof
from harness.observation import EapResult, FourWay, Keys, Observation, RadiusResult, VerifyFailure, Violation
from harness.outcome import Proof, Verdict
from harness.server.records import ServerEvidence
from harness.trace import Actor

FATAL = Violation("RFC 5216 3.1", "no flags octet", fatal=True)


def verdict(near: Observation, far: ServerEvidence) -> Verdict:
    return decide(BothEnds(near, far))


@pytest.mark.parametrize(
    ("radius", "eap", "expected"),
    [
        (RadiusResult.ACCEPT, EapResult.SUCCESS, Verdict.CONNECTED),
        (RadiusResult.ACCEPT, EapResult.FAILURE, Verdict.VIOLATED),
        (RadiusResult.ACCEPT, None, Verdict.VIOLATED),
        (RadiusResult.REJECT, EapResult.FAILURE, Verdict.REJECTED),
        (RadiusResult.REJECT, EapResult.SUCCESS, Verdict.REJECTED),
        (RadiusResult.REJECT, None, Verdict.REJECTED),
        (None, None, Verdict.UNANSWERED),
        (None, EapResult.FAILURE, Verdict.UNANSWERED),
    ],
)
def test_a_radius_answer_is_classified_by_its_code(
    radius: RadiusResult | None,
    eap: EapResult | None,
    expected: Verdict,
    connected: Observation,
    log: ServerEvidence,
) -> None:
    assert verdict(replace(connected, radius_result=radius, eap_result=eap), log) is expected


@pytest.mark.parametrize(
    ("keys", "four_way", "expected"),
    [
        (Keys.AGREE, FourWay.COMPLETE, Verdict.CONNECTED),
        (Keys.AGREE, FourWay.MIC_FAILURE, Verdict.UNUSABLE),
        (Keys.AGREE, FourWay.NOT_RUN, Verdict.UNUSABLE),
        (Keys.MISSING, FourWay.NOT_RUN, Verdict.UNUSABLE),
        (Keys.DIFFER, FourWay.COMPLETE, Verdict.UNUSABLE),
        (Keys.NOT_COMPARED, FourWay.COMPLETE, Verdict.UNUSABLE),
    ],
)
def test_an_accept_is_worth_what_its_keys_are(
    keys: Keys, four_way: FourWay, expected: Verdict, connected: Observation, log: ServerEvidence
) -> None:
    assert verdict(replace(connected, keys=keys, four_way=four_way), log) is expected


@pytest.mark.parametrize(("version", "expected"), [("1.2", Verdict.CONNECTED), ("1.3", Verdict.VIOLATED)])
def test_protected_success_is_a_matter_of_tls_13(
    version: str, expected: Verdict, connected: Observation, log: ServerEvidence
) -> None:
    assert connected.tls is not None
    tls = replace(connected.tls, version=version, protected_success=False)

    assert verdict(replace(connected, tls=tls), log) is expected


def test_success_without_a_finished_method_is_a_violation(
    connected: Observation, log: ServerEvidence
) -> None:
    assert connected.tls is not None
    unfinished = replace(connected.tls, handshake_complete=False)

    assert verdict(replace(connected, tls=unfinished), log) is Verdict.VIOLATED
    assert verdict(replace(connected, tls=None), log) is Verdict.VIOLATED


def test_the_devices_own_verification_comes_before_everything(
    connected: Observation, log: ServerEvidence
) -> None:
    assert connected.tls is not None
    tls = replace(connected.tls, verify_failure=VerifyFailure(20, "x", 0, ""))

    assert verdict(replace(connected, tls=tls, violations=(FATAL,)), log) is Verdict.REFUSED


def test_a_fatal_violation_comes_before_the_answer(rejected: Observation, log: ServerEvidence) -> None:
    near = replace(rejected, violations=(FATAL,))

    assert verdict(near, log) is Verdict.VIOLATED
    assert proof(BothEnds(near, log)) == (Proof(Actor.DEVICE, "no flags octet (RFC 5216 3.1)"),)


def test_a_violation_that_ended_nothing_decides_nothing(connected: Observation, log: ServerEvidence) -> None:
    near = replace(connected, violations=(replace(FATAL, fatal=False),))

    assert verdict(near, log) is Verdict.CONNECTED


def test_the_answer_is_told(connected: Observation, log: ServerEvidence) -> None:
    assert proof(BothEnds(connected, log)) == (
        Proof(Actor.ACCESS_POINT, "received Access-Accept with EAP-Success after 7 requests"),
    )
