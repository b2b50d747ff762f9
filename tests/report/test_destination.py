from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.report.destination import Kind, look, require_folder, require_writable


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def _refused(path: Path) -> str:
    with pytest.raises(UsageError) as raised:
        require_writable(path)
    return str(raised.value)


def test_a_file_is_found_behind_links(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("")
    (tmp_path / "middle").symlink_to("real")
    (tmp_path / "link").symlink_to(tmp_path / "middle")
    found = look(tmp_path / "link")
    assert (found.kind, found.real) == (Kind.FILE, (tmp_path / "real").resolve())


def test_a_link_to_nothing_yet_is_the_file_it_will_be(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("later")
    found = require_writable(tmp_path / "link")
    assert (found.kind, found.real, found.status) == (Kind.FILE, (tmp_path / "later").resolve(), None)


@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}", "/proc/thread-self/fd/{}", "link"])
def test_a_descriptor_of_this_process_is_known_by_all_its_names(
    name: str, pipe: tuple[int, int], tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(f"/dev/fd/{pipe[1]}")
    found = require_writable(tmp_path / name.format(pipe[1]))
    assert (found.kind, found.descriptor) == (Kind.DESCRIPTOR, pipe[1])


def test_a_descriptor_must_be_open_for_writing(pipe: tuple[int, int]) -> None:
    path = Path(f"/dev/fd/{pipe[0]}")
    assert _refused(path) == f"cannot write {path}: it is not open for writing"
    assert _refused(Path("/dev/fd/987")) == "cannot write /dev/fd/987: Bad file descriptor"


def test_a_device_and_a_named_pipe_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert require_writable(Path("/dev/null")).kind is Kind.DEVICE
    assert require_writable(tmp_path / "pipe").kind is Kind.PIPE


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        assert _refused(Path("s")) == "cannot write s: it is a socket; name a file, a pipe or a terminal"


def test_a_folder_is_no_report_file(tmp_path: Path) -> None:
    assert _refused(tmp_path) == f"cannot write {tmp_path}: it is a folder; name a file in it"


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("")
    path = tmp_path / "results" / "x" / "report.html"
    assert _refused(path) == f"cannot write {path}: Not a directory ({path.parent})"


def test_links_in_a_circle_are_said(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("a")
    assert _refused(tmp_path / "a") == f"cannot write {tmp_path}/a: Too many levels of symbolic links"


def test_write_protection_is_respected_also_by_root(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_text("mine")
    path.chmod(0o444)
    assert _refused(path) == (
        f"cannot write {path}: it is write-protected; make it writable or name another file"
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a", "./sub/../a", True),
        ("a", "link", True),
        ("a", "hard", True),
        ("later", "./later", True),
        ("a", "later", False),
        ("pipe", "pipe", True),
        ("/dev/null", "/dev/null", False),
    ],
)
def test_what_is_the_same(
    one: str, other: str, *, same: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    Path("a").write_text("")
    Path("link").symlink_to("a")
    Path("hard").hardlink_to("a")
    os.mkfifo("pipe")
    assert look(Path(one)).same(look(Path(other))) is same


def test_a_folder_is_made_and_a_file_in_its_place_is_said(tmp_path: Path) -> None:
    require_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"^cannot write to \S+/file: it is no folder$"):
        require_folder(tmp_path / "file")
