"""What a case is called, and what it says when an expectation is not met."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CaseInfo:
    """What is known about a case before it runs.

    ``id`` is unique in a run: the file's path under its suite without suffix, and the matrix
    values in brackets, e.g. ``tls/versions[tls=1.2,key=ec-p256]``.
    """

    id: str
    title: str
    why: str
    file: Path
    line: int
    tags: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An expectation that was not met: the dotted field, both values as a person writes them."""

    field: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.field}: expected {self.expected}, got {self.actual}"
