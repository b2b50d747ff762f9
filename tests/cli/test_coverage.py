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
        Row("device-A01", "First", group="IDs", founded=("H",), partly="A part"),
        Row("device-A02", "Second", group="IDs", founded=("U",)),
        Row("check-A03", "Third", "it ends", group="Baseline", founded=("RFC 1", "CAT"), left="A reason"),
    )
    monkeypatch.setattr(coverage, "rows", lambda: rows)
    monkeypatch.setattr(coverage, "marked_tests", lambda: {"device-A01": ("tests/test_x.py::test_x",)})


def write(folder: Path, refs: str) -> Path:
    file = folder / "case.yaml"
    steps = "steps:\n  - associate: corp\n    expect: connected\n"
    file.write_text(f"scenario: A title\nref: [{refs}]\n{steps}")
    return file


def test_every_row_says_what_covers_it(eaptls: Callable[..., Any], tmp_path: Path, three_rows: None) -> None:
    ended = eaptls("coverage", write(tmp_path, "device-A02, RFC 5216"))
    assert ended.code == 0
    assert ended.out == (
        "device-A01  First  [H]\n"
        "     tests/test_x.py::test_x\n"
        "     not shown: A part\n"
        "device-A02  Second  [U]\n"
        "     case\n"
        "check-A03  Third: it ends  [RFC 1, CAT]\n"
        "     left: A reason\n"
        "Device behaviour, IDs: 2 rows, 2 covered, 0 left with a reason, 0 unexplained\n"
        "Checks of a network, Baseline: 1 row, 0 covered, 1 left with a reason, 0 unexplained\n"
        "all: 3 rows, 2 covered, 1 left with a reason, 0 unexplained\n"
    )


def test_a_row_that_nothing_explains_is_exit_1(
    eaptls: Callable[..., Any], tmp_path: Path, three_rows: None
) -> None:
    ended = eaptls("coverage", write(tmp_path, "RFC 5216"))
    assert ended.code == 1
    assert "     left: nothing covers it, and nothing says why\n" in ended.out
    assert ended.out.endswith("all: 3 rows, 1 covered, 1 left with a reason, 1 unexplained\n")


def test_a_reason_for_a_row_that_is_covered_is_exit_1(
    eaptls: Callable[..., Any], tmp_path: Path, three_rows: None
) -> None:
    ended = eaptls("coverage", write(tmp_path, "device-A02, check-A03"))
    assert ended.code == 1
    assert "     case\n     left: A reason; and yet it is covered\n" in ended.out


@pytest.mark.parametrize("reference", ["device-A99", "check-failure-matrix", "device-9.9"])
def test_a_reference_to_no_row_is_exit_2(
    eaptls: Callable[..., Any], tmp_path: Path, three_rows: None, reference: str
) -> None:
    file = write(tmp_path, f"device-A02, {reference}")
    ended = eaptls("coverage", file)
    assert (ended.code, ended.err) == (2, f"eaptls: there is no {reference}, named by {file}:1\n")
    assert "device-A01  First" in ended.out


def test_json_has_the_rows_with_all_that_is_known(
    eaptls: Callable[..., Any], tmp_path: Path, three_rows: None
) -> None:
    ended = eaptls("coverage", "--json", write(tmp_path, "device-A02"))
    document = json.loads(ended.out)
    assert (document["complete"], document["unknown"]) == (True, [])
    assert document["rows"][1] == {
        "id": "device-A02",
        "group": "IDs",
        "text": "Second",
        "expected": "",
        "founded": ["U"],
        "scenarios": ["case"],
        "tests": [],
        "left": "",
        "partly": "",
    }


def test_the_built_in_suite_and_the_tests_leave_nothing_unexplained(eaptls: Callable[..., Any]) -> None:
    ended = eaptls("coverage")
    assert ended.code == 0, ended.out
    assert f"all: {len(catalogue.rows())} rows, " in ended.out
