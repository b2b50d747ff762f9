from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.report import folders
from harness.report.folders import MARKER, Content

CASE = "client/expired"
CONTENTS = {
    "outcome.json": Content(b"{}\n"),
    "capture.pcapng": Content(b"secret", 0o600),
    "certificates/corp-root.pem": Content(b"pem"),
}


def _tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folders.write(tmp_path / "results", CASE, CONTENTS)


def test_everything_is_written_and_goes_away_again(folder: Path, tmp_path: Path) -> None:
    assert folder == tmp_path / "results" / "client" / "expired"
    assert _tree(folder).keys() == {*CONTENTS, MARKER}
    assert (folder / "capture.pcapng").stat().st_mode & 0o777 == 0o600
    folders.remove(tmp_path / "results", CASE)
    assert not folder.exists()


def test_what_the_user_changed_or_added_is_the_users(folder: Path, tmp_path: Path) -> None:
    (folder / "outcome.json").write_text("annotated")
    (folder / "certificates" / "mine.pem").write_text("mine")
    folders.remove(tmp_path / "results", CASE)
    assert _tree(folder) == {"outcome.json": b"annotated", "certificates/mine.pem": b"mine"}


def test_without_a_marker_nothing_is_the_harnesss(folder: Path, tmp_path: Path) -> None:
    (folder / MARKER).unlink()
    before = _tree(folder)
    folders.remove(tmp_path / "results", CASE)
    assert _tree(folder) == before


def test_a_copy_in_the_place_of_another_case_is_the_users(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "results" / "other")
    before = _tree(tmp_path / "results" / "other")
    folders.remove(tmp_path / "results", "other")
    assert _tree(tmp_path / "results" / "other") == before
    with pytest.raises(FileExistsError) as raised:
        folders.write(tmp_path / "results", "other", CONTENTS)
    assert raised.value.filename == str(tmp_path / "results" / "other" / MARKER)


@pytest.mark.parametrize("name", ["../outside.json", "/etc/x", "a/../b", "a/b/c", ".hidden", ""])
def test_a_marker_cannot_name_what_is_elsewhere(name: str, folder: Path, tmp_path: Path) -> None:
    marker = json.loads((folder / MARKER).read_text())
    marker["files"][name] = "0" * 64
    (folder / MARKER).write_text(json.dumps(marker))
    before = _tree(folder)
    folders.remove(tmp_path / "results", CASE)
    assert _tree(folder) == before


@pytest.mark.parametrize("change", [{"format": 2}, {"files": []}, {"partial": "notes.txt"}])
def test_a_marker_that_is_not_understood_proves_nothing(
    change: dict[str, object], folder: Path, tmp_path: Path
) -> None:
    (folder / MARKER).write_text(json.dumps({**json.loads((folder / MARKER).read_text()), **change}))
    (folder / "notes.txt").write_text("mine")
    before = _tree(folder)
    folders.remove(tmp_path / "results", CASE)
    assert _tree(folder) == before


def test_a_marker_that_was_cut_short_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "results" / CASE
    path.mkdir(parents=True)
    (path / MARKER).write_text('{"format": 1, "ca')
    (path / "notes.txt").write_text("mine")
    folders.remove(tmp_path / "results", CASE)
    folders.write(tmp_path / "results", CASE, CONTENTS)
    assert _tree(path).keys() == {*CONTENTS, MARKER, "notes.txt"}


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("link", [False, True])
def test_what_is_in_the_way_is_named_and_stays(name: str, *, link: bool, tmp_path: Path) -> None:
    results = tmp_path / "results"
    path = results / CASE / name
    path.parent.mkdir(parents=True)
    (tmp_path / "elsewhere").write_text("mine")
    if link:
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.write_text("mine")
    before = _tree(tmp_path)
    folders.remove(results, CASE)
    with pytest.raises(FileExistsError) as raised:
        folders.write(results, CASE, CONTENTS)
    assert raised.value.filename == str(path)
    assert raised.value.strerror == (
        "it is not as eaptls wrote it for this case; move it away, or name another folder with --results"
    )
    assert _tree(tmp_path) == before


