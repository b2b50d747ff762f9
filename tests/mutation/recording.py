"""Runs cases once and keeps what each step was judged by, so that other expectations can be put to the same facts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from unittest import mock

from harness.run import case as judged
from harness.run import fleet_steps
from harness.run.events import Result
from harness.scenario.case import Mismatch
from harness.scenario.concrete import ConcreteStep
from harness.scenario.expect import ExpectAction, Expectation, ExpectStart
from harness.scenario.expectation import (
    ActionResult,
    ServerWords,
    check_action,
    check_association,
    check_start,
)
from harness.scenario.expectation_fleet import check_each, check_fleet
from harness.scenario.plan import Case
from tests.bench import Bench

Check = Callable[..., tuple[Mismatch, ...]]
Judge = Callable[[Any], tuple[Mismatch, ...]]
"""Puts an expectation to the facts of one step."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One step that was judged: what it expected, and the very check with the facts it was given."""

    case: str
    step: ConcreteStep
    judge: Judge
    result: ActionResult | None = None
    """What a step on a device's settings returned."""
    server: ServerWords | None = None
    """What the server's journal said of an association."""
    without: Callable[[ServerWords], Judge] | None = None
    """The same check with other words of the server."""

    @property
    def expect(self) -> Expectation:
        """What was expected; success where nothing is written."""
        return self.step.expect if self.step.expect is not None else ExpectAction()


class Recorder:
    """The checks of :mod:`harness.scenario.expectation`, with a memory of what they were given in each thread."""

    def __init__(self) -> None:
        self._calls = threading.local()

    def begin(self) -> list[dict[str, Any]]:
        """Return the list that the calls of this thread go to from here on."""
        calls: list[dict[str, Any]] = []
        self._calls.list = calls
        return calls

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Let the runner's checks tell what they are given."""
        with (
            mock.patch.multiple(judged, **self._all_heard(check_association, check_action, check_start)),
            mock.patch.multiple(fleet_steps, **self._all_heard(check_fleet, check_each)),
        ):
            yield

    def _all_heard(self, *checks: Check) -> dict[str, Any]:
        return {check.__name__: self._heard(check) for check in checks}

    def _heard(self, check: Check) -> Check:
        def heard(expect: Any, *arguments: Any, **named: Any) -> tuple[Mismatch, ...]:
            self._calls.list.append(_call(check, arguments, named))
            return check(expect, *arguments, **named)

        return heard


def _call(
    check: Callable[..., tuple[Mismatch, ...]], arguments: Any, named: dict[str, Any]
) -> dict[str, Any]:
    def judge(expect: Any) -> tuple[Mismatch, ...]:
        if isinstance(expect, ExpectStart) and arguments and isinstance(arguments[0], ActionResult):
            return check_start(expect)  # the step says nothing, and the server has started
        return check(expect, *arguments, **named)

    found: dict[str, Any] = {"judge": judge}
    if arguments and isinstance(arguments[0], ActionResult):
        found["result"] = arguments[0]
    if isinstance(named.get("server"), ServerWords):
        found["server"] = named["server"]
        found["without"] = lambda words: _call(check, arguments, {**named, "server": words})["judge"]
    return found


def record(bench: Bench, cases: Sequence[Case]) -> tuple[list[Judged], list[str]]:
    """Run every case once; return its judged steps, and of each that does not pass a line about it."""
    recorder = Recorder()
    with recorder.listening():
        found = bench.map(partial(_record, bench, recorder), cases)
    return [one for steps, _ in found for one in steps], [line for _, line in found if line]


def _record(bench: Bench, recorder: Recorder, case: Case) -> tuple[list[Judged], str]:
    calls = recorder.begin()
    ended = bench.run(case)
    if ended.result is not Result.PASSED:
        said = [str(mismatch) for step in ended.steps for mismatch in step.mismatches]
        return [], f"{case.info.id} is {ended.result}: {'; '.join([*said, *map(str, ended.errors)])}"
    # A step with a power cut inside is judged by where the cut came, and by nothing that it returns.
    steps = [step for step in case.scenario.steps if step.cut is None]
    return [Judged(case.info.id, step, **call) for step, call in zip(steps, calls, strict=True)], ""


def expecting(case: Case, index: int, expect: Expectation) -> Case:
    """Return a case that expects something else of one step (counted from 1)."""
    steps = [replace(step, expect=expect) if step.index == index else step for step in case.scenario.steps]
    return replace(case, scenario=replace(case.scenario, steps=tuple(steps)))
