"""Single values of the scenario language: durations, moments, counts, packet choices, TLS versions.

Each type says in one sentence what is wrong with a value and what to write instead.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

MISTAKE = "scenario-mistake"
"""The error type of every mistake that the language words itself."""

_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_AMOUNT = r"[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d)"
_DURATION = rf"[+-]?(?:{_AMOUNT})+"
DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?Z?)?"
"""How a date is written."""
_COUNT = r"(>=|<=|>|<)?\s*([0-9]{1,9})"
_LONGEST = timedelta(days=365_250)
"""A thousand years: a certificate that ends later than its RFC can write is then still far away."""
_FURTHEST_BACK = timedelta(days=20_000)
"""More would lead to a time before 1970, where clocks begin."""
_FIRST_YEAR, _LAST_YEAR = 1970, 3000
_LONGEST_WAIT = timedelta(hours=1)
_MAC = r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}"

_COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    "": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def mistake(message: str, fix: str = "") -> PydanticCustomError:
    """Return the error a validator raises: what is wrong, and what to write instead."""
    context: dict[str, Any] = {"message": message, "fix": fix}
    return PydanticCustomError(MISTAKE, "{message}", context)


def shown(value: object) -> str:
    """Return a value as a person would name it in a sentence."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return repr(value) if isinstance(value, str) else str(value)


def parse_duration(text: str) -> timedelta:
    """Return the time that ``200ms``, ``3h``, ``1h30m`` or ``-400d`` stands for.

    Raises :class:`pydantic_core.PydanticCustomError` (as all parsers here) for anything else.
    """
    if not re.fullmatch(_DURATION, text):
        raise mistake(
            f"{text!r} is no duration", "write a number and a unit (ms, s, m, h, d), as in 200ms, 3h or 400d"
        )
    parts = re.findall(r"([\d.]+)(ms|[smhd])", text)
    total = timedelta()
    try:
        for amount, unit in parts:
            total += timedelta(**{_UNITS[unit]: float(amount)})
    except OverflowError:
        total = timedelta.max
    if text.startswith("-"):
        if total > _FURTHEST_BACK:
            raise mistake(f"{text!r} leads to a time before 1970", f"go back {_FURTHEST_BACK.days}d at most")
        return -total
    if total > _LONGEST:
        raise mistake(f"{text!r} is more than a thousand years", f"write {_LONGEST.days}d at most")
    return total


def format_duration(value: timedelta) -> str:
    """Return the shortest way to write a duration; the inverse of :func:`parse_duration`."""
    sign = "-" if value < timedelta() else ""
    rest = abs(value)
    if not rest:
        return "0s"
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        whole, rest = divmod(rest, timedelta(**{_UNITS[unit]: 1}))
        parts.append(f"{whole}{unit}" if whole else "")
    return sign + "".join(parts)


