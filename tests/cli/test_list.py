from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_the_table_gives_id_title_and_tags(eaptls: Callable[..., Any], suite: Path) -> None:
    ended = eaptls("list", suite)
    assert ended.code == 0
    assert ended.out == (
        "client/expired         An expired client is rejected  [client]\n"
        "tls/versions-more      Versions meet more than once  [tls, slow]\n"
        "tls/versions[tls=1.2]  Versions meet in 1.2  [tls]\n"
        "tls/versions[tls=1.3]  Versions meet in 1.3  [tls]\n"
    )


def test_json_gives_all_that_is_known(eaptls: Callable[..., Any], suite: Path) -> None:
    ended = eaptls("list", "--json", suite, "-k", "expired")
    assert json.loads(ended.out) == [
        {
            "id": "client/expired",
            "title": "An expired client is rejected",
            "why": "",
            "file": str(suite / "client" / "expired.yaml"),
            "line": 1,
            "tags": ["client"],
            "refs": [],
        }
    ]


@pytest.mark.parametrize("command", ["list", "run"])
def test_no_case_selected_is_exit_2(command: str, eaptls: Callable[..., Any], suite: Path) -> None:
    ended = eaptls(command, suite, "-k", "nothing")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "eaptls: no case matches -k 'nothing'; 'eaptls list' shows which cases there are\n"
