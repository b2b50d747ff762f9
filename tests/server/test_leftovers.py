from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.server.folders import claimed
from harness.server.leftovers import Left, remove_folders
from harness.server.orphans import end_orphans, has_orphans, server_arguments
from harness.server.ownership import Owner, this_process


@pytest.fixture
def serve() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start something that looks like the server of a folder, or nearly so."""
    started = []

    def serve(*arguments: str) -> subprocess.Popen[bytes]:
        script = "echo; read -r _"
        command = ["/bin/sh", "-c", script, *arguments]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        started.append(process)
        return process

    yield serve
    for process in started:
        process.kill()
        process.communicate()


def _directory(where: Path, name: str, owner: str | None) -> Path:
    directory = where / name
    directory.mkdir()
    (directory / "server.key").write_text("secret")
    if owner is not None:
        (directory / "owner").write_text(owner)
    return directory


def test_only_directories_of_the_dead_are_removed(tmp_path: Path, dead: Owner) -> None:
    left = _directory(tmp_path, "eaptls-server-1-a", f"{dead}\n")
    _directory(tmp_path, "eaptls-server-2-b", f"{this_process()}\n")
    _directory(tmp_path, "eaptls-server-3-c", None)
    earlier = _directory(tmp_path, "eaptls-server-4-d", "123.456\n")
    elsewhere = _directory(tmp_path, "eaptls-server-5-e", f"{replace(dead, boot='x')}\n")
    _directory(tmp_path, "somebody-else", f"{dead}\n")
    before = set(tmp_path.iterdir())
    assert list(remove_folders(tmp_path)) == [
        Left(f"directory {left}"),
        Left(f"directory {earlier}", "an earlier version made it"),
        Left(f"directory {elsewhere}", "of another host or namespace"),
    ]
    assert before - set(tmp_path.iterdir()) == {left}


def test_what_somebody_else_cleans_up_just_now_is_his(tmp_path: Path, dead: Owner) -> None:
    left = _directory(tmp_path, "eaptls-server-1-a", f"{dead}\n")
    with claimed(left):
        assert list(remove_folders(tmp_path)) == []
    assert list(remove_folders(tmp_path)) == [Left(f"directory {left}")]


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    assert list(remove_folders(tmp_path / "none")) == []


def test_an_orphan_ends_before_its_folder_goes(
    tmp_path: Path, dead: Owner, serve: Callable[..., subprocess.Popen[bytes]]
) -> None:
    left = _directory(tmp_path, "eaptls-server-1-a", f"{dead}\n")
    orphan = serve("freeradius", *server_arguments(left))
    assert list(remove_folders(tmp_path)) == [Left(f"process {orphan.pid}"), Left(f"directory {left}")]
    assert orphan.wait(10) == -9


def test_the_server_of_a_live_run_is_no_orphan(
    tmp_path: Path, serve: Callable[..., subprocess.Popen[bytes]]
) -> None:
    live = _directory(tmp_path, "eaptls-server-1-a", f"{this_process()}\n")
    server = serve("freeradius", *server_arguments(live))
    assert list(remove_folders(tmp_path)) == []
    assert server.poll() is None


def test_a_process_that_only_names_the_folder_is_none_of_its_servers(
    tmp_path: Path, serve: Callable[..., subprocess.Popen[bytes]]
) -> None:
    others = [
        serve("less", str(tmp_path)),
        serve("freeradius", *server_arguments(tmp_path / "longer")),
        serve("freeradius", *server_arguments(tmp_path), "-n"),
        serve("vim", "-d", str(tmp_path)),
    ]
    assert not has_orphans(tmp_path)
    assert end_orphans(tmp_path) == []
    assert [other.poll() for other in others] == [None] * 4
