from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.report import proof

PAGE = "<!doctype html>\n<p>1 passed \udcff</p>\n</html>"


def test_a_page_proves_itself(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    proof.require_own(path)
    path.write_bytes(proof.sealed(PAGE))
    assert proof.is_own(path)
    proof.require_own(path)
    assert path.read_bytes().startswith(
        b"<!doctype html>\n<p>1 passed \\udcff</p>\n</html>\n<!-- eaptls sha256 "
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"1 passed", b"2 passed"), (b" -->\n", b" -->\nmine\n"), (b"<!doctype", b"mine<!doctype")],
)
def test_a_page_that_was_changed_is_the_users(old: bytes, new: bytes, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(proof.sealed(PAGE).replace(old, new))
    assert not proof.is_own(path)
    with pytest.raises(UsageError) as raised:
        proof.require_own(path)
    assert str(raised.value) == (
        f"cannot write {path}: it is not as eaptls wrote it; move it away, or name the page with --html"
    )


def test_a_link_to_a_page_is_the_users(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(proof.sealed(PAGE))
    (tmp_path / "report.html").symlink_to("real")
    assert not proof.is_own(tmp_path / "report.html")
    (tmp_path / "real").unlink()
    with pytest.raises(UsageError):
        proof.require_own(tmp_path / "report.html")
