"""Random plans run whole, against a real server: which network connects, is refused or cannot start is foretold."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.rollout.rehearsal import Moment, NetworkView, Rehearsal, rehearse
from harness.rollout.scenarios import scenario_party
from harness.run.events import CaseFinished, Event, Result
from harness.run.runner import RunOptions, run
from harness.scenario.plan import Case, load, plan

HEAD = """\
scenario: Random plan {number}
device: {{starts: empty}}
certificates:
  other-root: {{profile: root-ca}}
  pump: {{profile: client}}
steps:
  - install: {{id: one, type: client, certificate: thermostat}}
  - install: {{id: two, type: rootca, certificate: corp-root}}
  - network: {{name: corp, client-cert-id: one, root-ca-cert-id: two, client-id: thermostat-7}}
"""
CONNECTED = "connected"
PLANS = 12


def _step(dice: random.Random) -> str:
    identifier, other = dice.choice(("one", "two")), dice.choice(("one", "two", "three"))
    client, root = dice.choice(("thermostat", "pump")), dice.choice(("corp-root", "other-root"))
    return dice.choice(
        (
            f"install: {{id: {identifier}, type: client, certificate: {client}}}",
            f"install: {{id: {identifier}, type: rootca, certificate: {root}}}",
            f"install: {{id: {identifier}, type: rootca, certificate: {root}}}",
            f"move: {{from: {other}, to: {identifier}}}",
            f"delete: {other}",
            "reload",
            "reload",
            "reboot",
        )
    )


def _written(number: int) -> Iterator[str]:
    dice = random.Random(number)
    yield HEAD.format(number=number)
    for _ in range(8):
        yield f"  - {_step(dice)}\n"
        yield "  - associate: corp\n    expect: connected\n"


def _expected(rehearsal: Rehearsal, view: NetworkView | None) -> str:
    """Return what an association comes to, from the certificates that the rehearsal says are in use."""
    assert view is not None
    if view.cause is not None:
        return f"{{verdict: not-attempted, cause: {view.cause}}}"
    if view.root is not None and rehearsal.origin(view.root).name != "corp-root":
        return "{verdict: refused, cause: server-issuer-unknown}"
    return CONNECTED


def _foretold(case: Case, text: str) -> str:
    """Return the scenario with what is foretold of its steps as what is expected of them."""
    party = scenario_party([case], case.info.file, "plan", text)
    rehearsal = rehearse(party.variants)
    lines = text.splitlines()
    moments: dict[int, Moment] = {moment.step.place.line: moment for moment in rehearsal.moments}
    for number, moment in moments.items():
        if lines[number - 1].lstrip().startswith("- associate"):
            lines[number] = f"    expect: {_expected(rehearsal, moment.attempt)}"
        elif not moment.ok:
            lines[number - 1] += "\n    expect: error"
    return "\n".join(lines) + "\n"


class Heard:
    def __init__(self) -> None:
        self.cases: list[CaseFinished] = []

    def handle(self, event: Event) -> None:
        if isinstance(event, CaseFinished):
            self.cases.append(event)


@pytest.mark.server
def test_what_is_foretold_of_random_plans_is_what_a_run_comes_to(tmp_path: Path) -> None:
    for number in range(PLANS):
        file = tmp_path / f"plan-{number}.yaml"
        text = "".join(_written(number))
        file.write_text(text)
        (case,) = plan(load([file]))
        file.write_text(_foretold(case, text))
    texts = "".join(file.read_text() for file in tmp_path.glob("*.yaml"))
    assert min(texts.count(word) for word in (CONNECTED, "not-attempted", "refused")) > 5
    heard = Heard()
    options = RunOptions(
        server="process",
        freeradius_version=None,
        jobs=2,
        fail_fast=False,
        seed=7,
        results=tmp_path / "results",
        evidence="none",
    )
    run(plan(load([tmp_path])), options, [heard], threading.Event())
    assert len(heard.cases) == PLANS
    wrong = [f"{one.case.id}: {one.reason}" for one in heard.cases if one.result is not Result.PASSED]
    assert wrong == []
