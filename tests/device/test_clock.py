from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from harness.device.clock import DeviceClock, TimeSync

NOON = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)


class Time:
    """The harness's time, moved by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def test_a_clock_shows_the_harness_time_until_it_is_moved() -> None:
    time = Time()
    clock = DeviceClock(time)
    assert clock.now() == NOON
    clock.advance(timedelta(days=-1))
    assert clock.now() == NOON - timedelta(days=1)
    assert clock.offset == timedelta(days=-1)


def test_a_set_clock_runs_on() -> None:
    time = Time()
    clock = DeviceClock(time)
    clock.set(datetime(2000, 1, 1, tzinfo=UTC))
    time.now += timedelta(minutes=3)
    assert clock.now() == datetime(2000, 1, 1, 0, 3, tzinfo=UTC)


def test_a_clock_answers_in_utc() -> None:
    east = timezone(timedelta(hours=2))
    clock = DeviceClock(lambda: NOON.astimezone(east))
    assert clock.now().tzinfo is UTC
    clock.set(datetime(2030, 1, 1, 2, 0, tzinfo=east))
    assert clock.now().isoformat() == "2030-01-01T00:00:00+00:00"


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a device clock is set to a time with time zone$"):
        DeviceClock(Time()).set(NOON.replace(tzinfo=None))


def test_the_network_gives_the_time_unless_it_is_disabled() -> None:
    time = Time()
    clock = DeviceClock(time)
    clock.start(datetime(2000, 1, 1, tzinfo=UTC))
    assert clock.sync is TimeSync.INCOMPLETE
    clock.sync_enabled = False
    clock.synchronise()
    assert (clock.now().year, clock.sync) == (2000, TimeSync.DISABLED)
    clock.sync_enabled = True
    clock.synchronise()
    assert (clock.now(), clock.sync) == (NOON, TimeSync.COMPLETE)


def test_a_start_with_a_battery_keeps_the_time() -> None:
    clock = DeviceClock(Time())
    clock.synchronise()
    clock.advance(timedelta(minutes=-3))
    clock.start()
    assert (clock.now(), clock.sync) == (NOON - timedelta(minutes=3), TimeSync.INCOMPLETE)


@pytest.mark.parametrize("sync", list(TimeSync))
def test_what_was_in_memory_can_be_restored(sync: TimeSync) -> None:
    clock = DeviceClock(Time())
    clock.restore(timedelta(days=-1), sync)
    assert (clock.now(), clock.sync) == (NOON - timedelta(days=1), sync)
