from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.cli.doctor import table
from harness.server import survey
from harness.server.survey import Item

ITEMS = [
    Item("python", present=True, detail="3.11.7"),
    Item(
        "freeradius",
        present=False,
        how_to_get="install the package freeradius",
        needed_for="servers as local processes",
    ),
]


def test_missing_things_come_with_how_to_get_them() -> None:
    assert table(ITEMS) == [
        "have  python      3.11.7",
        "MISS  freeradius  for servers as local processes; get it: install the package freeradius",
    ]


def test_no_way_to_run_a_server_is_exit_3(
    eaptls: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey, "survey", lambda: ITEMS)
    ended = eaptls("doctor")
    assert ended.code == 3
    assert ended.out.endswith(
        "\n\nNo server can be run here: get a container engine and its image, or FreeRADIUS.\n"
    )


@pytest.mark.server
def test_a_machine_with_freeradius_is_fit(eaptls: Callable[..., Any]) -> None:
    ended = eaptls("doctor")
    assert ended.code == 0
    assert "have  freeradius" in ended.out
