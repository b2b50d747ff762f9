"""Steps, places and entries in words."""

from __future__ import annotations

from pathlib import Path

from harness.device.entries import Entry
from harness.device.entry_type import EntryType
from harness.errors import Place
from harness.rollout.placeholders import Origin
from harness.rollout.plan import PlanStep

_TYPES = {EntryType.CLIENT: "client certificate", EntryType.ROOT_CA: "root CA"}


def spot(place: Place) -> str:
    """Return file and line as a person in the current folder would type them."""
    try:
        file = place.file.relative_to(Path.cwd())
    except ValueError:
        file = place.file
    return f"{file}:{place.line}" if place.line else str(file)


def where(step: PlanStep) -> str:
    """Return where a step stands, and whose it is unless that is its file alone."""
    return f"{step.who} ({spot(step.place)})" if step.who else spot(step.place)


def beside(step: PlanStep) -> str:
    """Return where a step stands, for within parentheses and columns."""
    return f"{step.who}, {spot(step.place)}" if step.who else spot(step.place)


def did(step: PlanStep) -> str:
    """Return a step as the subject of a sentence."""
    return f"{where(step)}, {step.procedure}," if step.procedure else where(step)


def held(entry: Entry, origin: Origin) -> str:
    """Return what an entry is: its type and the name of its certificate."""
    return f"{_TYPES[entry.type]} {origin.name!r}"


def loading(step: PlanStep) -> str:
    """Return a step that makes Wi-Fi read everything anew."""
    return f"the {'reboot' if step.restarts else 'reload'} of {where(step)}"
