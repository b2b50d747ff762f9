"""Faults of the machine are no verdicts: full and read-only disks, odd names of folders, no more descriptors."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.faults

FULL = os.environ.get("EAPTLS_FAULTS") == "full"
SIZES = range(64, 513, 32) if FULL else (128, 192)
"""kB. A server's folder takes about 40, an association 30."""
LIMITS = range(10, 64, 2) if FULL else (14, 24, 34)
NAMES = ["%{User-Name} %2F", "colon:comma,semi;", 'quote"\' back\\slash $HOME ${x}', "new\nline", "ünïcödé"]
TWELVE = "scenario: A dozen associations\nsteps:\n" + "  - associate: corp\n    expect: connected\n" * 12

Mount = Callable[..., None]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mount a file system of some kB over a folder; it is seen by the container engine, too."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small file system")
    mounted: list[Path] = []

    def do(folder: Path, *options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", ",".join(["mode=1777", *options]), "tmpfs", str(folder)]
        subprocess.run(command, check=True)
        if folder not in mounted:
            mounted.append(folder)

    yield do
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("size", SIZES)
def test_a_full_disk_under_the_server_is_no_verdict(
    size: int, backend: str, ground: Any, mount: Mount
) -> None:
    mount(ground.temporary, f"size={size}k")
    (ground.work / "twelve.yaml").write_text(TWELVE)
    ended = ground.call("run", "twelve.yaml", "--server", backend)
    assert ended.code == 3, ended.out + ended.err
    assert "FAIL" not in ended.out
    sentence = ended.err.splitlines()[0]
    assert sentence.startswith("eaptls: ")
    assert str(ground.temporary) in sentence
    assert not ground.running()


def test_a_read_only_temporary_folder_is_the_machines(backend: str, ground: Any, mount: Mount) -> None:
    mount(ground.temporary, "ro")
    (ground.work / "twelve.yaml").write_text(TWELVE)
    ended = ground.call("run", "twelve.yaml", "--server", backend)
    # Python takes the next folder of its list where TMPDIR cannot be written to.
    assert ended.code == 0, ended.out + ended.err


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_temporary_folder_means_anything(name: str, backend: str, ground: Any) -> None:
    ground.temporary = ground.temporary / name
    ground.temporary.mkdir(mode=0o755)
    ended = ground.call("run", "--server", backend, "-k", "tls/versions or server/policy-changed", "-j", "4")
    assert ended.code == 0, ended.out + ended.err
    assert ground.folders() == []


@pytest.mark.parametrize("limit", LIMITS)
def test_too_few_descriptors_are_the_machines(limit: int, backend: str, ground: Any) -> None:
    limited = ("sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh")
    ended = ground.call("run", "--server", backend, "-k", "tls/versions", "-j", "4", before=limited)
    assert ended.code in {0, 3}, ended.out + ended.err
    assert "FAIL" not in ended.out
    assert "Traceback" not in ended.err
    assert not ground.running()
