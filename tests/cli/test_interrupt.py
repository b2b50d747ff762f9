from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from harness.cli.interrupt import stop_on_signals

CHILD = """
import signal, sys
from harness.cli.interrupt import stop_on_signals
with stop_on_signals() as stop:
    print("ready", flush=True)
    stop.wait()
    print("stopping", flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_sets_the_event(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_on_signals() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.wait(5)
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_second_signal_kills(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(number)
        assert child.stdout.readline() == "stopping\n"
        child.send_signal(number)
        assert child.wait(10) == -number


EARLY = """
import os, signal
from harness.cli import interrupt
interrupt.leave_on_signals()
os.kill(os.getpid(), signal.{})
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_before_there_is_anything_to_stop_a_signal_is_an_end_with_a_sentence(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", EARLY.format(name)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "eaptls: interrupted\n")


def test_the_end_of_the_terminal_does_not_count_under_nohup() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EARLY.format("SIGHUP")],
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    assert done.returncode == 0


def test_signals_are_answered_before_anything_heavy_is_imported() -> None:
    probe = "import sys; from harness.cli import entry, interrupt; print('typer' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
