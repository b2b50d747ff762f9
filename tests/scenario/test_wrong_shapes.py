from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from harness.errors import ScenarioError, ScenarioErrors
from harness.scenario.document import parse_document
from harness.scenario.reader import from_document
from harness.scenario.schema import json_schema
from tests.scenario.wrong_shapes import SHAPES, distinct_positions, with_shape

FILE = Path("case.yaml")
POSITIONS = sorted(distinct_positions().items(), key=lambda item: str(item[0]))
PARTS = 8
SHAPES_EACH = 6
"""Each position meets this many shapes, its neighbours the next ones, so that all meet all kinds of values."""


def mistakes_in(text: str) -> list[ScenarioError]:
    try:
        from_document(parse_document(text, FILE), "case")
    except ScenarioErrors as found:
        return found.errors
    except ScenarioError as found:
        return [found]
    return []


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_stands_in_place_of_a_value_is_taken_or_answered_with_its_place(part: int) -> None:
    shapes = list(SHAPES.values())
    refused = 0
    for number, (_, (document, position)) in list(enumerate(POSITIONS))[part::PARTS]:
        for shape in [shapes[(number * SHAPES_EACH + step) % len(shapes)] for step in range(SHAPES_EACH)]:
            for error in mistakes_in(with_shape(document, position, shape)):
                refused += 1
                assert error.place.line > 0 or error.message == "the file is empty"
                assert "is wrong:" not in error.message, f"{error} is not in words"
                assert str(error).isprintable()
                assert len(str(error)) < 1500
    assert refused > 100


@pytest.mark.parametrize("shape", ["5", "[[associate: corp]]", "null", "true", "[1, 2]", "1.5", "{1: 2}"])
def test_a_step_of_the_wrong_shape_is_told_where_it_stands(shape: str) -> None:
    (error,) = mistakes_in(f"scenario: x\nsteps:\n  - {shape}\n")
    assert (error.place.line, "step" in error.message) == (3, True)


@pytest.mark.parametrize("steps", ["5", "reload", "{reload: null}", "null", "[]", "true"])
def test_steps_are_a_list(steps: str) -> None:
    (error,) = mistakes_in(f"scenario: x\nsteps: {steps}\n")
    assert error.message.startswith("'steps' ")
    assert error.place.line == 2


def test_what_the_language_takes_the_schema_takes() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    shapes = [shape for name, shape in SHAPES.items() if name != "long text"]
    taken = 0
    for number, (kind, (document, position)) in enumerate(POSITIONS):
        if kind[:1] == ("matrix",):
            continue
        for shape in [shapes[(number * 3 + step) % len(shapes)] for step in range(3)]:
            text = with_shape(document, position, shape)
            if not mistakes_in(text):
                taken += 1
                validator.validate(parse_document(text, FILE).value)
    assert taken > 50
