from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import EnvironmentUnavailable, ScenarioError
from harness.run.events import CaseFinished, CaseStarted, Event, Result, SuiteFinished, SuiteStarted
from harness.run.runner import RunOptions, run

pytestmark = pytest.mark.server

GOOD = """
scenario: It connects
steps:
  - associate: corp
    expect: {verdict: connected, cause: mutual-authentication}
"""
WRONG = """
scenario: It is expected to be rejected and connects
steps:
  - reload
  - associate: corp
    expect: rejected
  - reload
"""
SLOW = """
scenario: Nobody answers for half a minute
access-point: {port: closed, retry: {first: 2s, times: 9}}
steps:
  - associate: corp
    expect: unanswered
"""


@pytest.fixture
def options(tmp_path: Path) -> RunOptions:
    return RunOptions("process", None, 2, fail_fast=False, seed=7, results=tmp_path, evidence="failures")


def test_events_come_in_order_and_add_up(written: Any, heard: Any, options: RunOptions) -> None:
    cases = written.cases(GOOD, WRONG)
    finished = run(cases, options, [heard], threading.Event())
    assert (finished.passed, finished.failed, finished.skipped) == (1, 1, 0)
    assert not finished.interrupted
    assert isinstance(heard.events[0], SuiteStarted)
    assert heard.events[0].server.startswith("process: FreeRADIUS 3.")
    assert heard.events[-1] is finished
    assert len(heard.of(CaseStarted)) == len(heard.of(CaseFinished)) == 2


def test_a_device_that_cannot_hold_what_it_starts_with_is_a_mistake_of_the_scenario(
    written: Any, options: RunOptions
) -> None:
    cases = written.cases(GOOD.replace("steps:", "device: {store-bytes: 600}\nsteps:"))
    sentence = (
        r"s0.yaml:2:1: the device 'device' cannot start provisioned: the store is full: 'corp-root-ca' needs "
        r"\d+ bytes and 600 are free; write `starts: empty` and install in steps, or change the device's switches$"
    )
    with pytest.raises(ScenarioError, match=sentence):
        run(cases, options, [], threading.Event())


def test_a_failed_case_says_where_and_what_was_not_run(written: Any, heard: Any, options: RunOptions) -> None:
    run(written.cases(WRONG), options, [heard], threading.Event())
    (case,) = heard.of(CaseFinished)
    assert case.result is Result.FAILED
    assert [str(mismatch) for mismatch in case.steps[1].mismatches] == [
        "verdict: expected rejected, got connected"
    ]
    assert case.reason == "1 later step was not run"
    assert [step.line for step in case.steps] == [4, 5]
    assert case.steps[1].recorder.packets
    assert case.steps[1].server_log
    assert set(case.certificates.pem) >= {"corp-root", "corp-radius", "thermostat"}
    assert case.rerun.endswith("-k s0 --seed 7 --server process")


def test_without_evidence_nothing_is_recorded(written: Any, heard: Any, options: RunOptions) -> None:
    run(written.cases(GOOD), replace(options, evidence="none"), [heard], threading.Event())
    (case,) = heard.of(CaseFinished)
    assert case.steps[0].recorder is None


def test_fail_fast_leaves_the_rest(written: Any, heard: Any, options: RunOptions) -> None:
    cases = written.cases(WRONG, *(GOOD.replace("connects", f"connects {n}") for n in range(20)))
    finished = run(cases, replace(options, fail_fast=True, jobs=1), [heard], threading.Event())
    assert finished.failed == 1
    assert finished.remaining == 20
    assert not finished.interrupted


def test_a_stop_ends_within_two_seconds_and_keeps_what_is_finished(written: Any, options: RunOptions) -> None:
    stop = threading.Event()
    when: list[float] = []

    class StopsLater:
        def __init__(self) -> None:
            self.events: list[Event] = []

        def handle(self, event: Event) -> None:
            self.events.append(event)
            if isinstance(event, CaseFinished) and not when:
                when.append(time.monotonic())
                stop.set()

    listener = StopsLater()
    finished = run(written.cases(GOOD, SLOW), replace(options, jobs=2), [listener], stop)
    assert time.monotonic() - when[0] < 2
    assert finished.interrupted
    assert finished.passed == 1
    assert finished.remaining == 1
    assert isinstance(listener.events[-1], SuiteFinished)
    results = [event.result for event in listener.events if isinstance(event, CaseFinished)]
    assert results[0] is Result.PASSED
    assert set(results[1:]) <= {Result.INTERRUPTED}


def test_a_missing_capability_skips(written: Any, heard: Any, options: RunOptions) -> None:
    text = "{scenario: x, requires: [container], steps: [reload]}"
    finished = run(written.cases(text), options, [heard], threading.Event())
    assert finished.skipped == 1
    (case,) = heard.of(CaseFinished)
    assert case.reason == "needs container, and the process backend has none"


def test_a_server_that_does_not_come_up_raises_after_the_end_was_told(
    written: Any, heard: Any, options: RunOptions
) -> None:
    text = """
    scenario: The server's key belongs to another certificate
    certificates: {corp-radius: {defect: key-mismatch}}
    steps:
      - associate: corp
        expect: connected
    """
    with pytest.raises(EnvironmentUnavailable) as caught:
        run(written.cases(text), options, [heard], threading.Event())
    assert "did not" in str(caught.value) or "does not" in str(caught.value)
    assert any("key values mismatch" in line for line in caught.value.last_lines)
    assert isinstance(heard.events[-1], SuiteFinished)


def test_an_unknown_version_is_an_environment_that_is_not_there(written: Any, options: RunOptions) -> None:
    with pytest.raises(EnvironmentUnavailable, match=r"not 9\.9\.9"):
        run(written.cases(GOOD), replace(options, freeradius_version="9.9.9"), [], threading.Event())


def test_the_same_seed_gives_the_same_octets(written: Any, options: RunOptions) -> None:
    def nonces() -> list[object]:
        seen: list[object] = []

        class Keeps:
            def handle(self, event: Event) -> None:
                if isinstance(event, CaseFinished):
                    recorder = event.steps[0].recorder
                    assert recorder is not None
                    seen.extend(
                        event.detail["id"] for event in recorder.events if event.name == "access-request"
                    )

        run(written.cases(GOOD), options, [Keeps()], threading.Event())
        return seen

    assert nonces() == nonces()
