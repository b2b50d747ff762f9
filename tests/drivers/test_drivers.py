"""What all drivers have in common: the contract of ``blocking.run``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from harness.drivers import aio, blocking, selecting
from harness.errors import EnvironmentUnavailable
from harness.observation import Observation, Stage
from harness.protocol.authenticator import AccessPoint
from harness.protocol.impairment import Impairment, Path
from harness.protocol.radius_client import RetryPolicy
from harness.trace import Endpoint

if TYPE_CHECKING:
    from harness.protocol.association import Association
    from tests.drivers.conftest import Serve
    from tests.protocol.conftest import Bench

Run = Callable[..., Observation | None]
QUICK = RetryPolicy(initial=0.02, maximum=0.04, count=3, duration=1.0, spread=0.0)
PATIENT = replace(QUICK, count=0, duration=60.0)
"""Retransmits as soon, and gives up after a time that no busy machine takes."""
POINT = AccessPoint("CORP", bytes.fromhex("020000000001"), b"testing123", retry=QUICK)


def _aio(association: Association, *, source_host: str = "") -> Observation | None:
    return asyncio.run(aio.run(association, source_host=source_host))


def _selecting(association: Association, *, source_host: str = "") -> Observation | None:
    [(ended, seen)] = selecting.run_many([association], 1, source_host=source_host)
    assert ended is association
    return seen


@pytest.fixture(params=[blocking.run, _aio, _selecting], ids=["blocking", "aio", "selecting"])
def run(request: pytest.FixtureRequest) -> Run:
    driver: Run = request.param
    return driver


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_connects(bench: Bench, serve: Serve, run: Run, tls: str) -> None:
    fake = bench.server(tls=tls)
    server = serve(fake)
    seen = run(bench.association(server=server), source_host="127.0.0.7")
    assert seen is not None
    assert seen.stage is Stage.COMPLETE
    assert seen.server == server
    assert seen.source is not None
    assert seen.source.host == "127.0.0.7"
    assert seen.source.port > 0
    assert seen.ended > seen.started
    assert fake.complaints == []


def test_a_lost_request_and_a_late_reply(bench: Bench, serve: Serve, run: Run) -> None:
    server = serve(bench.server())
    path = Path(
        Impairment(lose=frozenset({2})),
        Impairment(late=range(1, 100), delay=0.01),
        random=Random(1).randbytes,
    )
    seen = run(bench.association(server=server, point=replace(POINT, retry=PATIENT), path=path))
    assert seen is not None
    assert seen.stage is Stage.COMPLETE
    assert seen.lost_on_purpose == (1, 0)
    assert seen.retransmissions >= 1
    assert seen.duration >= 0.05


def test_a_closed_port(bench: Bench, closed_port: Endpoint, run: Run) -> None:
    seen = run(bench.association(server=closed_port, point=POINT))
    assert seen is not None
    assert seen.stage is Stage.IDENTITY
    assert (seen.requests, seen.replies, seen.retransmissions) == (1, 0, 2)
    assert seen.unreachable >= 2


def test_a_silent_server(bench: Bench, serve: Serve, run: Run) -> None:
    fake = bench.server(secret=b"another")
    seen = run(bench.association(server=serve(fake), point=POINT))
    assert seen is not None
    assert seen.stage is Stage.IDENTITY
    assert seen.unreachable == 0
    assert fake.ignored == 3
    assert seen.duration >= 0.02 + 0.04 + 0.04


def test_no_network_of_that_name(bench: Bench, closed_port: Endpoint, run: Run) -> None:
    association = bench.association(server=closed_port, point=replace(POINT, ssid="ELSEWHERE"))
    assert run(association) is None
    assert association.join_failure is not None


def test_a_source_address_that_is_not_ours(bench: Bench, closed_port: Endpoint, run: Run) -> None:
    with pytest.raises(EnvironmentUnavailable) as caught:
        run(bench.association(server=closed_port), source_host="192.0.2.1")
    assert str(caught.value).startswith(f"cannot send to {closed_port} from 192.0.2.1: ")
    assert str(caught.value).endswith("; check the addresses of this machine")


def test_a_defect_of_the_harness_is_not_swallowed(bench: Bench, closed_port: Endpoint, run: Run) -> None:
    with pytest.raises(ValueError, match="unknown RADIUS attribute 'No-Such'"):
        run(bench.association(server=closed_port, point=replace(POINT, attributes=(("No-Such", 1),))))
