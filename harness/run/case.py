"""Run one case: its steps in order, until one does not do what is expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from harness.drivers.blocking import Stopped
from harness.errors import Place, ScenarioError, ServerDoesNotStart
from harness.outcome import Outcome
from harness.run.actions import perform, perform_cut
from harness.run.associations import Associations, Surroundings
from harness.run.book import CertificateBook
from harness.run.events import Certificates, FleetCurve, Result, StepReport
from harness.run.fleet import own_action
from harness.run.fleet_steps import fleet_step, perform_one
from harness.run.timing import TimeGoesBack
from harness.run.world import World, only
from harness.scenario.action import Action, AssociationAction
from harness.scenario.case import CaseInfo
from harness.scenario.concrete import ConcreteStep
from harness.scenario.expect import ExpectAction, ExpectAssociation, ExpectStart
from harness.scenario.expectation import ServerWords, check_action, check_association, check_start
from harness.scenario.plan import Case
from harness.scenario.steps import ChangeServer, Revoke
from harness.scenario.steps_clock import Clock
from harness.scenario.steps_fleet import Offline
from harness.server.records import ServerEvidence


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case went; ``errors`` are the mistakes of its file that only running it has shown."""

    result: Result
    steps: tuple[StepReport, ...]
    reason: str = ""
    certificates: Certificates | None = None
    errors: tuple[ScenarioError, ...] = ()
    fleets: tuple[FleetCurve, ...] = ()


class _Mistaken(Exception):
    """Ends a case whose file is wrong; ``reports`` has the step that has shown it."""

    def __init__(self, error: ScenarioError, *reports: StepReport) -> None:
        super().__init__(error)
        self.error = error
        self.reports = reports


def run_case(case: Case, around: Surroundings, random: Callable[[int], bytes]) -> CaseResult:
    """Run one case. Raises EnvironmentUnavailable when this machine runs no server."""
    book = CertificateBook(around.mint, case.scenario.certificates)
    world = World(case.scenario, book, around.pool, random, around.sources)
    reports: list[StepReport] = []
    try:
        world.open()
        ended = _run(world, around, case.info, reports)
        return replace(
            ended, fleets=tuple(curve for fleet in world.fleets.values() for curve in fleet.curves())
        )
    except _Mistaken as mistaken:
        told = (*reports, *mistaken.reports)
        return CaseResult(Result.ERROR, told, "", Certificates(book.pem()), (mistaken.error,))
    finally:
        world.close()


def _run(world: World, around: Surroundings, info: CaseInfo, reports: list[StepReport]) -> CaseResult:
    _provision(world, info)
    for step in world.scenario.steps:
        if around.stopped():
            return _interrupted(world, reports)
        try:
            reports.append(_step(world, around, info, step))
            if not step.device:
                for fleet in world.fleets.values():
                    fleet.note(world.now(), world.devices)
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


def _provision(world: World, info: CaseInfo) -> None:
    for device, action in _first_actions(world):
        result, note = perform(world, action, device)
        if not result.ok:
            message = f"the device {device!r} cannot start provisioned: {note}"
            fix = "write `starts: empty` and install in steps, or change the device's switches"
            raise _Mistaken(ScenarioError(message, place=Place(info.file, info.line, 1), fix=fix))
    world.opened = True


def _first_actions(world: World) -> Iterator[tuple[str, Action]]:
    """Give what is done on each device before the first step."""
    for name, actions in world.scenario.provisioning.items():
        for member in world.members(name):
            fleet = name in world.fleets
            yield from ((member, own_action(one, member, world.book) if fleet else one) for one in actions)


def _step(world: World, around: Surroundings, info: CaseInfo, step: ConcreteStep) -> StepReport:
    report = StepReport(step.index, step.title, step.line)
    try:
        if step.device in world.fleets and not isinstance(step.action, Clock | Offline):
            return fleet_step(world, around, step, report)
        if isinstance(step.action, AssociationAction):
            return _associate(world, around, step, step.action, report)
        if step.cut is not None:
            note, mismatches = perform_cut(world, step.action, step.device, step.by, step.cut)
            return replace(report, note=note, mismatches=mismatches)
        result, note = perform_one(world, around, step.action, step.device, step.by)
    except ServerDoesNotStart as refusal:
        return _not_started(world, info, step, report, refusal)
    except TimeGoesBack as error:
        fix = "time only goes forward: write a later moment, or let less time pass before"
        raise _Mistaken(ScenarioError(str(error), place=Place(info.file, step.line, 1), fix=fix)) from None
    if isinstance(step.expect, ExpectStart):
        return replace(report, note=note, mismatches=check_start(step.expect))
    expected = step.expect if isinstance(step.expect, ExpectAction) else None
    return replace(report, note=note, mismatches=check_action(expected, result))


def _not_started(
    world: World, info: CaseInfo, step: ConcreteStep, report: StepReport, refusal: ServerDoesNotStart
) -> StepReport:
    """Return the report of a step that expects it; else raise the mistake, where the server is written."""
    log = refusal.last_lines
    if isinstance(step.expect, ExpectStart):
        mismatches = check_start(step.expect, refusal.complaint)
        return replace(report, note=refusal.complaint, mismatches=mismatches, server_log=log)
    place = Place(info.file, step.line, 1)
    if not _rewrites_server(step):
        place = world.scenario.server_places[world.down or only(world.scenario.servers)]
    error = ScenarioError(refusal.message, place=place, fix=refusal.hint)
    raise _Mistaken(error, replace(report, note=refusal.complaint, server_log=log))


def _rewrites_server(step: ConcreteStep) -> bool:
    """Whether a step, and not the head of the file, says what the server that it starts has to be."""
    if isinstance(step.action, ChangeServer):
        return bool(step.action.changes)
    return isinstance(step.action, Revoke)


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
        certificate=_blamed_name(world, attempt.outcome),
    )
    return replace(
        report,
        outcome=attempt.outcome,
        mismatches=mismatches,
        note=tried.note,
        server_log=evidence.log if evidence else (),
        recorder=attempt.recorder,
    )


def _blamed_name(world: World, outcome: Outcome) -> str:
    return world.book.name_of(outcome.certificate.serial) if outcome.certificate else ""


def _words(evidence: ServerEvidence | None) -> ServerWords | None:
    """Return what the server said; None where its log cannot be read."""
    if evidence is None:
        # The device could not start, so the server was told nothing and said nothing.
        return ServerWords()
    if not evidence.available:
        return None
    record = evidence.verdict
    return ServerWords(record.reply if record else "", tuple(event.kind.value for event in evidence.events))
