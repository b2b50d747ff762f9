from __future__ import annotations

import errno
import os
import resource
import select
import stat
import threading
from pathlib import Path

import pytest

from harness.report import files


def test_write_makes_folders_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b.txt"
    files.write(target, "first")
    files.write(target, "second")
    assert target.read_text() == "second"
    assert list(target.parent.iterdir()) == [target]


def test_a_private_file_is_never_readable_by_others(tmp_path: Path) -> None:
    target = tmp_path / "client.key"
    target.write_text("old")
    target.chmod(0o644)
    files.create(target, b"x", mode=files.PRIVATE)
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_and_what_it_names_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    files.write(tmp_path / "link", "new")
    assert (tmp_path / "link").readlink() == Path("real")
    assert (tmp_path / "real").read_text() == "new"


def test_another_hard_link_keeps_the_old_content(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("old")
    (tmp_path / "report").hardlink_to(tmp_path / "kept")
    files.write(tmp_path / "report", "new")
    assert [(tmp_path / name).read_text() for name in ("kept", "report")] == ["old", "new"]


def test_mode_and_owner_are_kept(tmp_path: Path) -> None:
    target = tmp_path / "report"
    target.write_text("old")
    target.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(target, 1234, 2345)
    before = target.stat()
    files.write(target, "new")
    after = target.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


def test_devices_and_descriptors_are_written_into(tmp_path: Path) -> None:
    before = Path("/dev/null").stat()
    files.write(Path("/dev/null"), "gone")
    assert os.path.samestat(Path("/dev/null").stat(), before)
    with (tmp_path / "log").open("w+") as log:
        log.write("first\n")
        log.flush()
        files.write(Path(f"/dev/fd/{log.fileno()}"), "second\n")
        log.seek(0)
        assert log.read() == "first\nsecond\n"


def test_a_descriptor_that_does_not_block_gets_everything() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    content = b"x" * 300_000
    received = bytearray()

    def read() -> None:
        while len(received) < len(content):
            received.extend(os.read(reading, 65536))

    reader = threading.Thread(target=read)
    reader.start()
    files.pour(writing, content)
    reader.join(30)
    os.close(reading)
    os.close(writing)
    assert bytes(received) == content


def test_a_pipe_that_nobody_reads_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_READER_WAIT", 0.0)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="nobody reads from this pipe") as raised:
        files.write(tmp_path / "pipe", "x")
    assert raised.value.filename == str(tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_pipe_whose_reader_goes_away_is_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)

    def leave() -> None:
        ready = select.poll()
        ready.register(reading, select.POLLIN)
        ready.poll()
        os.close(reading)

    reader = threading.Thread(target=leave)
    reader.start()
    with pytest.raises(BrokenPipeError, match="its reader went away"):
        files.write(tmp_path / "pipe", b"x" * 300_000)
    reader.join(30)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "report.xml"
    files.write(target, "old")
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, former[1]))
    try:
        with pytest.raises(OSError, match="File too large") as raised:
            files.write(target, b"x" * 20_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert raised.value.filename == str(target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_no_room_on_a_device_is_said_with_its_name() -> None:
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        files.write(Path("/dev/full"), "x")


def test_a_file_that_cannot_be_replaced_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "mounted"
    target.write_text("a longer old content")
    inode = target.stat().st_ino

    def busy(_self: Path, _target: Path) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    # What rename(2) says of a file that is mounted into a container.
    monkeypatch.setattr(Path, "replace", busy)
    files.write(target, "new")
    assert (target.read_text(), target.stat().st_ino) == ("new", inode)
    assert list(tmp_path.iterdir()) == [target]


def test_names_in_one_folder_are_never_shared() -> None:
    names = ["b", "a/b", "a b", "a_b", "\udcff", "-b", ".b"]
    assert len({files.safe_name(name) for name in names}) == len(names)
    assert files.safe_name("corp-root") == "corp-root"


def test_lone_surrogates_do_not_stop_a_report(tmp_path: Path) -> None:
    files.write(tmp_path / "a", "name \udcff")
    assert (tmp_path / "a").read_text() == "name \\udcff"


@pytest.mark.parametrize(
    ("case_id", "folder"),
    [
        ("overwrite/client-by-root-ca", "overwrite/client-by-root-ca"),
        ("tls/versions[tls=1.2,key=ec-p256]", "tls/versions_tls=1.2,key=ec-p256-8a606d3a"),
        ("../../etc/passwd", None),
        ("/etc/passwd", None),
        ("a//b", None),
        ("-rf", None),
        ("", None),
        ("x" * 300, None),
        ("a/$(reboot);\n`x`", None),
        ("ümlaut", None),
    ],
)
def test_case_ids_become_safe_folders(case_id: str, folder: str | None) -> None:
    safe = files.safe_folder(case_id)
    assert not safe.is_absolute()
    for part in safe.parts:
        assert part != ".."
        assert not part.startswith(("-", "."))
        assert len(os.fsencode(part)) <= 120
        assert set(part) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._=,+-")
    if folder is not None:
        assert safe == Path(folder)


def test_ids_that_differ_only_in_unsafe_characters_have_folders_of_their_own() -> None:
    ids = ["a[b]", "a(b)", "a_b", "a b", "a_b_", "_a_b"]
    assert len({files.safe_folder(case_id) for case_id in ids}) == len(ids)
