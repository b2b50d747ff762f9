from __future__ import annotations

import os
import subprocess

import pytest

from harness.server.ownership import Owner, this_process


def test_this_process_is_alive() -> None:
    owner = this_process()
    assert owner.pid == os.getpid()
    assert owner.alive
    assert Owner.parse(f"{owner}\n") == owner


def test_a_process_that_ended_is_dead() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert not Owner(process.pid, 0).alive


def test_another_process_with_the_same_number_is_somebody_else() -> None:
    owner = this_process()
    assert not Owner(owner.pid, owner.started + 1).alive


@pytest.mark.parametrize("text", ["", "x.1", "1", "1.x", "-1.2"])
def test_what_is_no_owner(text: str) -> None:
    assert Owner.parse(text) is None
