"""Values about many devices: shares of them, ranges of shares and of time."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from harness.scenario.values import format_duration, mistake, parse_duration, shown

_SHARE = r"[0-9]{1,3}(?:\.[0-9]{1,4})?%"
_SHARES = rf"{_SHARE}(?:\.\.{_SHARE})?"
_TIME = r"[0-9][0-9.a-z]*?"
_TIMES = rf"{_TIME}\.\.{_TIME}"
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a fleet, in percent."""

    percent: float

    def of(self, count: int) -> int:
        """Return how many devices that is, to the nearest."""
        return math.floor(self.percent / 100 * count + 0.5 + _CLOSE)

    def __str__(self) -> str:
        return f"{self.percent:g}%"


@dataclass(frozen=True, slots=True)
class Shares:
    """A range of shares, both ends included; ``low`` and ``high`` may be the same."""

    low: Share
    high: Share

    def holds(self, part: int, count: int) -> bool:
        """Whether so many of ``count`` devices are within the range; a single share is met to the nearest device."""
        if self.low == self.high:
            return part == self.low.of(count)
        share = part / count * 100
        return self.low.percent - _CLOSE <= share <= self.high.percent + _CLOSE

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low}..{self.high}"


@dataclass(frozen=True, slots=True)
class Times:
    """A range of time since the start of the scenario, both ends included."""

    low: timedelta
    high: timedelta

    def holds(self, time: timedelta | None) -> bool:
        """Whether a time is within the range; no time is in none."""
        return time is not None and self.low <= time <= self.high

    def __str__(self) -> str:
        return f"{format_duration(self.low)}..{format_duration(self.high)}"


def _share(value: object) -> Share:
    if isinstance(value, Share):
        return value
    if not isinstance(value, str) or not re.fullmatch(_SHARE, value):
        raise mistake(f"expected a share, got {shown(value)}", "write it in percent, as in 5%")
    share = Share(float(value.removesuffix("%")))
    if share.percent > 100:
        raise mistake(f"{value} is more than all", "write 100% at most")
    return share


def _shares(value: object) -> Shares:
    if isinstance(value, Shares):
        return value
    if not isinstance(value, str) or not re.fullmatch(_SHARES, value):
        raise mistake(f"expected a share, got {shown(value)}", "write it as in 95%, or as a range: 95%..100%")
    low, _, high = value.partition("..")
    shares = Shares(_share(low), _share(high or low))
    if shares.low.percent > shares.high.percent:
        raise mistake(f"{value} begins above its end", "write the lower share first")
    if (shares.low.percent, shares.high.percent) == (0, 100):
        raise mistake(f"{value} holds for every share", "write a range that a share can be outside of")
    return shares


def _part(value: object) -> Shares:
    """Take a single share for the devices up to there."""
    shares = Shares(Share(0.0), Share(100.0)) if value == "0%..100%" else _shares(value)
    if shares.low == shares.high:
        shares = Shares(Share(0.0), shares.high)
    if shares.low == shares.high:
        raise mistake(f"{shown(value)} is nobody", "write the end of the range above its begin")
    return shares


def _times(value: object) -> Times:
    if isinstance(value, Times):
        return value
    if not isinstance(value, str) or not re.fullmatch(_TIMES, value):
        raise mistake(
            f"expected a range of time, got {shown(value)}",
            "write it as in 700d..731d, from the start of the scenario",
        )
    low, _, high = value.partition("..")
    times = Times(parse_duration(low), parse_duration(high))
    if times.low > times.high:
        raise mistake(f"{value} begins after its end", "write the earlier time first")
    return times


def _skew(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"±?[0-9].*", value):
        raise mistake(f"expected how far clocks are off, got {shown(value)}", "write it as in ±10m")
    return parse_duration(value.removeprefix("±"))


def _schema(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": list(examples)})


OneShare = Annotated[Share, BeforeValidator(_share), _schema(_SHARE, "5%")]
"""A share of a fleet."""
ShareRange = Annotated[Shares, BeforeValidator(_shares), _schema(_SHARES, "95%", "95%..100%")]
"""A share of a fleet, or a range of shares."""
PartOfFleet = Annotated[Shares, BeforeValidator(_part), _schema(_SHARES, "10%", "10%..50%")]
"""The devices of a fleet up to a share, or from one to another."""
TimeRange = Annotated[Times, BeforeValidator(_times), _schema(_TIMES, "700d..731d")]
"""A range of time."""
Skew = Annotated[timedelta, BeforeValidator(_skew), _schema("±?[0-9].*", "±10m")]
"""How far clocks are off at most, to either side."""
