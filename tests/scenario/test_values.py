from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from harness.scenario.values import (
    Count,
    Duration,
    Expected,
    Flag,
    Mac,
    Moment,
    Packets,
    Shift,
    Text,
    format_duration,
    parse_duration,
)


def wrong(kind: Any, value: object) -> tuple[str, str]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    context = caught.value.errors()[0]["ctx"]
    return context["message"], context["fix"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("200ms", timedelta(milliseconds=200)),
        ("3h", timedelta(hours=3)),
        ("1h30m", timedelta(minutes=90)),
        ("1.5s", timedelta(milliseconds=1500)),
        ("+400d", timedelta(days=400)),
        ("-1d", timedelta(days=-1)),
    ],
)
def test_durations_are_numbers_with_units(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_a_written_duration_reads_back(milliseconds: int) -> None:
    value = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(value)) == value


def test_an_endless_duration_is_refused() -> None:
    assert wrong(Duration, "9999999999999d") == (
        "'9999999999999d' is more than a thousand years",
        "write 365250d at most",
    )


@pytest.mark.parametrize(
    ("kind", "value", "message", "fix"),
    [
        (Duration, 3, "3 lacks a unit", "write 3ms, 3s, 3m, 3h or 3d"),
        (Duration, "-3s", "'-3s' is negative", "write a duration without a minus sign"),
        (Duration, [1], "expected a duration, got a list", "write it as in 200ms, 3h or 400d"),
        (
            Duration,
            "3 weeks",
            "'3 weeks' is no duration",
            "write a number and a unit (ms, s, m, h, d), as in 200ms, 3h or 400d",
        ),
        (
            Moment,
            "tomorrow",
            "expected a moment, got 'tomorrow'",
            "write a shift as in +400d or -1d, or a UTC date as in 2000-01-01 or 2000-01-01T12:00Z",
        ),
        (
            Moment,
            "2000-02-30",
            "'2000-02-30' is no date: day is out of range for month",
            "write it as in 2000-01-31",
        ),
        (Expected, "lots", "expected a count, got 'lots'", 'write it as in 2, ">=1" or "<3"'),
        (
            Packets,
            [0],
            "expected packet numbers, got a list",
            "write numbers counted from 1 as in [1, 3], or all, or every 3",
        ),
        (Mac, "02:00", "'02:00' is no MAC address", "write six octets as in 02:00:00:00:00:01"),
    ],
)
def test_wrong_values_are_answered_with_an_example(kind: Any, value: object, message: str, fix: str) -> None:
    assert wrong(kind, value) == (message, fix)


def test_moments_are_shifts_or_utc_dates() -> None:
    moment = TypeAdapter(Moment)
    assert moment.validate_python("+400d") == timedelta(days=400)
    assert moment.validate_python("2000-01-01") == datetime(2000, 1, 1, tzinfo=UTC)
    assert moment.validate_python("2000-01-01T12:30Z") == datetime(2000, 1, 1, 12, 30, tzinfo=UTC)


def test_shifts_may_be_negative() -> None:
    assert TypeAdapter(Shift).validate_python("-2h") == timedelta(hours=-2)


@pytest.mark.parametrize(
    ("text", "holds", "fails"),
    [("2", 2, 3), (">=1", 1, 0), ("<= 2", 2, 3), (">1", 2, 1), ("<3", 2, 3)],
)
def test_counts_are_numbers_or_bounds(text: str, holds: int, fails: int) -> None:
    count: Count = TypeAdapter(Expected).validate_python(text)
    assert count.holds(holds)
    assert not count.holds(fails)


def test_packets_are_numbers_all_or_every_nth() -> None:
    packets = TypeAdapter(Packets)
    assert [number for number in range(1, 8) if number in packets.validate_python([2, 5])] == [2, 5]
    assert [number for number in range(1, 8) if number in packets.validate_python("every 3")] == [3, 6]
    assert all(number in packets.validate_python("all") for number in range(1, 8))
    assert 2 in packets.validate_python(2)
    assert 1 not in packets.validate_python(2)


def test_numbers_are_text_where_text_is_meant_and_words_are_no_flags() -> None:
    assert TypeAdapter(Text).validate_python(1.2) == "1.2"
    with pytest.raises(ValidationError):
        TypeAdapter(Text).validate_python(True)
    with pytest.raises(ValidationError):
        TypeAdapter(Flag).validate_python("yes")
