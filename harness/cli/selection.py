"""Which cases a command line means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from harness.errors import UsageError
from harness.resources import resource_path

if TYPE_CHECKING:
    from harness.scenario.case import CaseInfo


class Selectable(Protocol):
    """Whatever carries the description of a case."""

    @property
    def info(self) -> CaseInfo:
        """What is known about the case before it runs."""


C = TypeVar("C", bound=Selectable)


def paths_or_suite(paths: Sequence[Path] | None) -> list[Path]:
    """Return the paths given, or the built-in suite.

    Raises :class:`UsageError` for a path that is not there.
    """
    for path in paths or ():
        if not path.exists():
            raise UsageError(f"{path} does not exist; give a scenario file or a folder of them")
    return list(paths or [resource_path("scenarios")])


def matches(info: CaseInfo, tags: Sequence[str], keyword: str) -> bool:
    """Return whether a case has one of the tags, and every word of the keyword in its id or title."""
    text = f"{info.id} {info.title}".lower()
    tagged = not tags or any(tag in info.tags for tag in tags)
    return tagged and all(word in text for word in keyword.lower().split())


def choose(cases: Sequence[C], tags: Sequence[str], keyword: str) -> list[C]:
    """Return the cases selected; a keyword that is a whole id selects that case alone.

    Raises :class:`UsageError` when nothing is left.
    """
    whole = [case for case in cases if case.info.id == keyword and matches(case.info, tags, "")]
    chosen = whole or [case for case in cases if matches(case.info, tags, keyword)]
    if not chosen:
        raise UsageError(_nothing(len(cases), tags, keyword))
    return chosen


def _nothing(count: int, tags: Sequence[str], keyword: str) -> str:
    if not count:
        return "there is no scenario here; scenario files end in .yaml"
    asked = [f"--tag {tag}" for tag in tags] + ([f"-k {keyword!r}"] if keyword else [])
    return f"no case matches {' '.join(asked)}; 'eaptls list' shows the {count} there are"
