from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_good_files_are_counted(eaptls: Callable[..., Any], suite: Path) -> None:
    ended = eaptls("check", suite)
    assert (ended.code, ended.out, ended.err) == (0, "3 scenario files, 4 cases: no mistakes\n", "")


def test_one_of_each_is_said_in_the_singular(eaptls: Callable[..., Any], suite: Path) -> None:
    ended = eaptls("check", suite / "client")
    assert ended.out == "1 scenario file, 1 case: no mistakes\n"


def test_every_mistake_is_named_and_counted(eaptls: Callable[..., Any], suite: Path) -> None:
    bad = suite / "client" / "expired.yaml"
    bad.write_text(bad.read_text().replace("connected", "conected"))
    worse = suite / "tls" / "versions-more.yaml"
    worse.write_text("scenario: [\n")
    ended = eaptls("check", suite)
    assert (ended.code, ended.out) == (2, "")
    first, second, count = ended.err.splitlines()
    assert first.startswith(f"eaptls: {bad}:5:")
    assert "'conected'" in first
    assert second.startswith(f"{worse}:")
    assert count == "2 mistakes"
