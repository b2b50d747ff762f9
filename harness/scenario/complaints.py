"""Collects what is wrong in one document."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from harness.errors import Place, ScenarioError
from harness.scenario.document import Document
from harness.scenario.wording import suggestion

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Complaints:
    """The mistakes found so far, in the order they were found."""

    document: Document
    errors: list[ScenarioError] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """Names of what is there and wrong; who refers to it is not at fault."""

    def add(self, path: Path, message: str, fix: str = "", *, key: bool = False) -> None:
        """Note a mistake at the value of a path, or at its key."""
        self.add_at(self.document.place(path, key=key), message, fix)

    def add_at(self, place: Place, message: str, fix: str = "") -> None:
        """Note a mistake at a place."""
        self.errors.append(ScenarioError(message, place=place, fix=fix))

    def check_name(self, path: Path, name: str, known: Collection[str], what: str) -> bool:
        """Whether a name is known; if not, say which one may be meant."""
        if name not in known and name not in self.broken:
            self.add(path, f"there is no {what} {name!r}", suggestion(name, known))
        return name in known
