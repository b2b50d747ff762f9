from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.scenario import catalogue, coverage
from harness.scenario.catalogue import Row


@pytest.fixture
def three_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (
        Row("A01", ("H",), "First"),
        Row("A02", ("U",), "Second"),
        Row("A03", ("I",), "Third", "A reason"),
    )
    monkeypatch.setattr(coverage, "rows", lambda: rows)
    monkeypatch.setattr(coverage, "marked_tests", lambda: {"A01": ("tests/test_x.py::test_x",)})


def write(folder: Path, refs: str) -> Path:
    file = folder / "case.yaml"
    steps = "steps:\n  - associate: corp\n    expect: connected\n"
    file.write_text(f"scenario: A title\nref: [{refs}]\n{steps}")
    return file


def test_every_row_says_what_covers_it(eaptls: Callable[..., Any], tmp_path: Path, three_rows: None) -> None:
    ended = eaptls("coverage", write(tmp_path, "device-A02, RFC 5216"))
    assert ended.code == 0
    assert ended.out == (
        "A01  First  [H]\n"
        "     tests/test_x.py::test_x\n"
        "A02  Second  [U]\n"
        "     case\n"
        "A03  Third  [I]\n"
        "     left: A reason\n"
        "3 rows: 2 covered, 1 left with a reason, 0 unexplained\n"
    )


def test_a_row_that_nothing_explains_is_exit_1(
    eaptls: Callable[..., Any], tmp_path: Path, three_rows: None
) -> None:
    ended = eaptls("coverage", write(tmp_path, "RFC 5216"))
    assert ended.code == 1
    assert "     left: nothing covers it, and nothing says why\n" in ended.out
    assert ended.out.endswith("3 rows: 1 covered, 1 left with a reason, 1 unexplained\n")


def test_a_reference_to_no_row_is_exit_1(
    eaptls: Callable[..., Any], tmp_path: Path, three_rows: None
) -> None:
    ended = eaptls("coverage", write(tmp_path, "device-A02, device-A99"))
    assert ended.code == 1
    assert "there is no row A99, named by case\n" in ended.out


def test_json_has_the_rows_with_all_that_is_known(
    eaptls: Callable[..., Any], tmp_path: Path, three_rows: None
) -> None:
    ended = eaptls("coverage", "--json", write(tmp_path, "device-A02"))
    document = json.loads(ended.out)
    assert (document["complete"], document["unknown"]) == (True, [])
    assert document["rows"][1] == {
        "id": "A02",
        "group": "Certificate IDs and input",
        "tags": ["U"],
        "text": "Second",
        "scenarios": ["case"],
        "tests": [],
        "left": "",
    }


def test_the_built_in_suite_and_the_tests_leave_nothing_unexplained(eaptls: Callable[..., Any]) -> None:
    ended = eaptls("coverage")
    assert ended.code == 0, ended.out
    assert f"{len(catalogue.rows())} rows: " in ended.out
