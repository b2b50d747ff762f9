"""The clock of a device: the harness's time, moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class TimeSync(StrEnum):
    """How far the device's own time synchronisation has come (behaviour reference, section 2.3)."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    DISABLED = "disabled"


class DeviceClock:
    """Runs as fast as the injected clock and may show another time.

    Every time in and out has a time zone; what comes out is UTC. A device whose clock was lost shows
    the year 2000 until somebody sets it, or until it joins a network that gives time.
    """

    __slots__ = ("_now", "_synchronised", "offset", "sync_enabled")

    def __init__(self, now: Callable[[], datetime], offset: timedelta = timedelta()) -> None:
        self._now = now
        self._synchronised = False
        self.offset = offset
        self.sync_enabled = True

    def now(self) -> datetime:
        """Return what the device believes the time is, in UTC."""
        return self._now().astimezone(UTC) + self.offset

    @property
    def sync(self) -> TimeSync:
        """Whether the time was synchronised since the last start; an application may disable it."""
        if not self.sync_enabled:
            return TimeSync.DISABLED
        return TimeSync.COMPLETE if self._synchronised else TimeSync.INCOMPLETE

    def set(self, time: datetime) -> None:
        """Show that time from now on; raises :class:`ValueError` for a time without zone."""
        if time.tzinfo is None:
            raise ValueError("a device clock is set to a time with time zone")
        self.offset = time - self._now()

    def advance(self, by: timedelta) -> None:
        """Move the clock forward, or back when ``by`` is negative."""
        self.offset += by

    def synchronise(self) -> None:
        """Take the true time from the network, unless synchronisation is disabled."""
        if self.sync_enabled:
            self.offset = timedelta()
            self._synchronised = True

    def start(self, lost_to: datetime | None = None) -> None:
        """Begin after a loss of power: not synchronised, and at ``lost_to`` when no battery kept the time."""
        self._synchronised = False
        if lost_to is not None:
            self.set(lost_to)

    def restore(self, offset: timedelta, sync: TimeSync) -> None:
        """Take over what was in memory when the device was put aside."""
        self.offset = offset
        self.sync_enabled = sync is not TimeSync.DISABLED
        self._synchronised = sync is TimeSync.COMPLETE
