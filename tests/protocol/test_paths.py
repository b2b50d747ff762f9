"""Conversations over paths that lose, repeat and delay, in virtual time."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from harness.observation import Stage
from harness.protocol.impairment import Impairment, Path
from harness.trace import Recorder

if TYPE_CHECKING:
    from tests.protocol.conftest import Bench


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_every_request_and_every_reply_lost_once(bench: Bench, tls: str) -> None:
    for number in range(1, 9):
        for lossy in ("to", "from"):
            impairment = Impairment(lose=frozenset({number}))
            rules = {"to": (impairment, Impairment()), "from": (Impairment(), impairment)}[lossy]
            server = bench.server(tls=tls)
            path = Path(*rules, random=Random(1).randbytes)
            seen = bench.run(server, bench.association(path=path))
            assert seen.stage is Stage.COMPLETE
            assert seen.retransmissions == sum(seen.lost_on_purpose)
            assert seen.discards == ()


def test_repeated_datagrams_do_no_harm(bench: Bench) -> None:
    every = range(1, 1000)
    path = Path(Impairment(repeat=every), Impairment(repeat=every), random=Random(1).randbytes)
    seen = bench.run(bench.server(), bench.association(path=path))
    assert seen.stage is Stage.COMPLETE
    assert seen.retransmissions == 0
    assert {discard.reason.partition(" with ")[0] for discard in seen.discards} == {"no request"}


def test_delay_below_and_above_the_time_out(bench: Bench) -> None:
    late = Impairment(late=range(1, 1000), delay=0.25)
    seen = bench.run(bench.server(), bench.association(path=Path(late, late, random=bytes)))
    assert seen.stage is Stage.COMPLETE
    assert seen.duration == pytest.approx(0.5 * seen.requests)
    assert seen.retransmissions == 0
    later = Impairment(late=frozenset({1}), delay=3.0)
    seen = bench.run(
        bench.server(), bench.association(path=Path(Impairment(), later, random=Random(1).randbytes))
    )
    assert seen.stage is Stage.COMPLETE
    assert seen.retransmissions == 1
    assert seen.lost_on_purpose == (0, 0)


def test_nobody_answers(bench: Bench) -> None:
    path = Path(Impairment(lose=range(1, 99)), random=Random(1).randbytes)
    recorder = Recorder()
    server = bench.server()
    seen = bench.run(server, bench.association(path=path, recorder=recorder))
    assert (seen.stage, seen.replies, server.requests) == (Stage.IDENTITY, 0, [])
    assert seen.lost_on_purpose[0] == 1 + seen.retransmissions
    assert recorder.events[-1].name == "finished"
    assert dict(recorder.events[-1].detail) == {"stage": "identity"}
