"""Steps that let time pass or move clocks: one clock for the whole scenario, and what a device or server is off from it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import WithJsonSchema, model_validator

from harness.scenario.action import Action
from harness.scenario.part import Part
from harness.scenario.values import (
    DATE,
    Date,
    Duration,
    Flag,
    Moment,
    Shift,
    Text,
    format_duration,
    mistake,
    shown,
)

_END = re.compile(r"E\s*([+-]\s*\S+)?")
"""The end of the certificate that is meant, and a shift against it."""
_DATE_OR_END = {
    "type": "string",
    "pattern": rf"^(?:{DATE}|{_END.pattern})$",
    "examples": ["2000-01-01", "E-44d"],
}
"""What an editor takes for a bare moment."""


class At(Part):
    """A moment of the scenario's clock: a date, or the end of a certificate and a shift against it.

    A bare date, or ``E`` for the end of the only tenant's first CA, as in ``E-44d``.
    """

    shorthand: ClassVar[str] = "date"

    date: Annotated[Date, WithJsonSchema(_DATE_OR_END)] | None = None
    """A UTC date."""
    certificate: Text | None = None
    """Name of the certificate whose end (notAfter) counts, as it is at this step."""
    tenant: Text | None = None
    """Name of the tenant whose first CA's end counts; the only one unless written."""
    shift: Shift = timedelta()
    """How long after that end; before it with a minus sign."""

    @model_validator(mode="before")
    @classmethod
    def _end_of_the_tenant(cls, data: Any) -> Any:
        found = _END.fullmatch(data) if isinstance(data, str) else None
        if found:
            return {"shift": (found[1] or "0s").replace(" ", "")}
        if isinstance(data, str) and data[:1] in "+-":
            raise mistake(
                f"{shown(data)} is not said from when",
                "write advance for a shift from now, or E and the shift, as in E-44d",
            )
        return data

    @model_validator(mode="after")
    def _one_moment(self) -> At:
        if self.date is not None and len(self.model_fields_set) > 1:
            raise mistake("a date needs nothing beside it", "leave the rest out, or the date")
        if self.certificate is not None and self.tenant is not None:
            raise mistake("the end is that of one certificate", "leave out certificate or tenant")
        return self

    def __str__(self) -> str:
        if self.date is not None:
            return f"{self.date:%Y-%m-%dT%H:%M:%SZ}"
        whose = self.certificate or self.tenant
        sign = "+" if self.shift > timedelta() else ""
        shift = f"{sign}{format_duration(self.shift)}" if self.shift else ""
        return f"E{shift}{f' of {whose}' if whose else ''}"


class Clock(Action):
    """Move clocks. Shifts are against the scenario's clock, whatever was set before.

    ``advance`` and ``at`` move that clock itself, and with it devices, servers and services, each of which stays as
    far off as it was. Nobody sleeps, and no server is restarted.
    """

    advance: Duration | None = None
    """How far all go forward from where they are."""
    at: At | None = None
    """The moment to which all go forward; time never goes back."""
    device: Moment | None = None
    """Clock of the device, as a shift or as a date."""
    server: Moment | None = None
    """Clock of every server, as a shift or as a date."""
    sync: Flag | None = None
    """Whether the device takes the time from networks that have it."""

    on_device = True

    @model_validator(mode="after")
    def _something(self) -> Clock:
        moved = [name for name in self.written() if getattr(self, name) is not None]
        if not moved:
            raise mistake("clock moves nothing", "write advance, at, device, server or sync")
        for name in ("advance", "at"):
            if name in moved and len(moved) > 1:
                raise mistake(f"{name} moves all clocks already", f"write {name} in a step of its own")
        return self

    @property
    def moves_all(self) -> bool:
        """Whether the scenario's clock itself is moved."""
        return self.advance is not None or self.at is not None

    @property
    def words(self) -> str:
        """What is done, in words."""
        values = {name: getattr(self, name) for name in self.written()}
        moved = [f"{name} {_moment_words(value)}" for name, value in values.items() if value is not None]
        return ", ".join(moved)


class Wait(Action):
    """Let time pass: clocks go on, networks that failed may be tried again. A bare value is how much.

    Nobody sleeps. A server notices only in a scenario that moves servers' clocks with ``clock``.
    """

    shorthand: ClassVar[str] = "time"

    time: Duration
    """How much time."""

    @property
    def words(self) -> str:
        """How much time, in words."""
        return format_duration(self.time)


def _moment_words(value: timedelta | datetime | At | Flag) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return str(value) if isinstance(value, At) else format_duration(value)
