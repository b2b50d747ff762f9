from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.scenario import catalogue
from harness.scenario.catalogue import CATALOGUES, is_row, is_section, rows, sections


def test_rows_are_unique_have_a_group_and_a_sentence() -> None:
    found = rows()
    assert len({row.id for row in found}) == len(found)
    assert {word: sum(row.catalogue == word for row in found) for word in CATALOGUES} == {
        "device": 217,
        "check": 283,
    }
    assert all(re.fullmatch(r"(?:device-[A-L]|check-[A-M])\d\d", row.id) for row in found)
    assert all(row.group and row.founded for row in found)
    assert all(bool(row.expected) is (row.catalogue == "check") for row in found)
    assert [row.id for row in found if row.text.endswith(".") or len(row.sentence.split()) < 4] == []


@pytest.mark.parametrize(
    ("reference", "row", "section"),
    [
        ("device-A08", True, False),
        ("check-B16", True, False),
        ("check-failure-matrix", True, False),
        ("device-3.4", False, True),
        ("device-5", False, True),
        ("check-3.4", True, False),
        ("device-", False, False),
        ("device", False, False),
        ("RFC 5216 5.3", False, False),
        ("seed-000", False, False),
    ],
)
def test_what_a_reference_means(reference: str, row: bool, section: bool) -> None:  # noqa: FBT001
    assert (is_row(reference), is_section(reference)) == (row, section)


def test_sections_are_those_of_the_behaviour_reference() -> None:
    assert sections()["device-3.4"] == "Which number for which fault"


def written(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    for word in CATALOGUES:
        (folder / f"catalogue_{word}.toml").write_text(text)
    monkeypatch.setattr(catalogue, "_FOLDER", folder)
    monkeypatch.setattr(catalogue, "rows", rows.__wrapped__)


HEAD = '[groups]\nA = "First"\n'


def test_columns_of_both_kinds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = '[rows]\nA01 = ["HU", "x"]\nA02 = ["x", "y", "RFC 1 2, CAT"]\n[partly]\nA01 = "z"\n'
    written(monkeypatch, tmp_path, HEAD + text + '[[left]]\nbecause = "why"\nrows = ["A02"]\n')
    first, second, *_ = catalogue.rows()
    assert (first.id, first.sentence, first.founded, first.partly) == ("device-A01", "x", ("H", "U"), "z")
    assert (second.sentence, second.founded, second.left) == ("x: y", ("RFC 1 2", "CAT"), "why")


def test_a_reason_belongs_to_a_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = '[rows]\nA01 = ["H", "x"]\n[partly]\nA03 = "z"\n[[left]]\nbecause = "why"\nrows = ["A02"]\n'
    written(monkeypatch, tmp_path, HEAD + text)
    with pytest.raises(
        ValueError, match=r"^catalogue_device\.toml gives a reason for rows that do not exist: A02, A03$"
    ):
        catalogue.rows()


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ('["X", "x"]', "has the tag 'X', which does not exist"),
        ('["x"]', "has neither two columns nor three"),
    ],
)
def test_a_row_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, columns: str, text: str
) -> None:
    written(monkeypatch, tmp_path, f"left = []\n{HEAD}[partly]\n[rows]\nA01 = {columns}\n")
    with pytest.raises(ValueError, match=rf"^catalogue_device\.toml: row A01 {text}$"):
        catalogue.rows()
