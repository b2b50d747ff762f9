from __future__ import annotations

from pathlib import Path

from harness.diagnosis.kinds import KINDS
from harness.diagnosis.reference import render
from harness.outcome import Cause

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "causes.md"


def test_the_page_is_what_the_catalogue_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), (
        "run: python -m harness.diagnosis.reference > docs/reference/causes.md"
    )


def test_the_page_names_every_cause_and_finding() -> None:
    page = render()

    assert [cause for cause in Cause if f"### `{cause}`\n" not in page] == []
    assert [kind.id for kind in KINDS if f"| `{kind.id}` |" not in page] == []


def test_fields_are_shown_as_such() -> None:
    assert "- **Means:** The server's certificate *subject* has expired by the device's clock." in render()
