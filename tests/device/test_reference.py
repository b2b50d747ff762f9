from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from harness.device.profile import DeviceProfile
from harness.device.reference import render
from harness.device.switches import TAGS, Note, note

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "device-switches.md"


def test_the_page_is_what_the_profile_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), (
        "run: python -m harness.device.reference > docs/reference/device-switches.md"
    )


def test_every_switch_is_on_the_page_once() -> None:
    page = render()
    assert [
        field.name
        for field in fields(DeviceProfile)
        if page.count(f"| `{field.name.replace('_', '-')}` |") != 1
    ] == []


def test_every_switch_says_what_is_known() -> None:
    for field in fields(DeviceProfile):
        known = field.metadata["note"]
        assert isinstance(known, Note), field.name
        assert known.tag in TAGS
        assert known.text.endswith(".")


def test_a_tag_has_to_exist() -> None:
    with pytest.raises(KeyError, match=r"^'X'$"):
        note("X", "1.1", "Nothing.")
