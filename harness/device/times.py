"""Times of certificates as the device hands them out. They are UTC and do not say so (section 1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo


@dataclass(frozen=True, slots=True)
class BrokenDownTime:
    """The fields of C's ``struct tm`` that the device sets; day of week and year and ``tm_isdst`` it leaves undefined.

    ``mon`` counts from 0, ``year`` from 1900.
    """

    sec: int
    min: int
    hour: int
    mday: int
    mon: int
    year: int

    def moment(self, zone: tzinfo) -> datetime:
        """Read the fields as a time of that zone. Only UTC is right; ``mktime`` takes the local zone."""
        return datetime(self.year + 1900, self.mon + 1, self.mday, self.hour, self.min, self.sec, tzinfo=zone)


def broken_down(moment: datetime) -> BrokenDownTime:
    """Return the fields of a time in UTC."""
    return BrokenDownTime(
        moment.second, moment.minute, moment.hour, moment.day, moment.month - 1, moment.year - 1900
    )


def rest_time(moment: datetime) -> str:
    """Write a time in UTC as the REST interface does: whole seconds, no zone."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
