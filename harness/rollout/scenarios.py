"""A plan out of a scenario: its steps on devices, whatever it expects them to come to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from harness.device.manifest import Manifest
from harness.errors import Place
from harness.rollout.marks import is_comment, is_marked
from harness.rollout.plan import START, CertificateFacts, DeviceSpec, Party, Plan, PlanStep
from harness.rollout.procedures import calls_of
from harness.scenario import baseline
from harness.scenario.baseline import CertificateOrder
from harness.scenario.concrete import ConcreteScenario, ConcreteStep
from harness.scenario.expect import ExpectAction
from harness.scenario.plan import Case
from harness.scenario.steps_renewal import ClientRenewal, Procedure
from harness.scenario.switches import profile_of
from harness.scenario.world import Certificate, Device


def scenario_party(cases: Sequence[Case], file: Path, name: str, text: str) -> Party:
    """Return the plan of a scenario file, a variant for every case of its matrix."""
    lines = text.splitlines()
    return Party(name, tuple(_plan(case.scenario, file, name, lines) for case in cases))


def _plan(scenario: ConcreteScenario, file: Path, name: str, lines: Sequence[str]) -> Plan:
    steps = _steps(scenario, file, name, lines)
    start = [
        PlanStep(Place(file), action, action.words, START, device)
        for device, actions in scenario.provisioning.items()
        for action in actions
    ]
    devices = {device: _device(written) for device, written in scenario.devices.items()}
    facts = {
        certificate: CertificateFacts(
            order=order, identity=certificate if _is_plain(certificate, order) else ""
        )
        for certificate, order in scenario.certificates.items()
    }
    return Plan(name, file, tuple(steps), tuple(start), devices, facts)


def _is_plain(name: str, order: CertificateOrder) -> bool:
    """Whether a certificate is the baseline's own, which all scenarios have in common."""
    return name in baseline.CERTIFICATES and order == baseline.complete(name, Certificate())


def _device(written: Device) -> DeviceSpec:
    low, high = written.tls.bounds
    profile = profile_of(written, tls_min=low.value, tls_max=high.value)
    manifests = {
        name: Manifest(frozenset(application.capabilities))
        for name, application in written.applications.items()
    }
    return DeviceSpec(profile, manifests)


def _steps(scenario: ConcreteScenario, file: Path, name: str, lines: Sequence[str]) -> Iterator[PlanStep]:
    places = [*(step.line for step in scenario.steps[1:]), len(lines) + 1]
    for step, following in zip(scenario.steps, places, strict=True):
        yield from _parts(
            step, file, name, intended=is_marked(lines, step.line, _end(lines, step.line, following))
        )


def _end(lines: Sequence[str], first: int, following: int) -> int:
    """Return the last line of a step; comments before the next one belong to that."""
    last = following - 1
    while last > first and (not lines[last - 1].strip() or is_comment(lines[last - 1])):
        last -= 1
    return last


def _parts(step: ConcreteStep, file: Path, name: str, *, intended: bool) -> Iterator[PlanStep]:
    expect = step.expect
    action = step.action
    made = PlanStep(
        place=Place(file, step.line),
        does=action,
        title=step.title,
        actor=f"{name}: {step.by}" if step.by else name,
        device=step.device,
        by=step.by,
        intended=intended,
        refused=isinstance(expect, ExpectAction) and expect.fails,
        followed=step.cut is None,
        expect=expect,
    )
    if isinstance(action, Procedure):
        word = "client-renewal" if isinstance(action, ClientRenewal) else "root-renewal"
        yield from (replace(part, refused=made.refused) for part in calls_of(made, action, word))
    else:
        yield made
