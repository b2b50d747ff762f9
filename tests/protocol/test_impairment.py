from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.protocol.impairment import MOST_UNDER_WAY, Direction, Impairment, Path

TO, FROM = Direction.TO_SERVER, Direction.FROM_SERVER


def _path(to: Impairment | None = None, back: Impairment | None = None, seed: int = 1) -> Path:
    return Path(to or Impairment(), back or Impairment(), random=Random(seed).randbytes)


def test_a_perfect_path_changes_nothing() -> None:
    path = _path()
    path.push(TO, b"a", 1.0)
    path.push(FROM, b"b", 1.0)
    assert path.get_timer() == 1.0
    assert path.pop(1.0) == [(TO, b"a"), (FROM, b"b")]
    assert path.pop(1.0) == []
    assert path.get_timer() is None
    assert path.lost == {TO: 0, FROM: 0}


def test_directions_count_on_their_own_from_1() -> None:
    path = _path(Impairment(lose=frozenset({2})), Impairment(lose=frozenset({1})))
    for direction in (TO, FROM, TO, FROM):
        path.push(direction, direction.value.encode(), 0.0)
    assert path.pop(0.0) == [(TO, b"to-server"), (FROM, b"from-server")]
    assert path.lost == {TO: 1, FROM: 1}


def test_all_from_a_number_on_are_lost() -> None:
    path = _path(Impairment(lose=range(3, 1000)))
    for number in range(1, 6):
        path.push(TO, bytes((number,)), 0.0)
    assert [data for _, data in path.pop(0.0)] == [b"\x01", b"\x02"]
    assert path.lost[TO] == 3


def test_a_repeated_datagram_arrives_twice_in_a_row() -> None:
    path = _path(Impairment(repeat=frozenset({1})))
    path.push(TO, b"a", 0.0)
    path.push(TO, b"b", 0.0)
    assert [data for _, data in path.pop(0.0)] == [b"a", b"a", b"b"]


def test_a_late_datagram_is_overtaken() -> None:
    path = _path(Impairment(late=frozenset({1}), delay=0.5))
    path.push(TO, b"late", 10.0)
    path.push(TO, b"next", 10.1)
    assert path.pop(10.1) == [(TO, b"next")]
    assert path.get_timer() == 10.5
    assert path.pop(10.499) == []
    assert path.pop(10.5) == [(TO, b"late")]


def test_lost_wins_over_repeated_and_late() -> None:
    every = frozenset({1})
    path = _path(Impairment(lose=every, repeat=every, late=every, delay=1.0))
    path.push(TO, b"a", 0.0)
    assert path.get_timer() is None
    assert path.lost[TO] == 1


def _losses(loss: float, seed: int, count: int) -> list[bool]:
    path = _path(Impairment(loss=loss), seed=seed)
    gone = []
    for _ in range(count):
        before = path.lost[TO]
        path.push(TO, b"x", 0.0)
        gone.append(path.lost[TO] > before)
    return gone


@pytest.mark.parametrize(("loss", "low", "high"), [(0.0, 0, 0), (0.3, 250, 350), (1.0, 1000, 1000)])
def test_random_loss(loss: float, low: int, high: int) -> None:
    assert low <= sum(_losses(loss, 7, 1000)) <= high


def test_random_loss_is_the_same_in_every_run() -> None:
    assert _losses(0.5, 7, 50) == _losses(0.5, 7, 50) != _losses(0.5, 8, 50)


@given(
    lose=st.frozensets(st.integers(1, 20)),
    repeat=st.frozensets(st.integers(1, 20)),
    late=st.frozensets(st.integers(1, 20)),
)
def test_every_datagram_arrives_or_is_counted_as_lost(
    lose: frozenset[int], repeat: frozenset[int], late: frozenset[int]
) -> None:
    path = _path(Impairment(lose, repeat, late, delay=3.0))
    for number in range(1, 21):
        path.push(TO, bytes((number,)), float(number))
    arrived = [data[0] for _, data in path.pop(100.0)]
    assert sorted(arrived) == sorted(
        number for number in range(1, 21) if number not in lose for _ in range(1 + (number in repeat))
    )
    assert path.lost[TO] == len(lose)


def test_a_flood_of_late_datagrams_is_not_kept() -> None:
    path = _path(back=Impairment(late=range(1, 10**9), delay=4.0))
    for number in range(3 * MOST_UNDER_WAY):
        path.push(FROM, number.to_bytes(4), 0.0)
    assert path.lost[FROM] == 2 * MOST_UNDER_WAY
    assert len(path.pop(4.0)) == MOST_UNDER_WAY
    path.push(FROM, b"room again", 4.0)
    assert path.lost[FROM] == 2 * MOST_UNDER_WAY


def test_what_is_held_is_listed_in_the_order_of_arrival() -> None:
    path = _path(back=Impairment(late=(1,), delay=4.0))
    path.push(FROM, b"late", 0.0)
    path.push(FROM, b"next", 0.0)
    path.push(TO, b"other way", 0.0)
    assert path.held(FROM) == [b"next", b"late"]
    assert path.delay(FROM) == 4.0
