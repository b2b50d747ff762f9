from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ScenarioErrors
from harness.outcome import Cause, Outcome, Verdict
from harness.resources import resource_path
from harness.scenario.case import Mismatch
from harness.scenario.document import parse_document
from harness.scenario.expect import ExpectAssociation, Expectation, ExpectFleet
from harness.scenario.expectation import (
    ActionResult,
    ServerWords,
    check_action,
    check_association,
    check_start,
)
from harness.scenario.expectation_fleet import Failed, FleetResult, check_fleet
from harness.scenario.plan import load, plan
from harness.scenario.reader import from_document
from tests.bench import Bench
from tests.mutation.__main__ import played, sample
from tests.mutation.contradictions import alone, assertions
from tests.mutation.recording import Judged, record
from tests.mutation.survivors import mutants, never_contradicted, silent

CASES, REALLY_RUN = 60, 25
OUTCOME = Outcome(Verdict.NOT_ATTEMPTED, Cause.NETWORK_DISABLED, "")


def judged(step: str, check: Callable[[Any], tuple[Mismatch, ...]], **more: Any) -> Judged:
    document = parse_document(f"scenario: x\nsteps:\n  - {step}\n", Path("case.yaml"))
    return Judged("case", from_document(document, "case").variants[0].scenario.steps[0], check, **more)


def associated(expect: str, words: ServerWords | None = None) -> Judged:
    def judge(words: ServerWords | None) -> Callable[[Any], tuple[Mismatch, ...]]:
        return lambda expected: check_association(expected, OUTCOME, server=words)

    return judged(f"{{associate: corp, expect: {expect}}}", judge(words), server=words, without=judge)


def survivors(step: Judged) -> set[str]:
    return {f"{mutant.said and mutant.said.field}" for mutant in mutants(step) if mutant.survives()}


@pytest.mark.parametrize(
    "expect",
    [
        "{verdict: not-attempted, cause: network-disabled, certificate: none, resumed: false, identity: none}",
        "{verdict: not-attempted, keys: not-compared, alerts: {sent: []}, methods: [], reply: {Class: none}}",
        "{verdict: not-attempted, requests: 0, retransmissions: '<1', no-findings: [any], tried: [corp]}",
        "{verdict: not-attempted, server: {reply: access-reject, log: [request]}, within: 1s}",
    ],
)
def test_no_mutant_of_what_holds_survives(expect: str) -> None:
    step = associated(expect, ServerWords("Access-Reject", ("request",)))
    held = [
        mismatch for mismatch in step.judge(step.step.expect) if mismatch.field not in {"tried", "within"}
    ]
    assert held == []
    # Nobody was tried and nothing took time: what does not hold has no meaning here.
    assert survivors(step) <= {"tried", "within"}


def test_a_key_that_nothing_reads_survives() -> None:
    def deaf(expect: ExpectAssociation) -> tuple[Mismatch, ...]:
        return check_association(expect.model_copy(update={"resumed": None}), OUTCOME)

    step = judged("{associate: corp, expect: {verdict: not-attempted, resumed: false}}", deaf)
    assert survivors(step) == {"resumed"}


def test_a_step_that_says_nothing_has_to_succeed() -> None:
    done = judged("reload", lambda expect: check_action(expect, ActionResult(ok=True)))
    assert [(mutant.said, mutant.survives()) for mutant in mutants(done)] == [(None, False)]
    lenient = replace(done, judge=lambda _: ())
    assert survivors(lenient) == {"None"}
    started = judged("server: start", check_start)
    assert [str(mutant.contradiction.words) for mutant in mutants(started)] == ["does-not-start"]
    assert survivors(started) == set()


def test_log_lines_that_would_not_be_missed_are_told() -> None:
    words = ServerWords("", ("request", "login-ok"))
    step = associated("{verdict: not-attempted, server: {log: [request]}}", words)
    assert list(silent(step)) == []
    lenient = replace(step, without=lambda _: lambda _: ())
    assert list(silent(lenient)) == ["case step 1 (associate), server.log: request is not missed"]


def test_what_nothing_contradicts_is_told_until_something_does() -> None:
    step = associated("{verdict: not-attempted, requests: 0, alerts: {received: []}}")
    assert [(one.assertion, bool(one.elsewhere)) for one in never_contradicted([step])] == [
        ("verdict: not-attempted", False),
        ("alerts.received: []", True),
        ("requests: 0", False),
    ]
    connected = Outcome(Verdict.CONNECTED, Cause.MUTUAL_AUTHENTICATION, "")
    other = replace(step, judge=lambda expect: check_association(expect, connected))
    assert [one.field for one in never_contradicted([step, other])] == ["alerts.received", "requests"] * 2


def test_what_a_server_says_is_compared_with_what_others_say() -> None:
    step = "{server: start, expect: {server: does-not-start, says: cipher}}"
    one = judged(step, lambda expect: check_start(expect, "no cipher match"))
    other = replace(one, judge=lambda expect: check_start(expect, "key values mismatch"))
    assert survivors(one) == set()
    assert [found.field for found in never_contradicted([one])] == ["server", "says"]
    assert [found.field for found in never_contradicted([one, other])] == ["server", "server"]


def test_each_assertion_about_a_fleet_is_judged_without_the_others() -> None:
    expect = ExpectFleet.model_validate(
        {"connected": "50%", "first-loss": "1d..2d", "cause-of-loss": ["none"]}
    )
    fails = FleetResult(0, 2, (Failed(timedelta(days=9), True, "crl-expired"),))
    said = []
    for one in assertions(expect):
        for _, only in alone(expect, one):
            assert isinstance(only, ExpectFleet)
            said.append((one.path, check_fleet(only, fails)[0].field))
    assert said == [
        (("connected",), "connected"),
        (("cause_of_loss",), "cause-of-loss"),
        (("first_loss",), "first-loss"),
    ]


def test_a_mutant_need_not_be_a_scenario_that_can_be_written() -> None:
    """The checks are tried, not the language: that one refuses a few of them before they run."""
    text = (
        "scenario: x\nsteps: [{associate: corp, expect: {verdict: rejected, mutual-authentication: true}}]\n"
    )
    with pytest.raises(ScenarioErrors):
        from_document(parse_document(text, Path("case.yaml")), "case")
    step = associated("{verdict: not-attempted, mutual-authentication: false}")
    assert any(_says_true(mutant.contradiction.expect) for mutant in mutants(step))


def _says_true(expect: Expectation) -> bool:
    return isinstance(expect, ExpectAssociation) and expect.mutual_authentication is True


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench(seed=1, jobs=2) as bench:
        yield bench


@pytest.mark.server
def test_nothing_is_asserted_in_vain_in_a_sample_of_the_suite(bench: Bench) -> None:
    """All of it: ``make mutants``."""
    able = bench.able(plan(load([resource_path("scenarios")])))
    cases = random.Random(1).sample(able, CASES)
    steps, failed = record(bench, cases)
    found = [mutant for step in steps for mutant in mutants(step)]
    assert failed == []
    assert len(found) > 10 * CASES
    assert [str(mutant) for mutant in found if mutant.survives()] == []
    assert [line for step in steps for line in silent(step)] == []
    by_id = {case.info.id: case for case in cases}
    chosen = random.Random(1).sample(sample(found, REALLY_RUN, 1), REALLY_RUN)
    assert [odd for odd in bench.map(lambda mutant: played(bench, by_id, mutant), chosen) if odd] == []
