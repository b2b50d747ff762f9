"""A machine without memory, or without room for another thread, decides nothing: exit code 3 and one sentence."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

pytestmark = [pytest.mark.faults, pytest.mark.server]

FULL = os.environ.get("EAPTLS_FAULTS") == "full"
LIMITS = [*range(20, 200, 5), *range(200, 401, 25)] if FULL else [40, 90, 105, 130, 160]
"""MB. A run takes about 100, of which 25 are there before our first line of code."""
SERVERS = range(10, 130, 2) if FULL else (20, 42, 50, 100)
"""MB. A FreeRADIUS takes about 50."""
PROCESSES = range(2, 60, 2) if FULL else (2, 5, 14)
STRANGER = 64123
"""Somebody who is in no list of users."""
KINDS = ["tls/versions", "client-certificate", "device-store or device-wifi", "certificate-id"]


def _judged(ended: Any) -> list[str]:
    return [line for line in ended.out.splitlines() if line.startswith(("FAIL", "ERROR"))]


def _is_the_machines(ended: Any, *, may_pass: bool = True) -> None:
    assert ended.code in ({0, 3} if may_pass else {3}), ended.out + ended.err
    assert _judged(ended) == []
    assert "Traceback" not in ended.out + ended.err
    if ended.code == 3:
        assert ended.err.startswith("eaptls: "), ended.err


@pytest.mark.parametrize("which", range(len(KINDS)) if FULL else [0])
@pytest.mark.parametrize("limit", LIMITS)
def test_too_little_address_space(limit: int, which: int, ground: Any) -> None:
    limited = ("sh", "-c", f'ulimit -v {limit * 1000}; exec "$@"', "sh")
    arguments = ("run", "--server", "process", "-j", "2", "-k", KINDS[which], "--junit", "j.xml")
    ended = ground.call(*arguments, before=limited)
    _is_the_machines(ended)
    if limit >= 180:
        assert ended.code == 0, ended.err
    if ended.code == 3:
        assert "memory" in ended.err
        if "case" in ended.out:  # the run has begun
            assert (ground.work / "j.xml").stat().st_size
    assert not ground.running()
    assert ground.folders() == []


@pytest.mark.parametrize(
    "command", [["check"], ["list"], ["device", "init", "--id", "0" * 128], ["server", "up"]]
)
@pytest.mark.parametrize("limit", LIMITS if FULL else [30, 50])
def test_other_commands(limit: int, command: list[str], ground: Any) -> None:
    if command[0] == "server" and limit > 90:
        pytest.skip("it would stay up")
    limited = ("sh", "-c", f'ulimit -v {limit * 1000}; exec "$@"', "sh")
    ended = ground.call(*command, before=limited)
    assert ended.code in {0, 2, 3}, ended.out + ended.err
    assert "Traceback" not in ended.err
    assert not ground.running()


@pytest.mark.parametrize("limit", SERVERS)
def test_a_server_without_memory(limit: int, ground: Any) -> None:
    real = shutil.which("freeradius", path=f"{os.environ['PATH']}:/usr/sbin")
    script = ground.temporary.parent / "bin" / "freeradius"
    script.parent.mkdir(mode=0o755)
    script.write_text(
        f'#!/bin/sh\n[ "$1" = -v ] || ulimit -v {limit * 1000}\nexec {real} "$@"\n', encoding="utf-8"
    )
    script.chmod(0o755)
    path = ("env", f"PATH={script.parent}:{os.environ['PATH']}")
    ended = ground.call(
        "run", "--server", "process", "-j", "2", "-k", "keys-mixed or keys-alike", before=path
    )
    _is_the_machines(ended)
    if not 30 < limit < 80:
        assert ended.code == (3 if limit < 80 else 0), ended.out + ended.err
    assert not ground.running()
    assert ground.folders() == []


@pytest.mark.parametrize("limit", PROCESSES)
def test_too_few_processes(limit: int, ground: Any) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to become a user who has no other process")
    for folder in (ground.temporary, ground.work):
        folder.chmod(0o777)
    # Limits of processes do not bind root; Python and the project may be where only root can read.
    user = ("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups")
    reads = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    limited = (*user, *reads, "prlimit", f"--nproc={limit}")
    arguments = ("run", "--server", "process", "-j", "8", "-k", "tls/versions", "--junit", "j.xml")
    ended = ground.call(*arguments, before=limited)
    _is_the_machines(ended)
    assert (ground.work / "j.xml").stat().st_size
    if limit > 40:
        assert ended.code == 0, ended.err
    assert not ground.running()
    assert ground.folders() == []
