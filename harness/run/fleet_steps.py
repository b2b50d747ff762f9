"""What a step comes to that a fleet does: on each device one after the other, or on all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from harness.outcome import Verdict
from harness.run.actions import perform
from harness.run.answers import Performed
from harness.run.associate import Attempt
from harness.run.associations import Surroundings
from harness.run.crowd import Crowd
from harness.run.events import Loss, StepReport
from harness.run.fleet import Fleet, own_action
from harness.run.world import World
from harness.scenario.action import Action
from harness.scenario.concrete import ConcreteStep
from harness.scenario.expect import ExpectAction, ExpectFleet
from harness.scenario.expectation_fleet import Failed, FleetResult, check_each, check_fleet
from harness.scenario.steps_backend import Contact
from harness.scenario.steps_est import ReEnroll
from harness.scenario.steps_fleet import AssociateAll, FleetAction, Measure
from harness.scenario.steps_services import Bootstrap


def fleet_step(world: World, around: Surroundings, step: ConcreteStep, report: StepReport) -> StepReport:
    """Do a step with all devices of a fleet, or a part of them; raises as what it does."""
    fleet = world.fleets[step.device]
    if isinstance(step.action, Measure) and step.action.contact is not None:
        return _reporting(world, fleet, step, step.action, step.action.contact, report)
    if isinstance(step.action, FleetAction):
        return _together(world, around, fleet, step, report)
    return _one_by_one(world, around, fleet, step, report)


def perform_one(world: World, around: Surroundings, action: Action, device: str, by: str) -> Performed:
    """Do what a verb says with one device, or with the world; raises as what it does."""
    if isinstance(action, Bootstrap | ReEnroll):
        from harness.run.bootstrapping import bootstrap

        return bootstrap(world, around, action, device, by)
    return perform(world, action, device, by)


def _one_by_one(
    world: World, around: Surroundings, fleet: Fleet, step: ConcreteStep, report: StepReport
) -> StepReport:
    expected = step.expect if isinstance(step.expect, ExpectAction) else None
    names = fleet.acting(step.share)
    results = {
        name: perform_one(world, around, own_action(step.action, name, world.book), name, step.by)[0]
        for name in names
    }
    return replace(report, note=_acted(fleet, names), mismatches=check_each(expected, results))


def _together(
    world: World, around: Surroundings, fleet: Fleet, step: ConcreteStep, report: StepReport
) -> StepReport:
    action, names = step.action, fleet.acting(step.share)
    failed: list[Failed] = []
    attempts: dict[str, Attempt] = {}
    if isinstance(action, Measure):
        left = action.time
        while left > timedelta():
            world.let_pass(min(left, action.every))
            left -= action.every
            attempts.update(_tried(world, fleet, Crowd(world, around, names).join, failed))
    elif isinstance(action, AssociateAll):
        crowd = Crowd(world, around, names)
        tried = _tried(world, fleet, lambda: crowd.associate(action.network, action.access_point), failed)
        attempts.update(tried)
    else:
        attempts.update(_tried(world, fleet, Crowd(world, around, names).join, failed))
    connected = len(fleet.connected(world.devices))
    assert isinstance(step.expect, ExpectFleet)
    result = FleetResult(connected, len(fleet.members), tuple(failed))
    told = _telling(attempts)
    return replace(
        report,
        outcome=told[1].outcome if told else None,
        mismatches=check_fleet(step.expect, result),
        note=_words(fleet, names, connected, failed, told[0] if told else ""),
        server_log=told[1].evidence.log if told and told[1].evidence else (),
    )


def _reporting(
    world: World, fleet: Fleet, step: ConcreteStep, action: Measure, back_end: str, report: StepReport
) -> StepReport:
    """Let time pass while devices report to a back end, one after the other each time."""
    contact, names = Contact.model_validate(back_end), fleet.acting(step.share)
    failed: list[Failed] = []
    left, told = action.time, ""
    while left > timedelta():
        world.let_pass(min(left, action.every))
        left -= action.every
        now, before, served = world.now(), fleet.served.get(back_end, frozenset()), set[str]()
        losses = []
        for name in names:
            result, note = perform(world, contact, name)
            if result.facts.get("contact") == "connected":
                served.add(name)
                continue
            verdict = str(result.facts.get("contact") or result.errno)
            cause = str(result.facts.get("reason") or verdict)
            failed.append(Failed(now - world.began, name in before, cause))
            losses += [Loss(now, name, verdict, cause)] if name in before else []
            told = told or f"{name}: {note}"
        fleet.note_served(now, back_end, frozenset(served), losses)
    connected = len(fleet.served[back_end])
    assert isinstance(step.expect, ExpectFleet)
    result_of_all = FleetResult(connected, len(fleet.members), tuple(failed))
    words = _words(fleet, names, connected, failed, told)
    return replace(report, mismatches=check_fleet(step.expect, result_of_all), note=words)


def _tried(
    world: World, fleet: Fleet, run: Callable[[], Mapping[str, Attempt]], failed: list[Failed]
) -> Mapping[str, Attempt]:
    """Let devices try, and note who failed and who was connected before."""
    before = fleet.connected(world.devices)
    attempts = run()
    now = world.now()
    for name in sorted(attempts):
        outcome = attempts[name].outcome
        if outcome.verdict is Verdict.CONNECTED:
            continue
        blamed = world.book.name_of(outcome.certificate.serial) if outcome.certificate else ""
        failed.append(Failed(now - world.began, name in before, outcome.cause.value, blamed))
        if name in before:
            fleet.losses.append(Loss(now, name, outcome.verdict.value, outcome.cause.value))
    fleet.note(now, world.devices)
    return attempts


def _telling(attempts: Mapping[str, Attempt]) -> tuple[str, Attempt] | None:
    """Return the attempt to give account of: the first that failed, else the first."""
    failed = (one for one in attempts.items() if one[1].outcome.verdict is not Verdict.CONNECTED)
    return next(failed, next(iter(attempts.items()), None))


def _words(fleet: Fleet, names: Sequence[str], connected: int, failed: Sequence[Failed], told: str) -> str:
    causes = Counter(one.cause for one in failed)
    text = f"{connected} of {len(fleet.members)} connected; {_acted(fleet, names)}"
    if causes:
        text += "; failed: " + ", ".join(f"{cause} ({number})" for cause, number in causes.items())
    return text + (f"; told of {told}" if told else "")


def _acted(fleet: Fleet, names: Sequence[str]) -> str:
    off = f", {len(fleet.offline)} offline" if fleet.offline else ""
    return f"{len(names)} devices{off}"
