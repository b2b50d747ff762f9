"""What an impaired path did to the request that was never answered, and to nothing else."""

from __future__ import annotations

from random import Random

import pytest

from harness.observation import Observation, Silence, Stage
from harness.protocol.authenticator import AccessPoint
from harness.protocol.impairment import Impairment, Path
from harness.protocol.radius_client import RetryPolicy
from tests.protocol.conftest import Bench

TWICE = RetryPolicy(initial=0.3, count=2, spread=0.0)
POINT = AccessPoint("CORP", bytes.fromhex("020000000001"), b"testing123", retry=TWICE)
WAIT = 0.3 + 0.6


def run(bench: Bench, to: Impairment, back: Impairment) -> Observation:
    path = Path(to, back, random=Random(1).randbytes)
    return bench.run(bench.server(tls="1.2"), bench.association(point=POINT, path=path))


def late(*numbers: int, by: float = 4.0) -> Impairment:
    return Impairment(late=numbers, delay=by)


NOTHING = Impairment()


def test_an_answer_that_is_held_longer_than_the_access_point_waits(bench: Bench) -> None:
    seen = run(bench, NOTHING, late(2, 3, 4))
    assert seen.silence == Silence(2, 2, answer_held=4.0)
    assert seen.waited == pytest.approx(WAIT)


def test_a_loss_that_a_retransmission_made_good_is_left_out(bench: Bench) -> None:
    seen = run(bench, NOTHING, Impairment(lose=(1,), late=(3, 4), delay=4.0))
    assert seen.lost_on_purpose == (0, 1)
    assert seen.silence == Silence(2, 2, answer_held=4.0)


def test_requests_that_are_held_never_arrive(bench: Bench) -> None:
    seen = run(bench, late(2, 3), NOTHING)
    assert seen.silence == Silence(2, 0, request_held=4.0)


def test_a_repeated_request_counts_once_for_each_that_arrives(bench: Bench) -> None:
    """A transmission that arrived is not made up for by another one that is held twice."""
    seen = run(bench, Impairment(late=(3,), repeat=(3,), delay=4.0), Impairment(lose=(2, 3)))
    assert seen.silence == Silence(2, 1, (0, 1), request_held=4.0)


def test_a_late_duplicate_of_an_earlier_answer_is_no_answer(bench: Bench) -> None:
    """The first answer comes again later than its retransmission's; the last request is lost altogether."""
    seen = run(bench, Impairment(lose=(3, 4)), late(1, by=1.0))
    assert seen.replies == 1
    assert seen.silence == Silence(2, 0, (2, 0))


def test_losses_both_ways_of_the_last_request(bench: Bench) -> None:
    seen = run(bench, Impairment(lose=(2,)), Impairment(lose=(2,)))
    assert seen.silence == Silence(2, 1, (1, 1))


def test_who_does_not_give_up_has_no_silence(bench: Bench) -> None:
    seen = run(bench, NOTHING, late(2, by=0.1))
    assert (seen.silence, seen.waited) == (None, None)


def test_without_a_path_there_is_the_wait_alone(bench: Bench) -> None:
    seen = bench.run(bench.server(secret=b"another"), bench.association(point=POINT))
    assert seen.silence is None
    assert seen.waited == pytest.approx(WAIT)


def test_an_answer_that_comes_at_the_very_end_of_the_wait_is_taken(bench: Bench) -> None:
    """A busy machine looks at its socket and at its clock at once: what is there is not on its way any more."""
    path = Path(NOTHING, NOTHING, random=Random(1).randbytes)
    server, association = bench.server(tls="1.2"), bench.association(point=POINT, path=path)
    now = 0.0
    association.start(now)
    for _ in range(100):
        answers = [
            answer for datagram in association.datagrams_to_send(now) for answer in server.answer(datagram)
        ]
        if association.finished:
            break
        now += 2 * WAIT
        for answer in answers:
            association.receive_datagram(answer, now)
        association.handle_timer(now)
    seen = association.observe()
    assert (seen.stage, seen.retransmissions, seen.silence) == (Stage.COMPLETE, 0, None)
