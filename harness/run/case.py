"""Run one case: its steps in order, until one does not do what is expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.drivers.blocking import Stopped
from harness.run.actions import perform, perform_cut
from harness.run.associations import Associations, Surroundings
from harness.run.book import CertificateBook
from harness.run.events import Certificates, Result, StepReport
from harness.run.world import World
from harness.scenario.action import AssociationAction
from harness.scenario.concrete import ConcreteScenario, ConcreteStep
from harness.scenario.expect import ExpectAction, ExpectAssociation
from harness.scenario.expectation import ServerWords, check_action, check_association
from harness.server.records import ServerEvidence


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case went."""

    result: Result
    steps: tuple[StepReport, ...]
    reason: str = ""
    certificates: Certificates | None = None


class CannotBegin(Exception):
    """A device does not take what its scenario has it start with; the text is fit for a user."""


def run_case(scenario: ConcreteScenario, around: Surroundings, random: Callable[[int], bytes]) -> CaseResult:
    """Run one case. Raises CannotBegin, and EnvironmentUnavailable when a server does not come up."""
    book = CertificateBook(around.mint, scenario.certificates)
    world = World(scenario, book, around.pool, random, around.sources)
    try:
        world.open()
        return _run(world, around)
    finally:
        world.close()


def _run(world: World, around: Surroundings) -> CaseResult:
    _provision(world)
    reports: list[StepReport] = []
    for step in world.scenario.steps:
        if around.stopped():
            return _interrupted(world, reports)
        try:
            reports.append(_step(world, around, step))
        except Stopped:
            return _interrupted(world, reports)
        if reports[-1].mismatches:
            left = len(world.scenario.steps) - step.index
            reason = f"{left} later {'step was' if left == 1 else 'steps were'} not run" if left else ""
            return CaseResult(Result.FAILED, tuple(reports), reason, Certificates(world.book.pem()))
    return CaseResult(Result.PASSED, tuple(reports), "", Certificates(world.book.pem()))


def _interrupted(world: World, reports: list[StepReport]) -> CaseResult:
    certificates = Certificates(world.book.pem())
    return CaseResult(Result.INTERRUPTED, tuple(reports), "the run was stopped", certificates)


def _provision(world: World) -> None:
    for device, actions in world.scenario.provisioning.items():
        for action in actions:
            result, note = perform(world, action, device)
            if not result.ok:
                raise CannotBegin(f"the device {device!r} cannot start provisioned: {note}")
    world.opened = True


def _step(world: World, around: Surroundings, step: ConcreteStep) -> StepReport:
    report = StepReport(step.index, step.title, step.line)
    if isinstance(step.action, AssociationAction):
        return _associate(world, around, step, step.action, report)
    if step.cut is not None:
        note, mismatches = perform_cut(world, step.action, step.device, step.by, step.cut)
        return replace(report, note=note, mismatches=mismatches)
    result, note = perform(world, step.action, step.device, step.by)
    expected = step.expect if isinstance(step.expect, ExpectAction) else None
    return replace(report, note=note, mismatches=check_action(expected, result))


def _associate(
    world: World, around: Surroundings, step: ConcreteStep, action: AssociationAction, report: StepReport
) -> StepReport:
    tried = Associations(world, around, step.device).run(action)
    expected = step.expect
    assert isinstance(expected, ExpectAssociation)
    attempt, evidence = tried.attempt, tried.attempt.evidence
    mismatches = check_association(
        expected,
        attempt.outcome,
        server=_words(evidence),
        diagnostics=tried.diagnostics,
        joining=tried.joining,
    )
    return replace(
        report,
        outcome=attempt.outcome,
        mismatches=mismatches,
        note=tried.note,
        server_log=evidence.log if evidence else (),
        recorder=attempt.recorder,
    )


def _words(evidence: ServerEvidence | None) -> ServerWords | None:
    """Return what the server said; None where its log cannot be read."""
    if evidence is None:
        # The device could not start, so the server was told nothing and said nothing.
        return ServerWords()
    if not evidence.available:
        return None
    record = evidence.verdict
    return ServerWords(record.reply if record else "", tuple(event.kind.value for event in evidence.events))
