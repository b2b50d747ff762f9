"""The clock of a device: the harness's time, moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class DeviceClock:
    """Runs as fast as the injected clock and may show another time.

    Every time in and out has a time zone; what comes out is UTC. A device whose clock was lost shows
    the year 2000 until somebody sets it.
    """

    __slots__ = ("_now", "offset")

    def __init__(self, now: Callable[[], datetime], offset: timedelta = timedelta()) -> None:
        self._now = now
        self.offset = offset

    def now(self) -> datetime:
        """Return what the device believes the time is, in UTC."""
        return self._now().astimezone(UTC) + self.offset

    def set(self, time: datetime) -> None:
        """Show that time from now on; raises :class:`ValueError` for a time without zone."""
        if time.tzinfo is None:
            raise ValueError("a device clock is set to a time with time zone")
        self.offset = time - self._now()

    def advance(self, by: timedelta) -> None:
        """Move the clock forward, or back when ``by`` is negative."""
        self.offset += by
