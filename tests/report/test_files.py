from __future__ import annotations

import os
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
