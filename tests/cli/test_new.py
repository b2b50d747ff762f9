from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.scenario.template import template


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_what_it_writes_has_no_mistakes(eaptls: Callable[..., Any]) -> None:
    ended = eaptls("new", "sub/first.yaml")
    assert ended.code == 0
    assert ended.out == (
        "sub/first.yaml written; run it with 'eaptls run sub/first.yaml'\n"
        "for an editor that completes and checks: eaptls schema > sub/scenario.schema.json\n"
    )
    assert eaptls("check", "sub/first.yaml").out == "1 scenario file, 1 case: no mistakes\n"


def test_an_existing_file_is_kept(eaptls: Callable[..., Any]) -> None:
    Path("scenario.yaml").write_text("mine")
    ended = eaptls("new")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "eaptls: scenario.yaml exists; give another name, or --force to replace it\n"
    assert Path("scenario.yaml").read_text() == "mine"


def test_force_replaces_it(eaptls: Callable[..., Any]) -> None:
    Path("scenario.yaml").write_text("mine")
    assert eaptls("new", "--force").code == 0
    assert Path("scenario.yaml").read_text() == template()


def test_a_link_to_nothing_is_something(eaptls: Callable[..., Any]) -> None:
    Path("scenario.yaml").symlink_to("elsewhere.yaml")
    assert eaptls("new").code == 2
    assert not Path("elsewhere.yaml").exists()


def test_force_keeps_a_link_and_respects_write_protection(eaptls: Callable[..., Any]) -> None:
    Path("real.yaml").write_text("mine")
    Path("scenario.yaml").symlink_to("real.yaml")
    assert eaptls("new", "--force").code == 0
    assert Path("scenario.yaml").is_symlink()
    assert Path("real.yaml").read_text() == template()
    Path("real.yaml").chmod(0o444)
    ended = eaptls("new", "--force")
    assert (ended.code, ended.err) == (
        2,
        "eaptls: cannot write scenario.yaml: it is write-protected; make it writable or name another file\n",
    )
