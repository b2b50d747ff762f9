from __future__ import annotations

import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

UP = [
    sys.executable,
    "-c",
    "from harness.cli.main import main; main()",
    "server",
    "up",
    "--server",
    "process",
]
NAMES = {"ca.pem", "client.pem", "client.key", "secret", "eapol_test.conf"}


class _Up:
    """A server that ``server up`` runs, and what it printed."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self.child = child
        self.told: dict[str, str] = {}
        assert child.stdout is not None
        for line in iter(child.stdout.readline, "Ctrl-C stops it.\n"):
            assert line, "it ended before it was ready"
            label, _, text = line.rstrip("\n").partition("  ")
            self.told[label] = text.strip()


@contextmanager
def _up(*options: str) -> Iterator[_Up]:
    with subprocess.Popen([*UP, *options], stdout=subprocess.PIPE, text=True) as child:
        try:
            yield _Up(child)
        finally:
            child.send_signal(signal.SIGINT)
            child.wait(10)


@pytest.mark.server
@pytest.mark.interop
@pytest.mark.parametrize(("option", "version"), [("1.2", "TLSv1.2"), ("1.3", "TLSv1.3"), ("both", "TLSv1.3")])
def test_what_it_prints_works_with_eapol_test(option: str, version: str) -> None:
    with _up("--tls", option) as server:
        done = subprocess.run(server.told["try it"], shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert f"SSL: Using TLS version {version}" in done.stdout


@pytest.mark.server
def test_files_that_were_asked_for_stay_and_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with _up("--write", str(folder)) as server:
        assert server.told["files"] == str(folder)
    assert server.child.returncode == 0
    files = list(folder.iterdir())
    assert {file.name for file in files} == NAMES
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@pytest.mark.server
def test_other_files_go_when_it_ends() -> None:
    with _up() as server:
        assert {file.name for file in Path(server.told["files"]).iterdir()} > NAMES
    assert server.child.returncode == 0
    assert not Path(server.told["files"]).exists()
