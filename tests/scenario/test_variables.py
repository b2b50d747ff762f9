from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioErrors
from harness.scenario.document import Plain, parse_document
from harness.scenario.variables import check_references, substitute

VALUES: dict[str, Plain] = {"n": 3, "on": True, "list": ["a"], "word": "x"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${n}", 3),
        ("${on}", True),
        ("${list}", ["a"]),
        ("+${n}d", "+3d"),
        ("${word} and ${on}", "x and true"),
        ("$${n}", "${n}"),
        ("$n", "$n"),
        ("${unknown}", "${unknown}"),
    ],
)
def test_a_variable_alone_is_its_value_and_inside_a_text_it_is_written_out(
    text: str, expected: Plain
) -> None:
    assert substitute(text, VALUES) == expected
    assert substitute({"key": [text]}, VALUES) == {"key": [expected]}


@given(st.text().filter(lambda text: "${" not in text))
def test_a_text_without_variables_stays_as_it_is(text: str) -> None:
    assert substitute(text, VALUES) == text


def test_a_variable_without_a_matrix_is_a_mistake() -> None:
    with pytest.raises(ScenarioErrors) as caught:
        check_references(parse_document("a: [1, 'x ${tls}']\n", Path("case.yaml")), ())
    assert str(caught.value) == (
        "case.yaml:1:8: ${tls} has no matrix; write $${ for the text itself, or add a matrix"
    )
