"""Runs cases in shuffled orders, several at a time, and compares what they end in: ``python -m tests.integration.orders``.

A case has one outcome, alone or beside any others. What depends on the machine's load alone (that a packet had to
be sent again) is left out of the comparison.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.outcome import Outcome
from harness.resources import resource_path
from harness.run import runner
from harness.run.events import CaseFinished, Event
from harness.scenario.plan import Case, load, plan

_OF_THE_LOAD = frozenset({"retransmissions", "packets-discarded"})


class Told(NamedTuple):
    """What one step of a case told: nothing but its mismatches where it ended in no verdict."""

    verdict: str
    cause: str
    certificate: str
    findings: tuple[str, ...]
    mismatches: tuple[str, ...]


Ending = tuple[str, tuple[Told, ...]]
"""The result of a case, and what its steps told."""


def ending(case: CaseFinished) -> Ending:
    """Return what a case ended in, as far as it may not depend on anything else."""
    steps = (_told(step.outcome, [str(one) for one in step.mismatches]) for step in case.steps)
    return case.result.value, tuple(steps)


def _told(outcome: Outcome | None, mismatches: Iterable[str]) -> Told:
    if outcome is None:
        return Told("", "", "", (), tuple(mismatches))
    blamed = outcome.certificate.subject if outcome.certificate else ""
    findings = sorted({finding.id for finding in outcome.findings} - _OF_THE_LOAD)
    return Told(outcome.verdict, outcome.cause, blamed, tuple(findings), tuple(mismatches))


class _Endings:
    """A listener that keeps what each case ended in."""

    def __init__(self) -> None:
        self.of: dict[str, Ending] = {}

    def handle(self, event: Event) -> None:
        if isinstance(event, CaseFinished):
            self.of[event.case.id] = ending(event)


def run(cases: Sequence[Case], *, jobs: int, seed: int) -> Mapping[str, Ending]:
    """Run cases in that order on local processes; return what each ended in, by its id."""
    endings = _Endings()
    with tempfile.TemporaryDirectory(prefix="eaptls-orders-") as results:
        options = runner.RunOptions("process", None, jobs, False, seed, Path(results), "none")
        runner.run(cases, options, [endings], threading.Event())
    return endings.of


def shuffled(cases: Sequence[Case], seed: int) -> list[Case]:
    """Return cases in another order."""
    order = list(cases)
    random.Random(seed).shuffle(order)
    return order


def differences(one: Mapping[str, Ending], other: Mapping[str, Ending]) -> list[str]:
    """Return a sentence for each case that two runs do not agree about."""
    return [
        f"{case}: {one.get(case)} or {other.get(case)}"
        for case in sorted({*one, *other})
        if one.get(case) != other.get(case)
    ]


def main(words: Sequence[str]) -> int:
    """Run it as the words say; return 1 where two runs differ."""
    parser = argparse.ArgumentParser(description="Runs cases in shuffled orders and compares the outcomes.")
    parser.add_argument("paths", nargs="*", type=Path, help="scenario files and folders; the built-in suite")
    parser.add_argument("--jobs", default="1,8,32", help="cases at a time, one run for each (1,8,32)")
    parser.add_argument("--rounds", type=int, default=2, help="how often (2)")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="of the orders")
    given = parser.parse_args(words)
    cases = plan(load(given.paths or [resource_path("scenarios")]))
    _say(f"{len(cases)} cases, seed {given.seed}")
    first: Mapping[str, Ending] | None = None
    found: list[str] = []
    for number, jobs in enumerate([int(jobs) for jobs in given.jobs.split(",")] * given.rounds):
        seed = given.seed + number
        told = run(shuffled(cases, seed), jobs=jobs, seed=seed)
        first = told if first is None else first
        found += (different := differences(first, told))
        bad = sum(result != "passed" for result, _ in told.values())
        _say(
            f"-j {jobs}, order {seed}: {len(told)} cases, {bad} not passed, "
            f"{len(different)} other than in the first run"
        )
    _say(*found)
    return 1 if found else 0


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
