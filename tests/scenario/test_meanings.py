from __future__ import annotations

from harness.scenario.meanings import meanings
from harness.scenario.models import STEP_MODELS, CutAt, Scenario
from harness.scenario.part import Part
from harness.scenario.steps import VERBS
from harness.scenario.world import Server


def test_docstrings_below_fields() -> None:
    found = meanings(CutAt)
    assert found == {
        "point": "The write point, counted from 1; it does not happen.",
        "survives": "What is left of what had been written and was not durable yet.",
    }


def test_only_fields_mean_something() -> None:
    parts: list[type[Part]] = [Scenario, *STEP_MODELS.values(), *VERBS.values()]
    for part in parts:
        assert set(meanings(part)) <= set(part.model_fields)


def test_inherited_fields_mean_what_they_meant() -> None:
    server, change = meanings(Server), meanings(VERBS["server"])
    assert server
    assert {name: change[name] for name in server} == server


def test_a_model_that_is_written_nowhere_has_its_own_descriptions() -> None:
    found = meanings(STEP_MODELS["associate"])
    assert found["expect"] == "What it ends in; must be written."
