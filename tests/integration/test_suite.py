"""The suite that comes with the harness: what it promises, and that it holds against a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import pytest

from harness.run.events import CaseFinished, Result, SuiteFinished
from harness.scenario.action import AssociationAction
from harness.scenario.concrete import ConcreteStep
from harness.scenario.expect import ExpectAssociation
from harness.scenario.plan import Case
from harness.scenario.steps_backend import BackEndAction
from harness.scenario.steps_est import ReEnroll
from harness.scenario.steps_fleet import FleetAction
from harness.scenario.steps_services import Bootstrap

THEMES = {
    "association",
    "bootstrap",
    "bootstrap-est",
    "back-ends",
    "certificate-id",
    "client-certificate",
    "clock",
    "device-applications",
    "device-client-renewal",
    "device-clock",
    "device-diagnostics",
    "device-networks",
    "device-root-renewal",
    "device-store",
    "faults",
    "fleet",
    "manual-deployment",
    "radius",
    "resumption",
    "server",
    "server-certificate",
    "tenant-ca",
    "server-clock",
    "tls",
}


OF_THE_SECURITY_SERVICE = {"tenant-ca"}
"""Themes in which nobody decides about a device."""
JUDGED = (AssociationAction, FleetAction, Bootstrap, ReEnroll, BackEndAction)
"""What asks somebody who can say no."""


class Collected(Protocol):
    """What the fixture ``run_cases`` returns."""

    cases: Mapping[str, CaseFinished]
    finished: SuiteFinished | None


def associations(cases: Sequence[Case]) -> Iterator[tuple[str, ConcreteStep]]:
    for case in cases:
        for step in case.scenario.steps:
            if isinstance(step.action, AssociationAction):
                yield case.info.id, step


@pytest.mark.server
def test_every_case_passes(
    built_in_suite: Sequence[Case], run_cases: Callable[[Sequence[Case]], Collected]
) -> None:
    run = run_cases(built_in_suite)

    failed = {name: case.reason for name, case in run.cases.items() if case.result is not Result.PASSED}
    assert failed == {}
    assert run.finished is not None
    assert run.finished.passed == len(built_in_suite) >= 300


def test_there_is_a_folder_per_theme(built_in_suite: Sequence[Case]) -> None:
    assert {theme(case) for case in built_in_suite} == THEMES


def theme(case: Case) -> str:
    return case.info.id.partition("/")[0]


def test_every_association_says_why(built_in_suite: Sequence[Case]) -> None:
    silent = [
        (name, step.index)
        for name, step in associations(built_in_suite)
        if not isinstance(step.expect, ExpectAssociation) or step.expect.cause is None
    ]

    assert silent == []


def test_no_association_is_content_with_an_undetermined_cause(built_in_suite: Sequence[Case]) -> None:
    vague = [
        (name, step.index)
        for name, step in associations(built_in_suite)
        if isinstance(step.expect, ExpectAssociation) and step.expect.cause == "undetermined"
    ]

    assert vague == []


def test_every_case_lets_somebody_judge(built_in_suite: Sequence[Case]) -> None:
    """A server, a service or a back end decides about a device; those apart that are about the Security Service alone."""
    judged = {
        case.info.id
        for case in built_in_suite
        if any(isinstance(step.action, JUDGED) for step in case.scenario.steps)
    }
    of_a_device = [case.info.id for case in built_in_suite if theme(case) not in OF_THE_SECURITY_SERVICE]

    assert [name for name in of_a_device if name not in judged] == []


def test_every_scenario_says_why_it_exists_and_where_it_comes_from(built_in_suite: Sequence[Case]) -> None:
    bare = [
        case.info.id for case in built_in_suite if not (case.info.why and case.info.tags and case.info.refs)
    ]

    assert bare == []


def test_a_title_is_a_sentence_without_a_full_stop(built_in_suite: Sequence[Case]) -> None:
    titles = {case.info.title for case in built_in_suite}

    assert [title for title in titles if len(title.split()) < 5 or title.endswith(".")] == []
