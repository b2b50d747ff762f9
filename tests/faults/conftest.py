"""Runs that are killed: what they start is found by their own temporary folder and by their labels."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ENTRY = "from harness.cli.entry import main; main()"
BACKENDS = [
    pytest.param("process", marks=pytest.mark.server),
    pytest.param("container", marks=pytest.mark.container),
]
_WITHIN = 60.0
"""Seconds; much more than anything takes on a machine that is not overloaded."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", BACKENDS)


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


class Ground:
    """A temporary folder for runs, and what they have left in it and in the engine."""

    def __init__(self, folder: Path) -> None:
        self.temporary = folder / "tmp"
        self.work = folder / "work"
        self.temporary.mkdir(mode=0o755)
        self.work.mkdir()
        self._runs: set[int] = set()

    def start(self, *arguments: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        run = subprocess.Popen(
            [*before, sys.executable, "-c", ENTRY, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.work,
            env={**os.environ, "TMPDIR": str(self.temporary)},
        )
        self._runs.add(run.pid)
        return run

    def call(self, *arguments: str, before: tuple[str, ...] = ()) -> Ended:
        with self.start(*arguments, before=before) as run:
            try:
                out, err = run.communicate(timeout=60)
            finally:
                run.kill()
        return Ended(run.returncode, out, err)

    def folders(self) -> list[Path]:
        return sorted(self.temporary.glob("eaptls-server-*"))

    def processes(self) -> list[str]:
        """The command lines that name the folder; a killed server may be unburied, but has none."""
        found = []
        for process in Path("/proc").iterdir():
            if not process.name.isdecimal() or int(process.name) in self._runs:
                continue
            try:
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(self.temporary) in command:
                found.append(command)
        return found

    def containers(self) -> dict[str, str]:
        """The state of each container that a run of this ground has made, by name."""
        import docker
        from docker.errors import DockerException

        try:
            client: Any = docker.from_env(timeout=30)
        except DockerException:
            return {}
        try:
            found = client.containers.list(
                all=True, filters={"label": "org.eaptls.held-by"}, ignore_removed=True
            )
            return {each.name: each.status for each in found if self._owns(each.labels)}
        finally:
            client.close()

    def running(self) -> list[str]:
        """Whatever runs; a container that was made and never started does not."""
        return self.processes() + [name for name, state in self.containers().items() if state != "created"]

    def _owns(self, labels: dict[str, str]) -> bool:
        folder, owner = labels.get("org.eaptls.folder", ""), labels["org.eaptls.held-by"]
        return folder.startswith(str(self.temporary)) or any(
            owner.startswith(f"pid={pid} ") for pid in self._runs
        )


@pytest.fixture
def ground() -> Iterator[Ground]:
    # Unlike pytest's own, an unprivileged server may enter it.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Ground(Path(folder))


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], bool]:
    """Whether something comes true; what is left to the kernel and the engine takes its time."""

    def wait(true: Callable[[], object], within: float = _WITHIN) -> bool:
        deadline = time.monotonic() + within
        while not true():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    return wait
