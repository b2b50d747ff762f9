"""The built-in scenarios have run against servers: what a rehearsal foretells of them is what they came to."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.outcome import Cause, Verdict
from harness.rollout.rehearsal import Moment, rehearse
from harness.rollout.scenarios import scenario_party
from harness.run.actions import acts_on_device
from harness.scenario.action import Action
from harness.scenario.expect import ExpectAction, ExpectAssociation
from harness.scenario.plan import Case, load, plan
from harness.scenario.steps import Associate, Join

SUITE = Path(__file__).parents[2] / "scenarios"
BEYOND_THE_STORE = {
    Cause.ACCESS_POINT_NOT_FOUND,
    Cause.SECURITY_MISMATCH,
    Cause.NETWORK_DISABLED,
    Cause.CLIENT_KEY_TOO_WEAK_TO_SEND,
    Cause.CLIENT_CHAIN_TOO_WEAK_TO_SEND,
    Cause.TLS_SETTINGS_UNUSABLE,
}
"""What keeps a device from starting that is neither in its store nor in its settings."""


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return plan(load([SUITE]))


def moments(case: Case) -> tuple[Moment, ...]:
    party = scenario_party([case], case.info.file, case.info.id, case.info.file.read_text("utf-8"))
    return rehearse(party.variants).moments


def test_what_the_suite_expects_of_devices_is_what_is_foretold(cases: list[Case]) -> None:
    wrong: list[str] = []
    compared = {"not attempted": 0, "attempted": 0, "refused": 0, "done": 0}
    for case in cases:
        for moment in moments(case):
            expect, place = moment.step.expect, f"{case.info.id}:{moment.step.place.line}"
            if isinstance(moment.step.does, Associate | Join):
                assert isinstance(expect, ExpectAssociation)
                if expect.verdict is Verdict.NOT_ATTEMPTED and expect.cause in BEYOND_THE_STORE:
                    continue
                foretold = moment.attempt.cause if moment.attempt else Cause.NETWORK_UNKNOWN
                came = expect.cause if expect.verdict is Verdict.NOT_ATTEMPTED else None
                compared["attempted" if came is None else "not attempted"] += 1
                wrong += [f"{place}: {foretold} instead of {came}"] * (foretold != came)
            elif not isinstance(moment.step.does, Action) or not acts_on_device(moment.step.does):
                continue
            elif isinstance(expect, ExpectAction):
                compared["refused" if expect.fails else "done"] += 1
                wrong += [f"{place}: {moment.text}"] * (moment.ok == expect.fails)
            elif moment.step.place.line:
                wrong += [f"{place}: {moment.text}"] * (not moment.ok)
    assert wrong == []
    assert min(compared.values()) > 30, compared


def test_replacements_that_the_suite_expects_are_foretold(cases: list[Case]) -> None:
    compared = 0
    for case in cases:
        for moment in moments(case):
            expected = getattr(moment.step.expect, "replaced", None)
            if expected is None:
                continue
            before = moment.before.store.entries
            taken = [
                before[place].type.value
                for place, entry in moment.after.store.entries.items()
                if place in before and before[place].certificate != entry.certificate
            ]
            assert (taken or ["nothing"]) == [expected.value], f"{case.info.id}:{moment.step.place.line}"
            compared += 1
    assert compared > 20
