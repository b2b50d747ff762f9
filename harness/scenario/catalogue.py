"""The catalogue of device behaviour: what must hold, row by row, and how well each row is founded."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.device.switches import TAGS

PREFIX = "device-"
"""Stands before a row's ID in the ``ref`` of a scenario."""

_FILE = Path(__file__).with_name("catalogue.toml")
_GROUPS: Mapping[str, str] = {
    "A": "Certificate IDs and input",
    "B": "Overwrite, type crossing, move, delete",
    "C": "Space",
    "D": "Command line",
    "E": "Network settings",
    "F": "Authentication",
    "G": "Clock",
    "H": "Renewal of a root CA",
    "I": "Renewal of a client certificate",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``tags`` are letters of :data:`harness.device.switches.TAGS`; ``left`` says why nothing covers it."""

    id: str
    tags: tuple[str, ...]
    text: str
    left: str = ""

    @property
    def group(self) -> str:
        """What the row is about."""
        return _GROUPS[self.id[0]]


@cache
def rows() -> tuple[Row, ...]:
    """Return all rows by ID. Raises :class:`ValueError` for a file that does not agree with itself."""
    written = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    left: Mapping[str, str] = written["left"]
    lost = left.keys() - written["rows"].keys()
    if lost:
        raise ValueError(f"{_FILE.name} gives a reason for rows that do not exist: {', '.join(sorted(lost))}")
    return tuple(
        Row(identifier, _tags(identifier, tags), text, left.get(identifier, ""))
        for identifier, (tags, text) in sorted(written["rows"].items())
    )


def _tags(identifier: str, letters: str) -> tuple[str, ...]:
    for letter in letters:
        if letter not in TAGS:
            raise ValueError(f"{_FILE.name}: row {identifier} has the tag {letter!r}, which does not exist")
    return tuple(letters)
