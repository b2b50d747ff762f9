"""Reads scenario files: one file, and all concrete scenarios its matrix asks for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from harness.errors import Place, ScenarioError, ScenarioErrors
from harness.scenario.check import resolve
from harness.scenario.concrete import ConcreteScenario
from harness.scenario.document import Document, Plain, read_document
from harness.scenario.matrix import Combination, combinations
from harness.scenario.mistakes import mistakes
from harness.scenario.models import Scenario
from harness.scenario.values import shown
from harness.scenario.variables import substitute


@dataclass(frozen=True, slots=True)
class Variant:
    """A scenario with one combination of its matrix put in; ``label`` ends the case's id."""

    label: str
    scenario: ConcreteScenario


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """One file that was read: what its cases are called, where its title stands, its variants."""

    file: Path
    id: str
    title: str
    """The title as it is written, variables and all."""
    place: Place
    variants: tuple[Variant, ...]


def read_file(file: Path, identifier: str = "") -> ScenarioFile:
    """Read one scenario file; ``identifier`` begins its cases' ids, the file's name unless given.

    Raises :class:`ScenarioErrors` with everything that is wrong in the file.
    """
    try:
        document = read_document(file)
    except ScenarioError as error:
        raise ScenarioErrors([error]) from None
    return from_document(document, identifier or file.stem)


def from_document(document: Document, identifier: str) -> ScenarioFile:
    """Build the scenarios of a document; raises as :func:`read_file`."""
    value = document.value
    if not isinstance(value, dict):
        message = f"a scenario is a mapping, got {shown(value)}"
        fix = "begin with `scenario: <what is shown>`"
        raise ScenarioErrors([ScenarioError(message, place=document.place(), fix=fix)])
    body = {key: item for key, item in value.items() if key != "matrix"}
    variants = []
    errors: dict[str, ScenarioError] = {}
    for combination in combinations(document):
        try:
            variants.append(_variant(document, body, combination))
        except ScenarioErrors as found:
            errors.update((str(error), error) for error in found.errors)
    if errors:
        ordered = sorted(errors.values(), key=lambda error: (error.place.line, error.place.column))
        raise ScenarioErrors(ordered)
    place = document.place(("scenario",), key=True)
    return ScenarioFile(document.file, identifier, str(value["scenario"]), place, tuple(variants))


def _variant(document: Document, body: dict[str, Plain], combination: Combination) -> Variant:
    written = substitute(body, combination.values)
    try:
        scenario = Scenario.model_validate(written)
    except ValidationError as error:
        raise ScenarioErrors(mistakes(error, document)) from None
    return Variant(combination.label, resolve(scenario, document))
