"""What tests need of a machine, and what happens where it is missing.

A person's machine may lack Docker or tshark: those tests are skipped there, each with its reason.
CI names what must be there (``--require=all``): then the same lack is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is; time is measured in benchmarks.
settings.register_profile("harness", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("harness")


@cache
def _has_engine() -> bool:
    if shutil.which("docker") is None:
        return False
    images = subprocess.run(
        ["docker", "images", "--quiet", "eaptls-freeradius"], capture_output=True, text=True, check=False
    )
    return images.returncode == 0 and bool(images.stdout.strip())


@cache
def _has_server() -> bool:
    return any(shutil.which(name, path=_PATH) for name in ("freeradius", "radiusd"))


@cache
def browser() -> str | None:
    """Return the path of a Chromium; ``None`` where there is none."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)


_PATH = "/usr/sbin:/usr/local/sbin:/sbin:/usr/bin:/usr/local/bin"
_NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "server": (_has_server, "a freeradius or radiusd binary; install the package freeradius"),
    "container": (_has_engine, "a Docker engine with the harness's image; run make image"),
    "interop": (lambda: shutil.which("eapol_test") is not None, "eapol_test; install the package eapoltest"),
    "browser": (lambda: browser() is not None, "a Chromium; install the package chromium"),
    "tshark": (lambda: shutil.which("tshark") is not None, "tshark; install the package tshark"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require",
        default="",
        help=f"fail instead of skip where these are missing: all, or some of {', '.join(_NEEDS)}",
    )


def pytest_configure(config: pytest.Config) -> None:
    unknown = _required(config) - _NEEDS.keys()
    if unknown:
        raise pytest.UsageError(f"--require knows all, {', '.join(_NEEDS)}; not {', '.join(sorted(unknown))}")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out tests that take minutes, unless they are named or ``EAPTLS_FAULTS`` is set."""
    if collection_path.name != "faults" or "EAPTLS_FAULTS" in os.environ:
        return None
    named = any("faults" in str(argument) for argument in config.invocation_params.args)
    return None if named else True


def pytest_runtest_setup(item: pytest.Item) -> None:
    required = _required(item.config)
    for name, (present, what) in _NEEDS.items():
        if item.get_closest_marker(name) is None or present():
            continue
        if name in required:
            pytest.fail(f"this machine must have {what}", pytrace=False)
        pytest.skip(f"needs {what}")


def _required(config: pytest.Config) -> set[str]:
    written = {word for word in str(config.getoption("--require")).split(",") if word}
    return set(_NEEDS) if written == {"all"} else written


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder for temporary files that an unprivileged server may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
