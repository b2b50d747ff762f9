"""The two catalogues: how a device of this kind behaves, and what can be checked of an EAP-TLS network.

Both are files of rows by ID. A scenario names a row in its ``ref``, with the catalogue's word before the ID:
``device-A08``, ``check-B16``. It may name a section of the behaviour reference in the same way: ``device-3.4``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.device.switches import TAGS

DEVICE = "device"
"""The catalogue of device behaviour; its rows are founded by letters of :data:`harness.device.switches.TAGS`."""
CHECK = "check"
"""The catalogue of checks; its rows are founded by public sources."""
CATALOGUES: Mapping[str, str] = {DEVICE: "Device behaviour", CHECK: "Checks of a network"}
"""The catalogues by their word, with what each is about."""

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    ``id`` has the catalogue's word before it. ``text`` says what holds; of a check it says what is set up, and
    ``expected`` what must come of it. ``left`` says why nothing covers it, ``partly`` what is not shown of a row
    that is covered.
    """

    id: str
    text: str
    expected: str = ""
    group: str = ""
    founded: tuple[str, ...] = ()
    left: str = ""
    partly: str = ""

    @property
    def catalogue(self) -> str:
        """The catalogue's word."""
        return self.id.partition("-")[0]

    @property
    def sentence(self) -> str:
        """What holds, in one line."""
        return f"{self.text}: {self.expected}" if self.expected else self.text


@cache
def rows() -> tuple[Row, ...]:
    """Return the rows of all catalogues. Raises :class:`ValueError` for a file that does not agree with itself."""
    return tuple(row for word in CATALOGUES for row in _rows(word))


@cache
def sections() -> Mapping[str, str]:
    """Return the sections of the behaviour reference, such as ``device-3.4``, with their titles."""
    written = tomllib.loads((_FOLDER / f"catalogue_{DEVICE}.toml").read_text(encoding="utf-8"))
    return {f"{DEVICE}-{number}": title for number, title in written["sections"].items()}


def is_row(reference: str) -> bool:
    """Return whether a reference means a row of a catalogue, be it there or not."""
    word, found, rest = reference.partition("-")
    return bool(found) and word in CATALOGUES and not is_section(reference) and rest != ""


def is_section(reference: str) -> bool:
    """Return whether a reference means a section of the behaviour reference, such as ``device-3.4``."""
    word, _, rest = reference.partition("-")
    return word == DEVICE and rest != "" and all(part.isdecimal() for part in rest.split("."))


def _rows(word: str) -> tuple[Row, ...]:
    name = f"catalogue_{word}.toml"
    written = tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))
    left = {row: entry["because"] for entry in written.get("left", []) for row in entry["rows"]}
    partly: Mapping[str, str] = written["partly"]
    lost = (left.keys() | partly.keys()) - written["rows"].keys()
    if lost:
        raise ValueError(f"{name} gives a reason for rows that do not exist: {', '.join(sorted(lost))}")
    return tuple(
        Row(
            f"{word}-{identifier}",
            **_columns(name, identifier, columns),
            group=written["groups"][identifier[0]],
            left=left.get(identifier, ""),
            partly=partly.get(identifier, ""),
        )
        for identifier, columns in sorted(written["rows"].items())
    )


def _columns(name: str, identifier: str, columns: list[str]) -> dict[str, Any]:
    match columns:
        case [letters, text]:
            return {"text": text, "founded": _tags(name, identifier, letters)}
        case [text, expected, sources]:
            return {"text": text, "expected": expected, "founded": tuple(sources.split(", "))}
        case _:
            raise ValueError(f"{name}: row {identifier} has neither two columns nor three")


def _tags(name: str, identifier: str, letters: str) -> tuple[str, ...]:
    for letter in letters:
        if letter not in TAGS:
            raise ValueError(f"{name}: row {identifier} has the tag {letter!r}, which does not exist")
    return tuple(letters)