@pytest.mark.parametrize("linked", ["client", CASE, f"{CASE}/certificates"])
def test_no_link_below_the_results_is_followed(linked: str, tmp_path: Path) -> None:
    outside = folders.write(tmp_path / "outside", CASE, CONTENTS)
    targets = {"client": outside.parent, CASE: outside, f"{CASE}/certificates": outside / "certificates"}
    link = tmp_path / "results" / linked
    link.parent.mkdir(parents=True)
    link.symlink_to(targets[linked])
    before = _tree(tmp_path / "outside")
    folders.remove(tmp_path / "results", CASE)
    with pytest.raises(NotADirectoryError) as raised:
        folders.write(tmp_path / "results", CASE, CONTENTS)
    assert raised.value.filename == str(link)
    assert _tree(tmp_path / "outside") == before


def test_the_results_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "results").symlink_to("real")
    folders.write(tmp_path / "results", CASE, CONTENTS)
    folders.remove(tmp_path / "results", CASE)
    assert _tree(tmp_path / "real") == {}


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, former[1]))
    try:
        with pytest.raises(OSError, match="File too large") as raised:
            folders.write(tmp_path, CASE, {**CONTENTS, "server.log": Content(b"x" * 20_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert raised.value.filename == str(tmp_path / CASE / "server.log")
    assert list((tmp_path / "client").iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from harness.report import folders
from harness.report.folders import Content

at, calls = int(sys.argv[2]), 0

def dying(real):
    def call(*args, **kwargs):
        global calls
        calls += 1
        if calls == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    return call

for name in ("open", "write", "rename", "mkdir", "unlink", "rmdir"):
    setattr(os, name, dying(getattr(os, name)))
results = Path(sys.argv[1])
contents = {"outcome.json": Content(b"{}"), "certificates/a.pem": Content(b"pem")}
folders.write(results, "client/expired", contents)
folders.remove(results, "client/expired")
folders.write(results, "client/expired", contents)
print(calls)
"""


def _killed(results: Path, at: int) -> int:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(results), str(at)], capture_output=True, check=False
    )
    return int(done.stdout) if done.returncode == 0 else done.returncode


def test_whenever_a_run_is_killed_the_next_one_knows_its_own(tmp_path: Path) -> None:
    calls = _killed(tmp_path / "whole", 0)
    assert calls > 30
    for at in range(1, calls + 1):
        results = tmp_path / str(at)
        (results / CASE).mkdir(parents=True)
        (results / CASE / "server.log").write_text("mine")
        assert _killed(results, at) == -9
        folders.remove(results, CASE)
        # Empty folders say nothing and may stay; of files only the user's does.
        assert _tree(results) == {f"{CASE}/server.log": b"mine"}, f"killed before call {at}"
        folders.write(results, CASE, CONTENTS)


def test_all_evidence_below_a_folder_can_be_removed(folder: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    flat = folders.write(results, "flat", CONTENTS)
    (results / "junit.xml").write_text("mine")
    moved = results / "kept"
    shutil.copytree(folder, moved)
    assert sorted(folders.remove_all(results)) == [folder, flat]
    assert _tree(results).keys() == {"junit.xml", *(f"kept/{name}" for name in (*CONTENTS, MARKER))}
    assert not (results / "client").exists()


def test_a_folder_that_does_not_exist_holds_nothing(tmp_path: Path) -> None:
    assert folders.remove_all(tmp_path / "none") == []
    folders.remove(tmp_path / "none", CASE)
    assert list(tmp_path.iterdir()) == []


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    actions: list[Callable[[], object]] = [
        lambda: folders.write(tmp_path, CASE, CONTENTS),
        lambda: folders.remove(tmp_path, CASE),
        lambda: folders.remove_all(tmp_path),
    ]
    for action in actions:
        action()
    assert count() == before
