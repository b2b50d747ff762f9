from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from harness.errors import EnvironmentUnavailable
from harness.server.journal import Mark
from harness.server.pool import ServerPool
from harness.server.records import ServerEvidence
from harness.server.settings import ServerSettings
from harness.trace import Endpoint

Make = Callable[..., ServerSettings]


class _Server:
    """A server of the right shape that runs nothing."""

    secret = b"x"
    endpoint = Endpoint("127.0.0.1", 1)

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.alive = True

    def secret_for(self, host: str) -> bytes:
        return self.secret

    def start(self) -> None:
        self.alive = True

    def stop(self) -> None:
        self.alive = False

    def restart(self, settings: ServerSettings | None = None) -> None:
        self.alive = True

    def move_clock(self, shift: timedelta) -> None:
        """Nothing runs."""

    def mark(self) -> Mark:
        return Mark(0)

    def evidence(self, mark: Mark, source: Endpoint | None) -> ServerEvidence:
        return ServerEvidence(available=False, server="none")

    def tail(self, lines: int = 30) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        self.alive = False


class _Backend:
    name = "none"
    version = "0"
    distinct_sources = True
    lacks_clock = ""

    def __init__(self) -> None:
        self.launched: list[_Server] = []
        self.failures = 0
        self.gate = threading.Event()
        self.gate.set()

    def describe(self) -> str:
        return "none"

    def launch(self, settings: ServerSettings) -> _Server:
        self.gate.wait(5)
        if self.failures:
            self.failures -= 1
            raise EnvironmentUnavailable("it did not come up")
        self.launched.append(_Server(settings))
        return self.launched[-1]

    def prepare(self, settings: ServerSettings, clock: timedelta | None = None) -> _Server:
        return _Server(settings)

    def close(self) -> None:
        for server in self.launched:
            server.close()


@pytest.fixture
def backend() -> _Backend:
    return _Backend()


def test_equal_settings_share_one_server(backend: _Backend, make_settings: Make) -> None:
    pool = ServerPool(backend)
    with pool.lease(make_settings()) as one, pool.lease(make_settings()) as other:
        assert one is other
    with pool.lease(make_settings()) as later:
        assert later is one
    with pool.lease(make_settings(vlan=7)) as different:
        assert different is not one
    assert len(backend.launched) == 2


def test_a_server_of_ones_own_is_nobody_elses(backend: _Backend, make_settings: Make) -> None:
    pool = ServerPool(backend)
    with pool.lease(make_settings()) as shared, pool.own(make_settings()) as own:
        assert own is not shared
    assert shared.alive
    assert not own.alive


def test_threads_that_want_the_same_wait_for_one_launch(backend: _Backend, make_settings: Make) -> None:
    pool = ServerPool(backend)
    backend.gate.clear()

    def lease() -> int:
        with pool.lease(make_settings()) as server:
            return id(server)

    with ThreadPoolExecutor(8) as threads:
        leases = [threads.submit(lease) for _ in range(8)]
        backend.gate.set()
        assert len({one.result(5) for one in leases}) == 1
    assert len(backend.launched) == 1


def test_a_failed_launch_is_told_and_tried_again(backend: _Backend, make_settings: Make) -> None:
    pool = ServerPool(backend)
    backend.failures = 1
    with pytest.raises(EnvironmentUnavailable, match=r"^it did not come up$"), pool.lease(make_settings()):
        pass
    with pool.lease(make_settings()) as server:
        assert server.alive


def test_a_server_that_crashed_is_not_lent_again(backend: _Backend, make_settings: Make) -> None:
    pool = ServerPool(backend)
    with pool.lease(make_settings()) as crashed:
        crashed.stop()
    with pool.lease(make_settings()) as fresh:
        assert fresh is not crashed
        assert fresh.alive


def test_idle_servers_are_limited(backend: _Backend, make_settings: Make) -> None:
    pool = ServerPool(backend, idle_limit=2)
    for vlan in (1, 2, 1, 3):
        with pool.lease(make_settings(vlan=vlan)):
            pass
    assert {server.settings.vlan: server.alive for server in backend.launched} == {1: True, 2: False, 3: True}


def test_leased_servers_do_not_count_as_idle(backend: _Backend, make_settings: Make) -> None:
    pool = ServerPool(backend, idle_limit=0)
    with pool.lease(make_settings(vlan=1)) as held, pool.lease(make_settings(vlan=2)):
        assert held.alive
    assert not any(server.alive for server in backend.launched)


def test_close_ends_all(backend: _Backend, make_settings: Make) -> None:
    pool = ServerPool(backend)
    with pool.lease(make_settings()) as server:
        pass
    pool.close()
    assert not server.alive
