"""Fifteen faults that look alike from outside: each has its own cause, proven by whoever can know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import pytest

from harness.outcome import Cause, Outcome, Verdict
from harness.run.events import CaseFinished
from harness.scenario.plan import Case
from harness.trace import Actor

pytestmark = pytest.mark.server

TAG = "fault-table"
DEVICE, POINT, SERVER = Actor.DEVICE, Actor.ACCESS_POINT, Actor.SERVER

# The table of faults in its order: what each is, and whose word is needed to know it.
FAULTS = {
    "client_expired": (Verdict.REJECTED, Cause.CLIENT_CERTIFICATE_EXPIRED, {SERVER, DEVICE}),
    "client_unknown_CA": (Verdict.REJECTED, Cause.CLIENT_ISSUER_UNKNOWN, {SERVER, DEVICE}),
    "client_wrong_EKU": (Verdict.REJECTED, Cause.CLIENT_CERTIFICATE_WRONG_PURPOSE, {SERVER, DEVICE}),
    "client_revoked": (Verdict.REJECTED, Cause.CLIENT_CERTIFICATE_REVOKED, {SERVER, DEVICE}),
    "CRL_expired": (Verdict.REJECTED, Cause.CRL_EXPIRED, {SERVER}),
    "CRL_absent": (Verdict.REJECTED, Cause.CRL_MISSING, {SERVER}),
    "no_client_certificate": (Verdict.REJECTED, Cause.CLIENT_CERTIFICATE_NOT_SENT, {SERVER, DEVICE}),
    "peer_trusts_other_root": (Verdict.REFUSED, Cause.SERVER_ISSUER_UNKNOWN, {DEVICE, SERVER}),
    "domain_mismatch": (Verdict.REFUSED, Cause.SERVER_NAME_MISMATCH, {DEVICE, SERVER}),
    "server_expired": (Verdict.REFUSED, Cause.SERVER_CERTIFICATE_EXPIRED, {DEVICE, SERVER}),
    "server_wrong_EKU": (Verdict.REFUSED, Cause.SERVER_CERTIFICATE_WRONG_PURPOSE, {DEVICE, SERVER}),
    "client_1.3_only_server_1.2": (Verdict.REJECTED, Cause.TLS_VERSION_MISMATCH, {SERVER, DEVICE}),
    "wrong_secret": (Verdict.UNANSWERED, Cause.SHARED_SECRET_WRONG, {SERVER, POINT}),
    "port_closed": (Verdict.UNANSWERED, Cause.SERVER_UNREACHABLE, {POINT}),
    "key/certificate_mismatch": (Verdict.NOT_ATTEMPTED, Cause.CLIENT_KEY_MISMATCH, {DEVICE}),
}


class Collected(Protocol):
    """What the fixture ``run_cases`` returns."""

    cases: Mapping[str, CaseFinished]


@pytest.fixture(scope="module")
def table(built_in_suite: Sequence[Case]) -> tuple[Case, ...]:
    return tuple(case for case in built_in_suite if TAG in case.info.tags)


@pytest.fixture(scope="module")
def outcomes(
    table: Sequence[Case], run_cases: Callable[[Sequence[Case]], Collected]
) -> Mapping[str, Outcome]:
    """What the last step of each case ended in, by fault."""
    cases = run_cases(table).cases
    found = {case_id: case.steps[-1].outcome for case_id, case in cases.items()}
    return {fault_of(case_id): outcome for case_id, outcome in found.items() if outcome is not None}


def fault_of(case_id: str) -> str:
    return case_id.partition("[fault=")[2].removesuffix("]")


def test_the_suite_has_the_faults_of_the_table_in_its_order(table: Sequence[Case]) -> None:
    assert [fault_of(case.info.id) for case in table] == list(FAULTS)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_has_its_verdict_and_cause(fault: str, outcomes: Mapping[str, Outcome]) -> None:
    verdict, cause, _ = FAULTS[fault]

    assert (outcomes[fault].verdict, outcomes[fault].cause) == (verdict, cause)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_proven_by_those_who_can_know_it(fault: str, outcomes: Mapping[str, Outcome]) -> None:
    *_, sides = FAULTS[fault]

    assert sides <= {proof.side for proof in outcomes[fault].proof}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_comes_with_a_sentence_and_a_remedy(fault: str, outcomes: Mapping[str, Outcome]) -> None:
    assert outcomes[fault].explanation.endswith(".")
    assert outcomes[fault].remedy.endswith(".")


def test_no_two_faults_have_the_same_cause(outcomes: Mapping[str, Outcome]) -> None:
    assert len({outcome.cause for outcome in outcomes.values()}) == len(FAULTS) == 15


def test_a_misleading_alert_misleads_nobody(outcomes: Mapping[str, Outcome]) -> None:
    # The server writes "unknown CA" for a missing CRL and "certificate expired" for an expired one.
    assert "unknown CA" in outcomes["CRL_absent"].remedy
    assert "the certificate itself is not what expired" in outcomes["CRL_expired"].explanation
