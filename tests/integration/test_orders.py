"""A case has one outcome: alone, in any order, beside any others, and by its "run again" line."""

from __future__ import annotations

import itertools
import json
import os
import random
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.outcome import BlamedCertificate, Cause, Finding, Outcome, Owner, Rank, Severity, Verdict
from harness.run.events import CaseFinished, Result, StepReport
from harness.scenario.case import CaseInfo, Mismatch
from harness.scenario.plan import Case, load, plan
from tests.integration import orders

COMPLETE = """
scenario: A chain that is complete through a CA of a common name
certificates:
  plant-issuing: {profile: intermediate-ca, issuer: corp-root}
  thermostat: {issuer: plant-issuing}
device: {install-chains: true}
steps:
  - associate: corp
    expect: connected
"""
UNKNOWN = """
scenario: The same name under a root CA that the server does not trust
certificates:
  other-root: {profile: root-ca}
  plant-issuing: {profile: intermediate-ca, issuer: other-root}
  thermostat: {issuer: plant-issuing}
device: {install-chains: true}
steps:
  - associate: corp
    expect: {verdict: rejected, cause: client-issuer-unknown}
"""
INCOMPLETE = """
scenario: The same name under the trusted root CA, and the device does not send it
certificates:
  plant-issuing: {profile: intermediate-ca, issuer: corp-root}
  thermostat: {issuer: plant-issuing, send-chain: false}
device: {install-chains: true}
steps:
  - associate: corp
    expect: {verdict: rejected, cause: client-chain-incomplete}
"""
EXPIRED = """
scenario: The same name, expired
certificates:
  plant-issuing: {profile: intermediate-ca, issuer: corp-root, defect: expired}
  thermostat: {issuer: plant-issuing}
device: {install-chains: true}
steps:
  - associate: corp
    expect: {verdict: rejected, cause: issuing-ca-expired, certificate: plant-issuing}
"""


@pytest.fixture
def namesakes(tmp_path: Path) -> tuple[Case, ...]:
    """Files whose certificates have the same names and are different ones."""
    files = {"complete": COMPLETE, "unknown": UNKNOWN, "incomplete": INCOMPLETE, "expired": EXPIRED}
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tuple(plan(load([tmp_path])))


@pytest.mark.server
def test_cas_of_the_same_name_in_other_files_change_nothing(namesakes: Sequence[Case]) -> None:
    alone = {name: end for case in namesakes for name, end in orders.run([case], jobs=1, seed=1).items()}
    assert {result for result, _ in alone.values()} == {"passed"}
    for order in itertools.permutations(namesakes):
        assert orders.differences(alone, orders.run(order, jobs=1, seed=2)) == []
    for jobs in (8, 32):
        assert orders.differences(alone, orders.run(namesakes, jobs=jobs, seed=3)) == []


@pytest.mark.server
def test_the_suite_ends_the_same_in_any_order(built_in_suite: Sequence[Case]) -> None:
    """A sample; all of it by ``make orders``."""
    seed = random.randrange(2**32)
    sample = random.Random(seed).sample(built_in_suite, 40)
    first = orders.run(sample, jobs=1, seed=seed)
    for jobs in (8, 32):
        told = orders.run(orders.shuffled(sample, jobs), jobs=jobs, seed=seed + jobs)
        assert orders.differences(first, told) == [], seed


@pytest.mark.server
def test_the_run_again_line_gives_the_same_outcome(
    namesakes: Sequence[Case], run_cases: Callable[[Sequence[Case]], Any], tmp_path: Path
) -> None:
    together = run_cases(namesakes).cases
    path = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for finished in together.values():
        report = tmp_path / "again.json"
        command = [*shlex.split(finished.rerun), "--json", str(report), "--results", str(tmp_path / "again")]
        subprocess.run(command, env=path, capture_output=True, timeout=60, check=True)
        [case] = json.loads(report.read_text())["cases"]
        outcome, told = case["steps"][-1]["outcome"], finished.steps[-1].outcome
        assert (case["id"], case["result"]) == (finished.case.id, finished.result)
        assert (outcome["verdict"], outcome["cause"]) == (told.verdict, told.cause)
        assert [one["id"] for one in outcome["findings"]] == [one.id for one in told.findings]
        blamed = outcome["certificate"]
        assert (blamed and blamed["subject"]) == (told.certificate and told.certificate.subject)


def ended(outcome: Outcome | None = None, result: Result = Result.PASSED, **changes: Any) -> orders.Ending:
    step = StepReport(1, "associate corp", 3, outcome, **changes)
    info = CaseInfo("a", "", "", Path("a.yaml"), 1)
    return orders.ending(CaseFinished(info, result, 0.1, (step,)))


def test_the_comparison_sees_whatever_must_not_change() -> None:
    note = Finding("identity-in-clear", Severity.WARNING, "")
    blamed = BlamedCertificate(Owner.DEVICE, Rank.OWN, "CN=x", "1")
    outcome = Outcome(Verdict.REJECTED, Cause.CLIENT_ISSUER_UNKNOWN, "", findings=(note,), certificate=blamed)
    others = [
        ended(replace(outcome, verdict=Verdict.CONNECTED)),
        ended(replace(outcome, cause=Cause.CLIENT_CHAIN_INCOMPLETE)),
        ended(replace(outcome, certificate=replace(blamed, subject="CN=y"))),
        ended(replace(outcome, findings=())),
        ended(outcome, Result.FAILED),
        ended(outcome, mismatches=(Mismatch("tls", "1.2", "1.3"),)),
        ended(),
    ]
    for other in others:
        assert len(orders.differences({"a": ended(outcome)}, {"a": other})) == 1
    assert orders.differences({"a": ended(outcome)}, {}) == [f"a: {ended(outcome)} or None"]


def test_the_comparison_overlooks_what_a_busy_machine_does() -> None:
    outcome = Outcome(Verdict.CONNECTED, Cause.MUTUAL_AUTHENTICATION, "")
    busy = Finding("retransmissions", Severity.NOTE, "")
    again = replace(outcome, findings=(busy,), certificate=None)
    assert orders.differences({"a": ended(outcome)}, {"a": ended(again)}) == []
