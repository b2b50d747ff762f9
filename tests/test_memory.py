"""Room is asked for before it is needed; an error that means 'no memory' is known, whichever library raises it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from OpenSSL import SSL, crypto

from harness import memory
from harness.errors import EnvironmentUnavailable

MALLOC = ("common libcrypto routines", "", "malloc failure")
EC = ("elliptic curve routines", "", "EC lib")


@pytest.mark.parametrize(
    ("error", "out"),
    [
        (MemoryError(), True),
        (SSL.Error([EC, MALLOC]), True),
        (crypto.Error([MALLOC]), True),
        (SSL.Error([EC]), False),
        (SSL.WantReadError(), False),
        (ImportError("_rust.abi3.so: failed to map segment from shared object"), True),
        (ImportError("libssl.so: cannot allocate memory in static TLS block"), True),
        (ImportError("No module named 'docker'"), False),
        # What a user wrote proves nothing.
        (ValueError("no certificate 'malloc failure'"), False),
    ],
)
def test_errors_that_mean_no_memory(error: Exception, *, out: bool) -> None:
    assert memory.is_out(error) is out
    if out:
        with pytest.raises(MemoryError):
            memory.raise_if_out(error)
    else:
        memory.raise_if_out(error)


def _limited(limit: str, megabytes: int, code: str) -> subprocess.CompletedProcess[str]:
    command = ["prlimit", f"--{limit}={megabytes * memory.MB}", sys.executable, "-c"]
    code = f"from harness import memory\n{code}"
    return subprocess.run([*command, code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("limit", "words"), [("as", "ulimit -v"), ("data", "ulimit -d")])
def test_room_within_a_limit(limit: str, words: str) -> None:
    ended = _limited(limit, 100, "memory.require(40 * memory.MB)\nmemory.require(99 * memory.MB)")
    assert ended.stderr.splitlines()[-1].startswith(
        "harness.errors.EnvironmentUnavailable: memory runs out: "
    ), ended.stderr
    assert f"of the 100 MB that `{words}` allows, and 99 MB are needed; raise the limits" in ended.stderr


def test_threads_take_their_stacks() -> None:
    assert _limited("as", 200, "memory.require_for_threads(4)").returncode == 0
    ended = _limited("as", 200, "memory.require_for_threads(30)")
    assert "MB are needed" in ended.stderr


def test_without_a_limit_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_is_limited", lambda: False)
    memory.require(10**18)
    memory.require_for_threads(10**6)
    assert memory.environment() == {}


def test_a_limited_process_and_its_servers_are_sparing() -> None:
    ended = _limited("as", 500, "memory.spare(); print(memory.environment())")
    assert ended.stdout == "{'MALLOC_ARENA_MAX': '1'}\n", ended.stderr


def test_the_room_of_another_process() -> None:
    allowed = 100 * memory.MB
    with subprocess.Popen(
        ["prlimit", f"--as={allowed}", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdin
        assert other.stdout
        other.stdin.write(b"x\n")
        other.stdin.flush()
        other.stdout.readline()  # it has become the program that is limited
        try:
            limits = memory.limits_of(other.pid)
            left = memory.room(limits, other.pid)
        finally:
            other.kill()
    assert [limit.words for limit in limits] == ["`ulimit -v`"]
    assert left is not None
    assert 50 * memory.MB < left.octets < allowed
    assert str(left).endswith("MB are left of the 100 MB that `ulimit -v` allows")


def test_of_a_process_that_is_gone_nothing_is_known() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert memory.limits_of(gone.pid) == ()
    assert memory.room((memory.Limit(1, 0, "x"),), gone.pid) is None


def test_memory_that_the_kernel_does_not_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_is_limited", lambda: True)
    monkeypatch.setattr(memory, "_own_limits", tuple)
    monkeypatch.setattr(memory, "_to_be_committed", lambda: memory.Room(5 * memory.MB, "what there is"))
    memory.require(4 * memory.MB)
    with pytest.raises(
        EnvironmentUnavailable, match="memory runs out: 5 MB are left of what there is, and 6 MB are needed"
    ):
        memory.require(6 * memory.MB)


def test_this_process_knows_its_own_limits() -> None:
    told = {limit.words: limit.allowed for limit in memory.limits_of(os.getpid())}
    own = {limit.words: limit.allowed for limit in memory._own_limits()}
    assert told == own
