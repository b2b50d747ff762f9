from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.server.leftovers import find_directories
from harness.server.ownership import Owner, this_process


@pytest.fixture
def dead() -> Owner:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return Owner(process.pid, 1)


def _directory(where: Path, name: str, owner: str | None) -> Path:
    directory = where / name
    directory.mkdir()
    if owner is not None:
        (directory / "owner").write_text(owner)
    return directory


def test_only_directories_of_the_dead_are_found(tmp_path: Path, dead: Owner) -> None:
    left = _directory(tmp_path, "eaptls-server-1-a", f"{dead}\n")
    _directory(tmp_path, "eaptls-server-2-b", f"{this_process()}\n")
    _directory(tmp_path, "eaptls-server-3-c", None)
    _directory(tmp_path, "eaptls-server-4-d", "nonsense")
    _directory(tmp_path, "somebody-else", f"{dead}\n")
    assert list(find_directories(tmp_path)) == [left]
