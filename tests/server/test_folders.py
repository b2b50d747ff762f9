from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.server.folders import PrivateFolder, claimed, private_folders
from harness.server.ownership import Life, Owner

_MAKE = """
import os, sys
from harness.server.folders import PrivateFolder
made = PrivateFolder()
(made.path / "key").write_text("secret")
print(made.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


@pytest.fixture
def another() -> Iterator[subprocess.Popen[str]]:
    """A process that has made a folder, and the folder's path on its standard output."""
    with subprocess.Popen(
        [sys.executable, "-c", _MAKE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def _left(where: Path, words: str | None, name: str = "eaptls-server-1-a") -> Path:
    folder = where / name
    (folder / "pki").mkdir(parents=True)
    (folder / "pki" / "server.key").write_text("secret")
    if words is not None:
        (folder / "owner").write_text(words)
    return folder


def _life(folder: Path) -> tuple[Life, str]:
    with claimed(folder) as claim:
        return claim.life, claim.reason


def test_it_is_private_and_goes_once(temporary: Path) -> None:
    made = PrivateFolder()
    (made.path / "file").write_text("text")
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o700
    assert private_folders() == [made.path]
    assert _life(made.path) == (Life.ALIVE, "")
    made.remove()
    made.remove()
    assert list(temporary.iterdir()) == []


def test_its_lock_outlives_no_run(another: subprocess.Popen[str]) -> None:
    assert another.stdout is not None
    folder = Path(another.stdout.readline().rstrip())
    # Whatever its processes look like from here.
    owner = folder / "owner"
    text = owner.read_text()
    for words in (text, text.replace("namespace=", "namespace=1"), text.replace("boot=", "boot=x")):
        owner.write_text(words)
        assert _life(folder) == (Life.ALIVE, "")
    owner.write_text(text.replace("namespace=", "namespace=1"))
    another.kill()
    another.wait()
    with claimed(folder) as claim:
        assert claim.life is Life.DEAD
        assert claim.remove()
    assert not folder.exists()


def test_the_lock_is_in_no_child(another: subprocess.Popen[str]) -> None:
    made = PrivateFolder()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False) as child:
        files = [file.readlink() for file in Path(f"/proc/{child.pid}/fd").iterdir()]
        child.communicate()
    assert made.path / "owner" not in files
    made.remove()


def test_a_dead_owner_without_a_lock_counts_here_alone(temporary: Path, dead: Owner) -> None:
    assert _life(_left(temporary, f"{dead}\n")) == (Life.DEAD, "")
    elsewhere = replace(dead, namespace=1)
    assert _life(_left(temporary, f"{elsewhere}\n", "eaptls-server-2-b")) == (
        Life.UNKNOWN,
        "of another host or namespace",
    )
    # The file system has locks, and nobody has this one.
    assert _life(_left(temporary, f"{elsewhere} lock=flock\n", "eaptls-server-3-c"))[0] is Life.DEAD


@pytest.mark.parametrize("words", ["123.456\n", "nonsense"])
def test_what_an_earlier_version_made_is_left_alone(temporary: Path, words: str) -> None:
    assert _life(_left(temporary, words)) == (Life.UNKNOWN, "an earlier version made it")


def test_a_folder_in_removal_and_one_that_nobody_removes(temporary: Path) -> None:
    folder = _left(temporary, None)
    assert _life(folder) == (Life.ALIVE, "")
    long_ago = time.time() - 120
    os.utime(folder, (long_ago, long_ago))
    assert _life(folder) == (Life.UNKNOWN, "it does not tell whose it is")


@pytest.mark.parametrize("with_file", [False, True])
def test_a_run_that_was_killed_before_it_told_who_it_is(temporary: Path, *, with_file: bool) -> None:
    folder = temporary / "eaptls-server-1-a"
    folder.mkdir()
    if with_file:
        (folder / "owner").touch()
    with claimed(folder) as claim:
        assert claim.life is Life.DEAD
        assert claim.remove()
    assert not folder.exists()


@pytest.mark.parametrize("moment", ["mkdtemp", "open"])
def test_whoever_makes_one_gets_another_when_somebody_cleans_up_just_then(
    moment: str, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed: list[Path] = []

    def clean_up(*_: object) -> None:
        if not removed:
            for folder in private_folders():
                with claimed(folder) as claim:
                    assert claim.life is Life.DEAD
                    assert claim.remove()
                    removed.append(folder)

    if moment == "mkdtemp":
        make = tempfile.mkdtemp

        def mkdtemp(**options: str) -> str:
            path = make(**options)
            clean_up()
            return path

        monkeypatch.setattr("tempfile.mkdtemp", mkdtemp)
    else:
        lock = fcntl.flock

        def flock(file: int, how: int) -> None:
            if how == fcntl.LOCK_EX:
                clean_up()
            lock(file, how)

        monkeypatch.setattr("fcntl.flock", flock)
    made = PrivateFolder()
    assert len(removed) == 1
    assert made.path not in removed
    assert _life(made.path) == (Life.ALIVE, "")
    made.remove()


def test_a_link_is_not_followed(temporary: Path, dead: Owner) -> None:
    elsewhere = _left(temporary / "elsewhere", f"{dead}\n")
    link = temporary / "eaptls-server-9-z"
    link.symlink_to(elsewhere)
    assert private_folders() == []
    with claimed(link) as claim:
        claim.remove()
    assert (elsewhere / "pki" / "server.key").exists()


def test_an_owner_file_that_is_none(temporary: Path) -> None:
    folder = temporary / "eaptls-server-1-a"
    folder.mkdir()
    os.mkfifo(folder / "owner")
    assert _life(folder) == (Life.UNKNOWN, "it was not made by eaptls")
    (folder / "owner").unlink()
    (folder / "owner").symlink_to("/etc/passwd")
    assert _life(folder)[0] is Life.UNKNOWN
