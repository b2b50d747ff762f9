"""Signals at every moment of a run's first seconds: one sentence, exit code 130, nothing left."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.faults

FULL = os.environ.get("EAPTLS_FAULTS") == "full"
STEP = 0.02 if FULL else 0.2
UNTIL = 2.0
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]

Eventually = Callable[[Callable[[], object]], bool]


def _heeds_signals(run: subprocess.Popen[str]) -> bool:
    """Whether it has come as far as its own first line; nothing can be said of the interpreter before."""
    try:
        status = Path(f"/proc/{run.pid}/status").read_text()
    except OSError:
        return False
    return bool(int(status.split("SigCgt:")[1].split()[0], 16) >> (signal.SIGHUP - 1) & 1)


@pytest.mark.parametrize("number", range(int(UNTIL / STEP)))
def test_the_first_signal(number: int, backend: str, ground: Any, eventually: Eventually) -> None:
    run = ground.start("run", "--server", backend, "-j", "2")
    assert eventually(lambda: _heeds_signals(run))
    time.sleep(number * STEP)
    run.send_signal(SIGNALS[number % len(SIGNALS)])
    out, err = run.communicate(timeout=30)
    assert "Traceback" not in out + err
    assert run.returncode == 130, out + err
    assert "interrupted" in out + err
    # Gone when it ends, and not some time later.
    assert (ground.folders(), ground.processes(), ground.containers()) == ([], [], {})


@pytest.mark.parametrize("arguments", [("server", "up", "--server"), ("run", "-j", "4", "--server")])
def test_the_second_signal(
    arguments: tuple[str, ...], backend: str, ground: Any, eventually: Eventually
) -> None:
    run = ground.start(*arguments, backend)
    assert eventually(ground.folders)
    run.send_signal(signal.SIGTERM)
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=30)
    assert eventually(lambda: not ground.running())
    ground.call("clean")
    assert eventually(lambda: (ground.folders(), ground.containers()) == ([], {}))


@pytest.mark.parametrize("arguments", [("server", "up", "--server"), ("run", "-j", "4", "--server")])
def test_a_terminal_that_is_closed(
    arguments: tuple[str, ...], backend: str, ground: Any, eventually: Eventually
) -> None:
    ours, theirs = pty.openpty()
    command = [
        "setsid",
        "--ctty",
        "--wait",
        sys.executable,
        "-c",
        "from harness.cli.entry import main; main()",
    ]
    run = subprocess.Popen(
        [*command, *arguments, backend],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ground.work,
        env={**os.environ, "TMPDIR": str(ground.temporary)},
    )
    os.close(theirs)
    assert eventually(ground.running)
    os.close(ours)
    run.wait(30)
    assert eventually(lambda: not ground.running())
    assert ground.folders() == []
