from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.scenario import catalogue
from harness.scenario.catalogue import rows


def test_rows_are_unique_have_a_group_and_a_sentence() -> None:
    found = rows()
    assert len({row.id for row in found}) == len(found) == 149
    assert len({row.text for row in found}) == len(found)
    assert all(re.fullmatch(r"[A-I]\d\d", row.id) and row.group and row.tags for row in found)
    assert [row.id for row in found if row.text.endswith(".") or len(row.text.split()) < 5] == []


def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text(text)
    monkeypatch.setattr(catalogue, "_FILE", file)
    rows.cache_clear()
    monkeypatch.setattr(catalogue, "rows", rows.__wrapped__)


def test_a_reason_belongs_to_a_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written(monkeypatch, tmp_path, '[rows]\nA01 = ["H", "x"]\n[left]\nA02 = "why"\n')
    with pytest.raises(ValueError, match=r"^catalogue\.toml gives a reason for rows that do not exist: A02$"):
        catalogue.rows()


def test_a_tag_that_does_not_exist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written(monkeypatch, tmp_path, '[rows]\nA01 = ["X", "x"]\n[left]\n')
    with pytest.raises(ValueError, match=r"^catalogue\.toml: row A01 has the tag 'X', which does not exist$"):
        catalogue.rows()
