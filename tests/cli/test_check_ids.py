from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

GOOD = "azsphere device certificate add --cert-id x --cert-type rootca --public-key-file a.pem\n"


@pytest.fixture
def plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.sh").write_text(GOOD)
    (tmp_path / "b.sh").write_text(GOOD.replace("a.pem", "b.pem"))
    return tmp_path


@pytest.mark.usefixtures("plans")
def test_no_conflict_ends_with_0(eaptls: Callable[..., Any]) -> None:
    ended = eaptls("check-ids", "a.sh")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("\n0 conflicts, 1 note\n")


@pytest.mark.usefixtures("plans")
def test_conflicts_end_with_1(eaptls: Callable[..., Any]) -> None:
    ended = eaptls("check-ids", "a.sh", "b.sh")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.count("CONFLICT overwrite x\n") == 2
    assert eaptls("check-ids", "--in-order", "a.sh", "b.sh").out.count("CONFLICT") == 1


@pytest.mark.usefixtures("plans")
def test_an_id_can_be_allowed(eaptls: Callable[..., Any]) -> None:
    ended = eaptls("check-ids", "--allow", "x", "a.sh", "b.sh")
    assert ended.code == 0
    assert "accepted overwrite: " in ended.out


@pytest.mark.usefixtures("plans")
def test_json_has_the_same_exit_code(eaptls: Callable[..., Any]) -> None:
    ended = eaptls("check-ids", "--output", "json", "a.sh", "b.sh")
    assert (ended.code, json.loads(ended.out)["conflicts"]) == (1, 2)


@pytest.mark.usefixtures("plans")
def test_wrong_files_end_with_2(eaptls: Callable[..., Any], plans: Path) -> None:
    assert eaptls("check-ids").code == 2
    assert eaptls("check-ids", "absent.sh").code == 2
    (plans / "bad.sh").write_text("azsphere device certificate add --cert-id x\n")
    ended = eaptls("check-ids", "bad.sh", "a.sh")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("eaptls: bad.sh:1:0: `azsphere device certificate add` lacks ")


def test_no_word_of_a_password_is_told(eaptls: Callable[..., Any], plans: Path) -> None:
    line = "azsphere device certificate add --cert-id x --cert-type client --public-key-file a.pem "
    (plans / "c.sh").write_text(line + '--private-key-file a.key --private-key-password "hunter2"\n')
    ended = eaptls("check-ids", "--output", "json", "a.sh", "c.sh")
    assert "hunter2" not in ended.out + ended.err


@pytest.mark.usefixtures("plans")
def test_conflicts_are_annotations_on_github(
    eaptls: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    ended = eaptls("check-ids", "--in-order", "a.sh", "b.sh")
    assert "::error file=b.sh,line=1" in ended.out
