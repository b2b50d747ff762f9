from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from harness.server.lifeline import GuardedProcess

# Prints its number, starts another one that does so too, and heeds no signal that can be ignored.
_STUBBORN = 'trap "" TERM HUP INT; echo $$; sh -c "echo \\$\\$; exec sleep 600" & sleep 600'
_RUN = f"""
import os, sys
from pathlib import Path
from harness.server.lifeline import GuardedProcess
with open(sys.argv[1], "ab") as output:
    made = GuardedProcess(
        ["/bin/sh", "-c", {_STUBBORN!r}], output=output, folder=Path("/"), environment={{"PATH": os.defpath}}
    )
print(made.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., GuardedProcess]]:
    started: list[GuardedProcess] = []

    def start(script: str) -> GuardedProcess:
        with (tmp_path / "output").open("ab") as output:
            process = GuardedProcess(
                ["/bin/sh", "-c", script], output=output, folder=tmp_path, environment={"PATH": os.defpath}
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.end(0)


def _gone(pids: list[int]) -> bool:
    """Wait for their ends, by handles: a number may come to mean another process."""
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended = select.select([handle], [], [], 10)[0]
        os.close(handle)
        if not ended:
            return False
    return True


def _numbers(output: Path, count: int) -> list[int]:
    assert _eventually(lambda: output.exists() and len(output.read_text().split()) == count)
    return [int(line) for line in output.read_text().split()]


def _eventually(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _ignores_sigterm(pid: int) -> bool:
    """Whether it is the guard; the program's own children are known otherwise."""
    status = Path(f"/proc/{pid}/status").read_text()
    command = Path(f"/proc/{pid}/cmdline").read_bytes()
    ignored = int(status.split("SigIgn:")[1].split()[0], 16)
    return b"kill -KILL 0" in command and bool(ignored >> (signal.SIGTERM - 1) & 1)


def _members(group: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group and fields[0] not in "ZX":
                found.append(int(entry.name))
    return found


@pytest.fixture
def run(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _RUN, str(tmp_path / "output")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        yield run
        run.kill()


def test_the_program_and_what_it_started_end_with_the_run(run: subprocess.Popen[str], tmp_path: Path) -> None:
    assert run.stdout is not None
    group = int(run.stdout.readline())
    numbers = _numbers(tmp_path / "output", 2)
    assert group in numbers
    # The program, its two children and the guard.
    members = _members(group)
    assert len(members) >= len(numbers) + 1
    run.kill()
    run.wait()
    assert _gone(members)


def test_a_run_that_is_stopped_is_not_dead(run: subprocess.Popen[str], tmp_path: Path) -> None:
    assert run.stdout is not None
    group = int(run.stdout.readline())
    numbers = _numbers(tmp_path / "output", 2)
    run.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, run.pid, os.WSTOPPED)
    assert _eventually(lambda: any(map(_ignores_sigterm, set(_members(group)) - set(numbers))))
    # Signals that the group gets do not end the guard.
    os.killpg(group, signal.SIGTERM)
    assert group in _members(group)
    run.send_signal(signal.SIGCONT)
    members = _members(group)
    run.kill()
    run.wait()
    assert _gone(members)


def test_a_run_that_dies_at_once(tmp_path: Path) -> None:
    """Without a lifeline from the beginning, the program is not left running."""
    script = _RUN.replace("sys.stdin.read()", "os.kill(os.getpid(), 9)").replace(
        "print(made", "0 and print(made"
    )
    for number in range(20):
        output = tmp_path / str(number)
        subprocess.run([sys.executable, "-c", script, str(output)], check=False, timeout=30)
        assert _eventually(partial(_nobody_writes_to, output))


def _nobody_writes_to(file: Path) -> bool:
    for output in Path("/proc").glob("[0-9]*/fd/1"):
        with contextlib.suppress(OSError):
            if output.readlink() == file:
                return False
    return True


def test_its_end_is_told(start: Callable[..., GuardedProcess]) -> None:
    process = start("exit 3")
    assert _eventually(lambda: not process.alive)
    process.end(0)
    process.end(0)


def test_what_ends_by_itself_takes_its_children_along(
    start: Callable[..., GuardedProcess], tmp_path: Path
) -> None:
    process = start("sleep 600 & echo $!")
    (child,) = _numbers(tmp_path / "output", 1)
    process.end(5)
    assert _gone([child])


def test_what_does_not_end_is_killed(start: Callable[..., GuardedProcess], tmp_path: Path) -> None:
    process = start(_STUBBORN)
    numbers = _numbers(tmp_path / "output", 2)
    process.terminate()
    process.end(0.01)
    assert not process.alive
    assert _gone(numbers)


def test_no_other_program_holds_a_lifeline(start: Callable[..., GuardedProcess], tmp_path: Path) -> None:
    """One run, many starts at once: else the lifelines of a dead run would be held by its servers."""
    stop = threading.Event()

    def others() -> None:
        while not stop.is_set():
            subprocess.run(["true"], check=True, close_fds=False)

    with ThreadPoolExecutor(4) as threads:
        noise = [threads.submit(others) for _ in range(2)]
        processes = list(threads.map(lambda _: start("exec sleep 600"), range(10)))
        stop.set()
        for each in noise:
            each.result()
    pipes = {_pipe(process) for process in processes}
    assert len(pipes) == len(processes)
    for process in processes:
        for member in _members(process.pid):
            for file in Path(f"/proc/{member}/fd").iterdir():
                if file.readlink() not in pipes:
                    continue
                # The guard reads its own; nobody has the end that is written to.
                assert file.readlink() == _pipe(process)
                about = (file.parents[1] / "fdinfo" / file.name).read_text()
                assert int(about.split("flags:")[1].split()[0], 8) & os.O_ACCMODE == os.O_RDONLY


def _pipe(process: GuardedProcess) -> Path:
    return Path(f"/proc/self/fd/{process._lifeline}").readlink()


def test_a_program_that_is_not_there(start: Callable[..., GuardedProcess], tmp_path: Path) -> None:
    with (tmp_path / "output").open("ab") as output:
        process = GuardedProcess([tmp_path / "none"], output=output, folder=tmp_path, environment={})
    process.end(10)
    assert "not found" in (tmp_path / "output").read_text()
