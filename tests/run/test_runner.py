from __future__ import annotations

import re
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from OpenSSL import SSL

from harness.errors import EnvironmentUnavailable
from harness.run import case as case_module
from harness.run import runner
from harness.run.events import CaseFinished, CaseStarted, Event, Result, SuiteFinished, SuiteStarted
from harness.run.runner import RunOptions, run
from harness.scenario.plan import Case, load_all, plan

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
    written: Any, heard: Any, options: RunOptions
) -> None:
    cases = written.cases(GOOD.replace("steps:", "device: {store-bytes: 600}\nsteps:"))
    sentence = (
        r"s0.yaml:2:1: the device 'device' cannot start provisioned: the store is full: 'corp-root-ca' needs "
        r"\d+ bytes and 600 are free; write `starts: empty` and install in steps, or change the device's switches$"
    )
    finished = run(cases, options, [heard], threading.Event())
    assert (finished.errors, finished.passed, finished.remaining) == (1, 0, 0)
    (case,) = heard.of(CaseFinished)
    assert case.result is Result.ERROR
    assert re.search(sentence, str(case.errors[0]))


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


STANZA = """
scenario: The server stanza is wrong
server:
  reply: {Tunel-Type: VLAN}
steps:
  - associate: corp
    expect: connected
"""
CERTIFICATE = """
scenario: The server's key belongs to another certificate
certificates:
  corp-radius: {defect: key-mismatch}
steps:
  - associate: corp
    expect: connected
"""
STEP = """
scenario: A step makes the server wrong
steps:
  - associate: corp
    expect: connected
  - server: {ciphers: NONSENSE}
  - associate: corp
    expect: connected
"""


@pytest.mark.parametrize(
    ("text", "place", "complaint", "steps"),
    [
        (STANZA, ":3:1: ", "Unknown attribute 'Tunel-Type'", 1),
        (CERTIFICATE, ":4:3: ", "key values mismatch", 1),
        (STEP, ":6:1: ", "no cipher match", 2),
    ],
)
def test_a_server_that_does_not_start_is_its_own_scenarios_business(
    written: Any, heard: Any, options: RunOptions, text: str, place: str, complaint: str, steps: int
) -> None:
    finished = run(written.cases(text, GOOD, WRONG), options, [heard], threading.Event())
    assert (finished.errors, finished.passed, finished.failed, finished.remaining) == (1, 1, 1, 0)
    (case,) = [event for event in heard.of(CaseFinished) if event.result is Result.ERROR]
    (error,) = case.errors
    assert f"s0.yaml{place}the server does not start: " in str(error)
    assert complaint in str(error)
    assert len(case.steps) == steps
    assert any(complaint in line for line in case.steps[-1].server_log)


EXPECTED = """
scenario: A server that does not start is what is expected
server: {ciphers: NONSENSE}
steps:
  - server: start
    expect: {server: does-not-start, says: no cipher match}
  - associate: corp
    expect: {verdict: unanswered, cause: server-unreachable}
  - server: {ciphers: DEFAULT}
  - associate: corp
    expect: connected
"""


def test_a_scenario_can_expect_that_a_server_does_not_start(
    written: Any, heard: Any, options: RunOptions
) -> None:
    assert run(written.cases(EXPECTED), options, [heard], threading.Event()).passed == 1
    (case,) = heard.of(CaseFinished)
    assert case.steps[0].note.endswith("no cipher match")


@pytest.mark.parametrize(
    ("written_as", "mismatch"),
    [
        (("ciphers: NONSENSE", "ciphers: DEFAULT"), "server: expected does-not-start, got starts"),
        (("says: no cipher match", "says: bad moon"), "says: expected bad moon, got tls: "),
        (
            ("server: does-not-start, says: no cipher match", "server: starts"),
            "server: expected starts, got does-not-start",
        ),
    ],
)
def test_an_expectation_about_a_start_can_fail(
    written: Any, heard: Any, options: RunOptions, written_as: tuple[str, str], mismatch: str
) -> None:
    assert run(written.cases(EXPECTED.replace(*written_as)), options, [heard], threading.Event()).failed == 1
    (case,) = heard.of(CaseFinished)
    assert str(case.steps[0].mismatches[0]).startswith(mismatch)


def test_a_file_with_mistakes_does_not_keep_the_others_from_being_judged(
    tmp_path: Path, heard: Any, options: RunOptions
) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text("scenario: Misspelt\nstepps: []\n")
    files, broken = load_all([tmp_path])
    finished = run(plan(files), options, [heard], threading.Event(), broken)
    assert (finished.errors, finished.passed, finished.remaining) == (1, 1, 0)
    (case,) = [event for event in heard.of(CaseFinished) if event.result is Result.ERROR]
    assert case.case.id == "bad"
    assert "unknown key 'stepps'" in str(case.errors[0])
    assert {info.id for info in heard.events[0].cases} == {"good", "bad"}


def test_a_defect_ends_its_own_case_and_is_raised_in_the_end(
    written: Any, heard: Any, options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = case_module.run_case

    def broken(case: Case, *rest: Any) -> Any:
        if case.info.id == "s0":
            raise LookupError("something nobody thought of")
        return real(case, *rest)

    monkeypatch.setattr(runner, "run_case", broken)
    with pytest.raises(LookupError, match="nobody thought of"):
        run(written.cases(GOOD, WRONG), options, [heard], threading.Event())
    results = {event.case.id: event for event in heard.of(CaseFinished)}
    assert results["s0"].result is Result.ERROR
    assert results["s0"].reason == "defect in eaptls: LookupError: something nobody thought of"
    assert results["s1"].result is Result.FAILED
    assert isinstance(heard.events[-1], SuiteFinished)


@pytest.mark.parametrize(
    "error", [MemoryError(), SSL.Error([("common libcrypto routines", "", "malloc failure")])]
)
def test_a_case_for_which_there_is_no_memory_is_not_judged(
    error: Exception, written: Any, heard: Any, options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def starved(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(runner, "run_case", starved)
    with pytest.raises(MemoryError):
        run(written.cases(GOOD, WRONG), options, [heard], threading.Event())
    assert heard.of(CaseFinished) == []
    assert isinstance(heard.events[-1], SuiteFinished)
    assert heard.events[-1].remaining == 2


@pytest.mark.parametrize("able", [0, 1])
def test_a_machine_that_starts_no_more_threads_ends_the_run_in_good_order(
    able: int, written: Any, heard: Any, options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[threading.Thread] = []

    class Thread(threading.Thread):
        def start(self) -> None:
            if len(started) == able:
                raise RuntimeError("can't start new thread")
            started.append(self)
            super().start()

    monkeypatch.setattr(threading, "Thread", Thread)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        run(written.cases(GOOD, WRONG), replace(options, jobs=2), [heard], threading.Event())
    assert isinstance(heard.events[-1], SuiteFinished)
    assert not any(worker.is_alive() for worker in started)


def test_a_machine_on_which_no_server_starts_ends_the_run_after_the_end_was_told(
    written: Any, heard: Any, options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.server.raddb.render", lambda *_: "no server understands this {")
    with pytest.raises(EnvironmentUnavailable, match="ended at once"):
        run(written.cases(CERTIFICATE), options, [heard], threading.Event())
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
