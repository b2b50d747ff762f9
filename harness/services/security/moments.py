"""Moments as a user of the Security Service writes them: a date, a shift from now, or from the end of the first CA."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_AMOUNT = r"[0-9]{1,6}[smhd]"
_SHIFT = re.compile(rf"([+-])((?:{_AMOUNT})+)")
_DURATION = re.compile(rf"(?:{_AMOUNT})+")
_FIRST, _LAST = 1970, 3000
HOW = (
    "write a date as in 2026-01-31, a shift as in +641d, or E-89d for 89 days before the end of the first CA"
)


def parse_span(text: str) -> timedelta:
    """Return the time that ``730d`` or ``23h30m`` stands for; raises :class:`ValueError`, one sentence."""
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is no duration; write it as in 730d or 24h")
    return timedelta(**{_UNITS[unit]: int(amount) for amount, unit in re.findall(r"([0-9]+)([smhd])", text)})


def parse_moment(text: str, now: datetime, end: Callable[[], datetime]) -> datetime:
    """Return the moment that is meant; ``end`` is asked for the E of the documented timeline.

    Raises :class:`ValueError`, one sentence, for anything else.
    """
    moment: datetime | None
    shift = _SHIFT.fullmatch(text.removeprefix("E"))
    try:
        if text == "E":
            return end()
        if shift:
            by = parse_span(shift[2])
            base = end() if text.startswith("E") else now
            moment = base + by if shift[1] == "+" else base - by
        else:
            date = datetime.fromisoformat(text)
            moment = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or not _FIRST <= moment.year <= _LAST:
        raise ValueError(f"{text!r} is no moment; {HOW}")
    return moment
