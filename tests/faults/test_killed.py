"""SIGKILL at any moment: every server ends, and ``eaptls clean`` takes away the rest."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.faults

FULL = os.environ.get("EAPTLS_FAULTS") == "full"
AT_RANDOM = 50 if FULL else 1
AT_START = 15 if FULL else 2
# Seconds that a server takes from its folder to its first answer, and a little more.
START_TAKES = {"process": 0.15, "container": 0.6}

Eventually = Callable[[Callable[[], object]], bool]


@pytest.mark.parametrize("number", range(AT_RANDOM))
def test_at_a_random_moment(number: int, backend: str, ground: Any, eventually: Eventually) -> None:
    moment = random.Random(f"{backend}/{number}").uniform(0.0, 4.0)
    run = ground.start("run", "--server", backend, "-j", "4")
    # Reading all the scenarios takes a second or more, and leaves nothing.
    assert eventually(ground.folders)
    with pytest.raises(subprocess.TimeoutExpired):
        run.communicate(timeout=moment)
    _kill_and_look(run, ground, eventually)


@pytest.mark.parametrize("number", range(AT_START))
def test_while_a_server_starts(number: int, backend: str, ground: Any, eventually: Eventually) -> None:
    moment = START_TAKES[backend] * number / AT_START
    run = ground.start("run", "--server", backend, "-j", "1")
    assert eventually(ground.folders)
    time.sleep(moment)
    _kill_and_look(run, ground, eventually)


def test_the_next_run_takes_away_what_a_killed_one_left(
    backend: str, ground: Any, eventually: Eventually
) -> None:
    up = ground.start("server", "up", "--server", backend)
    assert "Ctrl-C stops it.\n" in up.stdout
    up.kill()
    up.communicate()
    assert eventually(lambda: not ground.running())
    assert ground.call("run", "--server", backend, "-k", "client-certificate/expired").code == 0
    assert eventually(lambda: (ground.folders(), ground.containers()) == ([], {}))


def _kill_and_look(run: subprocess.Popen[str], ground: Any, eventually: Eventually) -> None:
    assert run.poll() is None
    run.kill()
    run.communicate()
    assert eventually(lambda: not ground.running()), ground.running()
    cleaned = ground.call("clean")
    assert cleaned.code == 0
    # A sweeper may be about it at the same time; what it has begun, it ends.
    assert eventually(lambda: (ground.folders(), ground.containers()) == ([], {})), cleaned.out
