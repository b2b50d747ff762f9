"""The wheel holds all that a run needs, and works where the checkout is not."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
_MAIN = "from harness.cli.main import main; main()"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(folder), str(_ROOT)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    target = folder / "unpacked"
    zipfile.ZipFile(wheel).extractall(target)
    return target


def test_what_travels_beside_the_code_is_inside(unpacked: Path) -> None:
    for name in (
        "harness/py.typed",
        "harness/protocol/dictionary",
        "harness/_data/radius/Dockerfile",
        "harness/_data/radius/raddb/radiusd.conf.j2",
    ):
        assert (unpacked / name).is_file(), name
    inside = {
        path.relative_to(unpacked / "harness/_data/scenarios")
        for path in unpacked.rglob("*.yaml")
        if "scenarios" in path.parts
    }
    here = {path.relative_to(_ROOT / "scenarios") for path in (_ROOT / "scenarios").rglob("*.yaml")}
    assert inside == here
    assert here


def test_no_tests_and_no_leftovers_are_inside(unpacked: Path) -> None:
    assert not list(unpacked.rglob("test_*.py"))
    assert not list(unpacked.rglob("*.pyc"))


def test_the_suite_is_found_without_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", f"import harness; print(harness.__file__); {_MAIN}", "check"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[0].startswith(str(unpacked))


def test_the_coverage_is_known_without_the_tests(unpacked: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", _MAIN, "coverage"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tests/device/test_certstore.py::" in done.stdout
