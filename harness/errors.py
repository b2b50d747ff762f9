"""The only exceptions a caller of the harness has to know.

What a network does is never an exception: that is an :class:`harness.outcome.Outcome`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a scenario file; line and column count from 1, 0 means the whole file."""

    file: Path
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else str(self.file)


_LONGEST_SENTENCE = 600
CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""What would break a line, move a cursor, turn the direction of writing (UAX 9), or cannot be written at all."""


def one_line(text: str) -> str:
    """Return a sentence that quotes what a user wrote as one line: odd characters escaped, its middle cut."""
    if len(text) > _LONGEST_SENTENCE:
        text = f"{text[: _LONGEST_SENTENCE // 2]} ... {text[-_LONGEST_SENTENCE // 4 :]}"
    return CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)


class HarnessError(Exception):
    """Base of the harness's own exceptions; ``str()`` is one sentence fit for a user."""


class UsageError(HarnessError):
    """The command line asks for something that cannot be done."""


class ScenarioError(HarnessError):
    """A scenario file is wrong: where, what, and what to write instead."""

    def __init__(self, message: str, *, place: Place, fix: str = "") -> None:
        message, fix = one_line(message), one_line(fix)
        super().__init__(message, place, fix)
        self.message = message
        self.place = place
        self.fix = fix

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}"
        return f"{text}; {self.fix}" if self.fix else text


class ScenarioErrors(HarnessError):
    """All that is wrong in the files that were read, in reading order."""

    def __init__(self, errors: list[ScenarioError]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class EnvironmentUnavailable(HarnessError):
    """The machine lacks something, or a server did not come up.

    ``hint`` says in one sentence what to do; ``last_lines`` are the last lines the failed
    program wrote, free of secrets.
    """

    def __init__(self, message: str, *, hint: str = "", last_lines: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint, last_lines)
        self.message = message
        self.hint = hint
        self.last_lines = last_lines

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class ServerLost(EnvironmentUnavailable):
    """Something outside took a server of the harness away: it was killed, or its port was taken. A new one may stay."""


class ServerDoesNotStart(HarnessError):
    """A server ended while it started, because of what its settings say.

    Proven by another server that started on the same machine at the same time. ``complaint`` is the
    server's own sentence; ``hint`` and ``last_lines`` as above.
    """

    def __init__(self, complaint: str, *, hint: str = "", last_lines: tuple[str, ...] = ()) -> None:
        super().__init__(complaint, hint, last_lines)
        self.complaint = complaint
        self.hint = hint
        self.last_lines = last_lines

    @property
    def message(self) -> str:
        """What happened, in the server's own words."""
        return f"the server does not start: {self.complaint}"

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message
