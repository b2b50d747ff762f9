"""What the commands of a command line are made of: words with their places, options, and what can be wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.scenario.action import Action
from harness.scenario.spellings import Flag


class CommandError(ValueError):
    """A command that cannot be run: what is wrong, the fix, and how far into the line (from 0)."""

    def __init__(self, message: str, fix: str, offset: int) -> None:
        super().__init__(message, fix, offset)
        self.message = message
        self.fix = fix
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a command line, without its quotes, and where it begins."""

    text: str
    offset: int


Options = Mapping[str, Word]

Commands = Mapping[str, tuple[Mapping[str, Flag], Callable[[Options], Action]]]
"""Commands by name: their flags, and what they do with the options that are written."""