def _text(value: object) -> object:
    """Take numbers as the text they were written as; anything else is left to the next check."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _one_or_several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise mistake(f"{value} lacks a unit", f"write {value}ms, {value}s, {value}m, {value}h or {value}d")
    if not isinstance(value, str):
        raise mistake(f"expected a duration, got {shown(value)}", "write it as in 200ms, 3h or 400d")
    return parse_duration(value)


def _positive_duration(value: object) -> timedelta:
    duration = _duration(value)
    if duration < timedelta():
        raise mistake(f"{shown(value)} is negative", "write a duration without a minus sign")
    return duration


def _real_time(value: object) -> timedelta:
    duration = _positive_duration(value)
    if duration > _LONGEST_WAIT:
        raise mistake(f"{shown(value)} would be waited for in real time", "write an hour (1h) at most")
    return duration


def _moment(value: object) -> timedelta | datetime:
    if isinstance(value, timedelta | datetime):
        return value
    if isinstance(value, str) and re.fullmatch(_DURATION, value):
        return parse_duration(value)
    if isinstance(value, str) and re.fullmatch(DATE, value):
        try:
            date = datetime.fromisoformat(value.removesuffix("Z")).replace(tzinfo=UTC)
        except ValueError as error:
            raise mistake(f"{value!r} is no date: {error}", "write it as in 2000-01-31") from None
        if not _FIRST_YEAR <= date.year <= _LAST_YEAR:
            raise mistake(
                f"no clock here shows {value!r}", f"write a year from {_FIRST_YEAR} to {_LAST_YEAR}"
            )
        return date
    raise mistake(
        f"expected a moment, got {shown(value)}",
        "write a shift as in +400d or -1d, or a UTC date as in 2000-01-01 or 2000-01-01T12:00Z",
    )


def _date(value: object) -> datetime:
    moment = _moment(value)
    if isinstance(moment, timedelta):
        raise mistake(f"{shown(value)} is no date", "write a UTC date as in 2000-01-01")
    return moment


@dataclass(frozen=True, slots=True)
class Count:
    """How often something is expected: exactly a number, or a bound."""

    comparison: str
    number: int

    def holds(self, actual: int) -> bool:
        """Whether ``actual`` is as expected."""
        return _COMPARISONS[self.comparison](actual, self.number)

    def __str__(self) -> str:
        return f"{self.comparison}{self.number}"


_TRIVIAL = {Count(">=", 0): ("every", "break"), Count("<", 0): ("no", "meet")}
"""Bounds that say nothing, and why."""


def _count(value: object) -> Count:
    if isinstance(value, Count):
        return value
    match = re.fullmatch(_COUNT, str(_text(value)).strip())
    if not match:
        raise mistake(f"expected a count, got {shown(value)}", 'write it as in 2, ">=1" or "<3"')
    count = Count(match[1] or "", int(match[2]))
    if count in _TRIVIAL:
        raise mistake(
            f"'{count}' holds for {_TRIVIAL[count][0]} number",
            f"write a bound that something can {_TRIVIAL[count][1]}",
        )
    return count


def _number_or_none(value: object) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if value is None or value == "none":
        return "none"
    raise mistake(f"expected a number, got {shown(value)}", "write a number, or none")


@dataclass(frozen=True, slots=True)
class PacketChoice:
    """Which packets of one direction are meant, counted from 1 in each association.

    ``every`` 1 means all, 3 every third, 0 none but those in ``numbers``.
    """

    numbers: frozenset[int] = frozenset()
    every: int = 0

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and (
            number in self.numbers or (self.every > 0 and number % self.every == 0)
        )


def _packets(value: object) -> PacketChoice:
    if isinstance(value, PacketChoice):
        return value
    if value == "all":
        return PacketChoice(every=1)
    every = re.fullmatch(r"every ([1-9][0-9]{0,8})", value) if isinstance(value, str) else None
    if every:
        return PacketChoice(every=int(every[1]))
    written = value if isinstance(value, list | tuple) else [value]
    numbers = [item for item in written if isinstance(item, int) and not isinstance(item, bool) and item > 0]
    if len(numbers) == len(written):
        return PacketChoice(frozenset(numbers))
    raise mistake(
        f"expected packet numbers, got {shown(value)}",
        "write numbers counted from 1 as in [1, 3], or all, or every 3",
    )


def _mac(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(_MAC, value):
        return value.lower()
    raise mistake(f"{shown(value)} is no MAC address", "write six octets as in 02:00:00:00:00:01")


class TlsVersion(StrEnum):
    """A version of TLS."""

    V1_0 = "1.0"
    V1_1 = "1.1"
    V1_2 = "1.2"
    V1_3 = "1.3"


def _schema(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": list(examples)})


Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict()]
"""A whole number; neither ``true`` nor a text is one."""
Text = Annotated[
    str, BeforeValidator(_text), Strict(), WithJsonSchema({"type": ["string", "number"], "title": "text"})
]
Words = Annotated[
    tuple[Text, ...],
    BeforeValidator(_one_or_several),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One word, or a list of them."""
Duration = Annotated[
    timedelta, BeforeValidator(_positive_duration), _schema(_DURATION, "200ms", "3h", "400d")
]
"""A length of time; the field's number of seconds is never bare, it always has its unit."""
RealTime = Annotated[timedelta, BeforeValidator(_real_time), _schema(_DURATION, "200ms", "3s")]
"""A length of time that is waited for."""
Shift = Annotated[timedelta, BeforeValidator(_duration), _schema(_DURATION, "+400d", "-1d")]
"""A length of time forward or back."""
Moment = Annotated[
    timedelta | datetime,
    BeforeValidator(_moment),
    _schema(f"(?:{_DURATION}|{DATE})", "+400d", "-1d", "2000-01-01"),
]
"""A shift against the scenario's clock, or a UTC date."""
Date = Annotated[datetime, BeforeValidator(_date), _schema(DATE, "2000-01-01")]
"""A UTC date."""
Expected = Annotated[
    Count,
    BeforeValidator(_count),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": f"^{_COUNT}$"}]}),
]
NumberOrNone = Annotated[
    int | str,
    BeforeValidator(_number_or_none),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"const": "none"}]}),
]
"""A number of the device, or the word ``none`` for its absence."""
Packets = Annotated[
    PacketChoice,
    BeforeValidator(_packets),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "array", "items": {"type": "integer", "minimum": 1}},
                {"type": "string", "pattern": "^(all|every [1-9][0-9]*)$"},
            ]
        }
    ),
]
Mac = Annotated[str, BeforeValidator(_mac), _schema(_MAC, "02:00:00:00:00:01")]
Version = Annotated[TlsVersion, BeforeValidator(_text)]
