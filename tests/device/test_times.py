from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from harness.device.times import BrokenDownTime, broken_down, rest_time

MOMENT = datetime(2030, 5, 7, 1, 2, 3, 999, tzinfo=UTC)


def test_a_time_has_seconds_and_no_zone() -> None:
    assert rest_time(MOMENT) == "2030-05-07T01:02:03"


def test_a_time_has_the_fields_of_c() -> None:
    assert broken_down(MOMENT) == BrokenDownTime(3, 2, 1, 7, 4, 130)


@pytest.mark.catalogue("G08")
def test_read_in_another_zone_the_time_is_off_by_hours() -> None:
    fields = broken_down(MOMENT)
    assert fields.moment(UTC) == MOMENT.replace(microsecond=0)
    berlin = timezone(timedelta(hours=2))
    assert fields.moment(UTC) - fields.moment(berlin) == timedelta(hours=2)
