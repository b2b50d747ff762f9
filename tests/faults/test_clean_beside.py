"""``eaptls clean`` beside runs that live, also where their processes cannot be seen."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make namespaces"),
]

Eventually = Callable[[Callable[[], object]], bool]
ELSEWHERE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
# As in a CI job that shares the engine's socket and nothing else.
OUT_OF_SIGHT = (*ELSEWHERE, "sh", "-c", 'mount -t tmpfs none "$TMPDIR" && exec "$@"', "sh")


def _up(ground: Any, backend: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    up: subprocess.Popen[str] = ground.start("server", "up", "--server", backend, before=before)
    assert up.stdout is not None
    for line in up.stdout:
        if line == "Ctrl-C stops it.\n":
            return up
    raise AssertionError(up.communicate())


@pytest.mark.parametrize("before", [(), ELSEWHERE, OUT_OF_SIGHT], ids=["here", "elsewhere", "out-of-sight"])
def test_a_live_run_is_left_alone(before: tuple[str, ...], backend: str, ground: Any) -> None:
    up = _up(ground, backend)
    try:
        there = (ground.folders(), ground.containers(), len(ground.processes()))
        # Two at once, as from two shells.
        with ThreadPoolExecutor(2) as shells:
            cleaned = list(shells.map(lambda _: ground.call("clean", before=before), range(2)))
        assert [each.code for each in cleaned] == [0, 0]
        assert "Traceback" not in "".join(each.err for each in cleaned)
        assert (ground.folders(), ground.containers(), len(ground.processes())) == there
        assert up.poll() is None
        for name in ground.containers():
            line = f"left alone: container {name}: of another host or namespace\n"
            assert [line in each.out for each in cleaned] == [before is OUT_OF_SIGHT] * 2
    finally:
        up.terminate()
        up.communicate()
    assert up.returncode == 0
    assert ground.folders() == []


def test_a_live_run_elsewhere_is_left_alone_and_a_dead_one_is_not(
    backend: str, ground: Any, eventually: Eventually
) -> None:
    up = _up(ground, backend, ELSEWHERE)
    there = (ground.folders(), ground.containers())
    assert ground.call("clean").code == 0
    assert (ground.folders(), ground.containers()) == there
    assert up.poll() is None
    up.kill()
    up.communicate()
    assert eventually(lambda: not ground.running())
    assert ground.call("clean").code == 0
    assert eventually(lambda: ground.folders() == [])
