from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import EnvironmentUnavailable
from harness.server.process import binary_version, find_binary, parse_version


def test_the_version_in_what_the_binary_says() -> None:
    said = (
        "radiusd: FreeRADIUS Version 3.2.1, for host x86_64-pc-linux-gnu, built on Aug 18 2023 at 22:26:34\n"
    )
    assert parse_version(said) == "3.2.1"
    assert parse_version("something else") == ""


def test_the_binary_is_found_by_either_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("harness.server.process._SYSTEM_FOLDERS", ())
    with pytest.raises(EnvironmentUnavailable) as missing:
        find_binary()
    assert str(missing.value) == (
        "there is no FreeRADIUS on this machine; "
        "install the package freeradius (radiusd outside Debian), or run radius/setup-server.sh"
    )
    (tmp_path / "radiusd").touch(mode=0o755)
    assert find_binary() == tmp_path / "radiusd"


def test_a_binary_that_is_something_else(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnavailable, match=r"^/bin/echo does not tell its version; give the path"):
        binary_version(Path("/bin/echo"))
    with pytest.raises(EnvironmentUnavailable, match=r"does not run: .*; install FreeRADIUS again$"):
        binary_version(tmp_path / "nothing")
