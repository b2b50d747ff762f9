"""A server whose clock is moved while it runs: what that leaves alone, and what it leaves behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.errors import EnvironmentUnavailable
from harness.scenario.plan import Case
from harness.server import faketime
from harness.server.local import LocalServer
from harness.server.process import ProcessBackend, ProcessServer
from harness.server.settings import ServerSettings

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not faketime.find_library(), reason="install the package faketime"),
]

Make = Callable[..., ServerSettings]
YEARS = timedelta(days=1500)


@pytest.fixture
def moved(process_backend: ProcessBackend, server_settings: Make) -> Iterator[LocalServer]:
    server = process_backend.prepare(server_settings(), YEARS)
    server.start()
    yield server
    server.close()


def clock_of(server: LocalServer) -> datetime:
    seen = server.evidence(server.mark(), None).clock
    assert seen is not None
    return seen


def process_of(server: LocalServer) -> int:
    assert isinstance(server, ProcessServer)
    assert server._process is not None
    return server._process.pid


def test_a_server_with_the_clock_of_the_machine_has_no_library_between(
    process_backend: ProcessBackend, server_settings: Make, moved: LocalServer
) -> None:
    plain = process_backend.launch(server_settings())
    try:
        assert "faketime" not in Path(f"/proc/{process_of(plain)}/maps").read_text()
        assert "faketime" in Path(f"/proc/{process_of(moved)}/maps").read_text()
        with pytest.raises(EnvironmentUnavailable, match="the clock of this server cannot be moved"):
            plain.move_clock(YEARS)
    finally:
        plain.close()


def test_the_clock_moves_both_ways_without_a_restart(moved: LocalServer) -> None:
    process = process_of(moved)
    for shift in (timedelta(days=4000), -YEARS, timedelta()):
        moved.move_clock(shift)
        assert abs(clock_of(moved) - datetime.now(UTC) - shift) < timedelta(seconds=2)
        assert moved._ready()
    assert process_of(moved) == process


def test_the_clock_stays_moved_over_a_restart(moved: LocalServer) -> None:
    moved.move_clock(-YEARS)
    moved.restart()
    assert (moved.directory / faketime.CLOCK).read_text() == f"-{YEARS.total_seconds():f}\n"


def test_nothing_is_left_in_shared_memory(moved: LocalServer) -> None:
    """Not even when the server is killed: else the next process of that number would not start."""
    process = process_of(moved)
    os.kill(process, signal.SIGKILL)
    moved.stop()
    assert not [entry for entry in Path("/dev/shm").iterdir() if str(process) in entry.name]


def test_answers_are_held_back_for_a_second_of_this_world(
    run_cases: Callable[..., object], built_in_suite: tuple[Case, ...]
) -> None:
    cases = [case for case in built_in_suite if case.info.id.startswith("server-clock/timers")]
    run = run_cases(cases)
    outcomes = [case.steps[-1].outcome for case in run.cases.values()]  # type: ignore[attr-defined]
    assert len(outcomes) == 2
    assert all(1.0 <= outcome.observation.duration < 1.4 for outcome in outcomes)
