from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from harness.drivers import selecting
from harness.observation import Keys, Stage
from harness.protocol.authenticator import AccessPoint
from harness.protocol.impairment import Impairment, Path
from harness.protocol.radius_client import RetryPolicy

if TYPE_CHECKING:
    from harness.protocol.association import Association
    from harness.trace import Endpoint
    from tests.drivers.conftest import Serve
    from tests.protocol.conftest import Bench, Draft, Manners

_QUICK = AccessPoint(
    "CORP",
    bytes.fromhex("020000000001"),
    b"testing123",
    retry=RetryPolicy(initial=0.03, maximum=0.06, count=0, duration=60.0, spread=0.0),
)


def test_all_end_and_no_two_share_a_port(bench: Bench, serve: Serve) -> None:
    fake = bench.server()
    server = serve(fake)
    started = [bench.association(server=server, seed=n) for n in range(40)]
    ended = list(selecting.run_many(started, 8))
    assert {id(association) for association, _ in ended} == {id(association) for association in started}
    assert [seen.stage for _, seen in ended if seen] == [Stage.COMPLETE] * 40
    assert len({seen.session_id for _, seen in ended if seen}) == 40
    assert fake.complaints == []


def test_associations_are_taken_just_in_time(bench: Bench, serve: Serve) -> None:
    server = serve(bench.server())
    taken = 0

    def supply() -> Iterator[Association]:
        nonlocal taken
        for seed in range(10):
            taken += 1
            yield bench.association(server=server, seed=seed)

    under_way = []
    for number, _ in enumerate(selecting.run_many(supply(), 3), start=1):
        under_way.append(taken - number)
    assert len(under_way) == 10
    assert max(under_way) <= 3


def test_loss_and_delay_of_each_are_served_by_its_own_timer(bench: Bench, serve: Serve) -> None:
    server = serve(bench.server())

    def path(number: int) -> Path:
        lossy = Impairment(lose=frozenset({1 + number % 5}))
        late = Impairment(late=range(1, 100), delay=0.002 * number)
        return Path(lossy, late, random=Random(number).randbytes)

    started = [
        bench.association(server=server, point=_QUICK, path=path(number), seed=number) for number in range(12)
    ]
    ended = list(selecting.run_many(started, 12))
    assert [seen.stage for _, seen in ended if seen] == [Stage.COMPLETE] * 12
    assert all(seen.lost_on_purpose == (1, 0) and seen.retransmissions >= 1 for _, seen in ended if seen)


def test_good_bad_and_absent_ones_side_by_side(bench: Bench, serve: Serve, closed_port: Endpoint) -> None:
    server = serve(bench.server())
    elsewhere = AccessPoint("OTHER", bytes(6), b"s")
    started = [
        bench.association(server=closed_port, point=replace(_QUICK, retry=RetryPolicy(0.03, count=2))),
        bench.association(server=server, point=elsewhere),
        bench.association(server=server),
    ]
    results = {id(association): seen for association, seen in selecting.run_many(started, 3)}
    closed, absent, good = (results[id(association)] for association in started)
    assert closed is not None
    assert (closed.stage, closed.unreachable > 0) == (Stage.IDENTITY, True)
    assert absent is None
    assert good is not None
    assert good.stage is Stage.COMPLETE


def test_a_run_can_be_stopped(bench: Bench, closed_port: Endpoint) -> None:
    started = [bench.association(server=closed_port, seed=n) for n in range(3)]
    asked = iter([False, False, True])
    # A socket left open is a ResourceWarning, and warnings are errors here.
    with pytest.raises(selecting.Stopped):
        list(selecting.run_many(started, 2, stopped=lambda: next(asked)))


def test_leaving_the_loop_early_closes_the_sockets(bench: Bench, serve: Serve) -> None:
    server = serve(bench.server())
    running = selecting.run_many((bench.association(server=server, seed=n) for n in range(9)), 4)
    next(running)
    running.close()


def test_nothing_to_run() -> None:
    assert list(selecting.run_many([], 4)) == []


def test_a_caller_that_wants_no_more_than_stage_and_keys(bench: Bench, serve: Serve) -> None:
    started = [bench.association(server=serve(bench.server()), link=False)]
    [(association, seen)] = selecting.run_many(started, 1, observe=False)
    assert seen is None
    assert association.stage is Stage.RESULT
    assert association.keys is Keys.AGREE


def test_under_load_a_port_passes_on(bench: Bench, serve: Serve, senders: list[Endpoint]) -> None:
    server = serve(bench.server())
    started = [bench.association(server=server, link=False, seed=n) for n in range(12)]
    ended = list(selecting.run_many(started, 3, observe=False))
    assert [association.keys for association, _ in ended] == [Keys.AGREE] * 12
    assert len(set(senders)) == 3


def test_a_port_does_not_pass_on_after_a_retransmission(
    bench: Bench, serve: Serve, senders: list[Endpoint], manners: type[Manners]
) -> None:
    def spoil(draft: Draft) -> None:
        draft.authenticator_right = draft.number != 2 or draft.transmission > 1

    server = serve(bench.server(manners(edit=spoil)))
    started = [bench.association(server=server, link=False, point=_QUICK, seed=n) for n in range(2)]
    ended = list(selecting.run_many(started, 1, observe=False))
    assert [association.keys for association, _ in ended] == [Keys.AGREE] * 2
    assert len(set(senders)) == 2


def test_what_arrives_between_two_associations_is_nobodys(bench: Bench, serve: Serve) -> None:
    server = serve(bench.server(), copies=2)
    started = [bench.association(server=server, link=False, seed=n) for n in range(12)]
    ended = list(selecting.run_many(started, 3, observe=False))
    assert [association.keys for association, _ in ended] == [Keys.AGREE] * 12


@pytest.mark.parametrize("concurrency", [0, -1])
def test_concurrency_below_1(concurrency: int) -> None:
    with pytest.raises(
        ValueError, match=f"^concurrency is {concurrency}; at least 1 association has to run$"
    ):
        next(selecting.run_many([], concurrency))
