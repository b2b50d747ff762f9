"""From files to the parties of a rollout: a rollout file has several, a scenario or a script is one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from harness.device.manifest import Capability, Manifest
from harness.errors import ScenarioError, ScenarioErrors, UsageError, one_line
from harness.rollout.commands import command_step, is_followed, read_commands
from harness.rollout.language import ROLLOUT_STEPS, GalleryRenewal, Rollout, RolloutApplication, RolloutStep
from harness.rollout.marks import is_marked
from harness.rollout.plan import DEVICE, START, CertificateFacts, DeviceSpec, Party, Plan, PlanStep
from harness.rollout.procedures import GalleryRenewal as Gallery
from harness.rollout.procedures import calls_of, gallery_calls
from harness.rollout.scenarios import scenario_party
from harness.rollout.sizes import certificate_facts
from harness.scenario.document import Document, parse_document
from harness.scenario.mistakes import mistakes
from harness.scenario.plan import SUFFIXES, plan
from harness.scenario.reader import from_document
from harness.scenario.source import read_text
from harness.scenario.steps_renewal import ClientRenewal, Procedure
from harness.scenario.steps_store import Command, Install
from harness.scenario.switches import profile_of


@dataclass(frozen=True, slots=True)
class Inputs:
    """All parties of the files, and whether their order is written."""

    parties: tuple[Party, ...]
    in_order: bool


def read_inputs(files: Sequence[Path]) -> Inputs:
    """Read rollouts, scenarios, scripts and runbooks.

    Raises :class:`UsageError` for what is no file, and :class:`ScenarioErrors` with all that is wrong in all files.
    """
    parties: list[Party] = []
    errors: list[ScenarioError] = []
    written: list[bool] = []
    names = _names(files)
    for file, name in zip(files, names, strict=True):
        if not file.exists() or file.is_dir():
            said = "is a folder; name its files" if file.is_dir() else "does not exist"
            raise UsageError(f"{one_line(str(file))} {said}")
        try:
            found = _read(file, name)
        except ScenarioErrors as wrong:
            errors += wrong.errors
        except ScenarioError as wrong:
            errors.append(wrong)
        else:
            parties += found.parties
            written.append(found.in_order)
    if errors:
        raise ScenarioErrors(errors)
    return Inputs(tuple(parties), len(files) == 1 and all(written))


def _names(files: Sequence[Path]) -> tuple[str, ...]:
    """Return what each file is called: its name, with its folder where two have the same."""
    count = Counter(file.name for file in files)
    return tuple(file.name if count[file.name] == 1 else str(file) for file in files)


def _read(file: Path, name: str) -> Inputs:
    text = read_text(file)
    if file.suffix not in SUFFIXES:
        return Inputs((read_commands(text, file, name),), in_order=True)
    document = parse_document(text, file)
    if isinstance(document.value, dict) and "rollout" in document.value:
        return _rollout(document, text.splitlines(), name)
    cases = plan([from_document(document, file.stem)])
    return Inputs((scenario_party(cases, file, name, text),), in_order=True)


def _rollout(document: Document, lines: Sequence[str], name: str) -> Inputs:
    try:
        rollout = Rollout.model_validate(document.value)
    except ValidationError as error:
        raise ScenarioErrors(mistakes(error, document, Rollout, ROLLOUT_STEPS)) from None
    reader = _RolloutReader(document, lines, rollout, name)
    parties = tuple(reader.party(called, one) for called, one in rollout.applications.items())
    if reader.errors:
        raise ScenarioErrors(reader.errors)
    return Inputs(parties, rollout.order == "written")


class _RolloutReader:
    """Turns what a rollout's applications do into steps; mistakes go to ``errors``."""

    def __init__(self, document: Document, lines: Sequence[str], rollout: Rollout, name: str) -> None:
        self._document = document
        self._lines = lines
        self._rollout = rollout
        self._name = name
        self._facts: dict[str, CertificateFacts] = {
            called: CertificateFacts(size.size, size.key) for called, size in rollout.certificates.items()
        }
        self.errors: list[ScenarioError] = []
        self._start = tuple(self._steps(rollout.start, ("start",), START, ""))

    def party(self, called: str, application: RolloutApplication) -> Party:
        """Return one application as a party of its own."""
        actor = called
        path = ("applications", called, "steps")
        steps = tuple(self._steps(application.steps, path, actor, called))
        manifest = self._manifest(called, application)
        manifests = {called: manifest} if manifest is not None else {}
        profile = profile_of(self._rollout.device, tls_min="1.2", tls_max="1.2")
        devices = {DEVICE: DeviceSpec(profile, manifests)}
        known = {name: self._known(name) for name in _certificates((*self._start, *steps))}
        plan = Plan(called, self._document.file, steps, self._start, devices, {**known, **self._facts})
        return Party(called, (plan,))

    def _known(self, name: str) -> CertificateFacts:
        """Return what is known of a certificate of the rollout: the same name is the same certificate for all."""
        found = certificate_facts(self._document.file.parent, name)
        return replace(found, identity=found.identity or f"{self._document.file}: {name}")

    def _steps(
        self, steps: Sequence[RolloutStep], path: tuple[str | int, ...], actor: str, by: str
    ) -> Iterator[PlanStep]:
        for index, step in enumerate(steps):
            place = self._document.place((*path, index))
            following = (
                self._document.place((*path, index + 1)).line if index + 1 < len(steps) else place.line + 1
            )
            marked = step.marked or is_marked(self._lines, place.line, max(following - 1, place.line))
            made = PlanStep(place, step.action, step.verb, actor, by=by, intended=marked)
            yield from self._parts(step, made)

    def _parts(self, step: RolloutStep, made: PlanStep) -> Iterator[PlanStep]:
        action = step.action
        if isinstance(action, Command):
            yield from self._command(action, made)
        elif isinstance(action, GalleryRenewal):
            root = action.root if action.renews != "client" else ""
            client = action.client if action.renews != "root" else ""
            gallery = Gallery(action.network, action.root_ca_cert_id, action.client_cert_id, root, client)
            yield from gallery_calls(made, gallery)
        elif isinstance(action, Procedure):
            word = "client-renewal" if isinstance(action, ClientRenewal) else "root-renewal"
            yield from calls_of(made, action, word)
        elif isinstance(action, Install):
            # Which key and which password belong to a certificate is not the rollout's subject.
            yield replace(made, does=action.model_copy(update={"key_from": None, "password": None}))
        else:
            yield made

    def _command(self, command: Command, made: PlanStep) -> Iterator[PlanStep]:
        if not is_followed(command.line):
            return
        try:
            step, facts = command_step(command.line, made.place, made.actor)
        except ScenarioError as error:
            self.errors.append(error)
            return
        self._facts |= facts
        yield replace(step, intended=made.intended)

    def _manifest(self, called: str, application: RolloutApplication) -> Manifest | None:
        """Return what an application may do; ``None`` for one that may do everything."""
        if application.capabilities is not None:
            return Manifest(frozenset(application.capabilities))
        if application.manifest is None:
            return Manifest(frozenset(Capability))
        place = self._document.place(("applications", called, "manifest"))
        try:
            return _manifest_of(self._document.file.parent / application.manifest)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no application manifest"
            message = f"{application.manifest} cannot be read: {reason}"
            self.errors.append(ScenarioError(message, place=place, fix="name an app_manifest.json"))
            return None


def _manifest_of(file: Path) -> Manifest:
    """Read the capabilities of an application's manifest; raises :class:`ValueError` for another file."""
    content = json.loads(file.read_text(encoding="utf-8-sig"))
    written = content.get("Capabilities") if isinstance(content, dict) else None
    given = {name for name, value in dict(written or {}).items() if value}
    return Manifest(frozenset(one for one in Capability if one.value in given))


def _certificates(steps: Sequence[PlanStep]) -> Iterator[str]:
    for step in steps:
        name = getattr(step.does, "certificate", None)
        if isinstance(name, str):
            yield name
