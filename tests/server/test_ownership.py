from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from harness.server.ownership import Life, Owner, this_process


def _dead() -> Owner:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return replace(this_process(), pid=process.pid)


def test_this_process_is_alive() -> None:
    owner = this_process()
    assert owner.pid == os.getpid()
    assert owner.life is Life.ALIVE
    assert Owner.parse(f"{owner}\n") == owner
    assert Owner.parse(f"{owner} more=words") == owner


def test_a_process_that_ended_is_dead() -> None:
    assert _dead().life is Life.DEAD


def test_a_process_that_nobody_has_waited_for_is_dead() -> None:
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii")
    started = int(stat.rpartition(")")[2].split()[19])
    owner = replace(this_process(), pid=process.pid, started=started)
    lives = [owner.life]
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    lives.append(owner.life)
    process.communicate()
    assert lives == [Life.ALIVE, Life.DEAD]


def test_another_process_with_the_same_number_is_somebody_else() -> None:
    owner = this_process()
    assert replace(owner, started=owner.started + 1).life is Life.DEAD


def test_what_cannot_be_read_is_not_held_against_it() -> None:
    assert replace(this_process(), started=0).life is Life.ALIVE


@pytest.mark.parametrize("elsewhere", [{"boot": "another"}, {"namespace": 1}])
def test_a_number_of_another_boot_or_namespace_tells_nothing(elsewhere: dict[str, object]) -> None:
    for owner in (this_process(), _dead()):
        assert replace(owner, **elsewhere).life is Life.UNKNOWN  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123.456",
        "pid=1",
        "pid=x started=1 boot=b namespace=1",
        "pid=1 started=1 boot= namespace=1",
        "pid=-1 started=1 boot=b namespace=1",
    ],
)
def test_what_is_no_owner(text: str) -> None:
    assert Owner.parse(text) is None
