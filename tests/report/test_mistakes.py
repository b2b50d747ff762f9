from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from harness.errors import Place, ScenarioError
from harness.report.mistakes import mistake_annotations, mistake_cases, write_checked

A, B = Path("suite/a.yaml"), Path("suite/b, 100%.yaml")
ERRORS = [
    ScenarioError("'relod' is no step", place=Place(A, 3, 5), fix="did you mean 'reload'?"),
    ScenarioError("the file is empty", place=Place(B)),
    ScenarioError("100% wrong\n::error::\x1b[31m\ud83d\ufffe", place=Place(A, 4, 1)),
]


def test_each_file_is_a_case_and_each_mistake_an_error_of_it() -> None:
    first, second = mistake_cases(ERRORS)
    assert first.attrib == {
        "classname": "scenarios",
        "name": "suite/a.yaml",
        "file": "suite/a.yaml",
        "line": "3",
    }
    assert [error.get("message") for error in first] == [
        "'relod' is no step; did you mean 'reload'?",
        r"100% wrong\n::error::\x1b[31m\ud83d\ufffe",
    ]
    assert first[0].text == "suite/a.yaml:3:5: 'relod' is no step; did you mean 'reload'?"
    assert [error.get("message") for error in second] == ["the file is empty"]
    assert mistake_cases([]) == []


def test_annotations_are_one_line_each_and_escaped() -> None:
    assert mistake_annotations(ERRORS) == [
        "::error file=suite/a.yaml,line=3,col=5,title=eaptls::'relod' is no step; did you mean 'reload'?",
        "::error file=suite/b%2C 100%25.yaml,title=eaptls::the file is empty",
        r"::error file=suite/a.yaml,line=4,col=1,title=eaptls::100%25 wrong\n::error::\x1b[31m\ud83d\ufffe",
    ]


@pytest.mark.parametrize(("errors", "count"), [([], "0"), (ERRORS, "2")])
def test_the_file_counts_cases_and_errors(errors: list[ScenarioError], count: str, tmp_path: Path) -> None:
    write_checked(tmp_path / "check.xml", [Path("suite/right.yaml")], errors)
    suite = ET.parse(tmp_path / "check.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("errors")) == (str(len(suite)), count)
    assert suite[0].get("name") == "suite/right.yaml"
    assert list(suite[0]) == []
