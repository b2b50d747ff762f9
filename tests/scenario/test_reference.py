from __future__ import annotations

from pathlib import Path
from typing import get_args

from harness.diagnosis.kinds import KINDS
from harness.protocol import attributes
from harness.protocol.attributes import known_names
from harness.scenario.action import Action
from harness.scenario.expect import LogWord
from harness.scenario.expect_tenant import MeaningWord, ReasonWord, StatusWord
from harness.scenario.meanings import meanings
from harness.scenario.models import Scenario
from harness.scenario.part import Part, key_of
from harness.scenario.reference import reference_text
from harness.scenario.steps import VERBS
from harness.scenario.vocabulary import REPLY_NAMES, UNSEEN, FindingWord
from harness.server.records import LogKind
from harness.services.security.lifecycle import Meaning, Status
from harness.services.security.refusal import Reason

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "scenario-language.md"


def parts(model: type[Part]) -> list[type[Part]]:
    """Return the parts of the scenario language; a rollout's are described elsewhere."""
    found = [one for part in model.__subclasses__() for one in (part, *parts(part))]
    return [part for part in found if part.__module__.startswith("harness.scenario.")]


def test_the_committed_reference_is_that_of_the_models() -> None:
    assert COMMITTED.read_text() == reference_text(), (
        "write harness.scenario.reference.reference_text() to it"
    )


def test_every_verb_and_every_key_is_in_the_reference() -> None:
    text = reference_text()
    assert [verb for verb in VERBS if f"### {verb}\n" not in text] == []
    by_command = {one for one in parts(Action) if one not in VERBS.values()}  # the command line says how
    keys = {key_of(name) for part in parts(Part) if part not in by_command for name in part.model_fields}
    told = keys - set(VERBS) - {"matrix"}
    assert [key for key in sorted(told) if f"`{key}`" not in text and f"`{key}:" not in text] == []


def test_every_key_has_a_meaning() -> None:
    described: list[type[Part]] = [Scenario, *parts(Part)]
    undescribed = [
        f"{part.__name__}.{name}"
        for part in described
        if part.__module__.startswith("harness.scenario.") and not part.__name__.startswith("_")
        for name in part.model_fields
        if not meanings(part).get(name)
    ]
    assert undescribed == []


def test_the_words_for_server_log_lines_are_those_of_the_records() -> None:
    assert set(get_args(LogWord)) == {kind.value for kind in LogKind}


def test_the_words_for_tenant_cas_are_those_of_the_security_service() -> None:
    assert set(get_args(StatusWord)) == set(Status)
    assert set(get_args(MeaningWord)) == set(Meaning)
    # A step claims its device, so that two of the reasons cannot happen there, and no time is before the tenants.
    never = {Reason.DEVICE_UNCLAIMED, Reason.DEVICE_ID_INVALID, Reason.BEFORE_BEGINNING}
    assert set(get_args(ReasonWord)) == set(Reason) - never


def test_the_words_for_findings_are_those_of_the_diagnosis() -> None:
    assert set(get_args(FindingWord)) == {kind.id for kind in KINDS}


def test_the_attributes_that_can_be_asserted_are_those_that_the_access_point_knows() -> None:
    assert tuple(REPLY_NAMES) == known_names()
    shown = {number: attributes.decode([(number, b"xxxx")]) for number in range(1, 256)}
    assert {number for number, found in shown.items() if not found} == UNSEEN
    by_name = {found[0].name: number for number, found in shown.items() if found}
    assert {name: by_name[name] for name in REPLY_NAMES} == REPLY_NAMES
