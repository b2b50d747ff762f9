"""Which cases a command line means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.resources import resource_path
from harness.scenario.plan import BrokenFile, Case, all_mistakes, load, load_all, plan
from harness.scenario.reader import ScenarioFile


def read(paths: Sequence[Path] | None) -> list[Case]:
    """Return all cases of the paths, or of the built-in suite; raises as :func:`harness.scenario.plan.load`."""
    return plan(load(paths or [resource_path("scenarios")]))


def select(paths: Sequence[Path] | None, tags: Sequence[str] | None, keyword: str) -> list[Case]:
    """Return the cases selected as :func:`select_right`; raises ScenarioErrors when any file holds a mistake."""
    return _selected(load(paths or [resource_path("scenarios")]), tags, keyword)


def select_right(
    paths: Sequence[Path] | None, tags: Sequence[str] | None, keyword: str
) -> tuple[list[Case], list[BrokenFile]]:
    """Return the cases selected, and the files that hold mistakes: which cases those would have is not known.

    A keyword that is a whole id selects that case alone; it may hold blanks and parentheses, which would be an
    expression otherwise. Raises :class:`ScenarioErrors` when no file is right, :class:`UsageError` when nothing
    is left of those that are, and as :func:`harness.scenario.plan.plan`.
    """
    files, broken = load_all(paths or [resource_path("scenarios")])
    if not files:
        raise all_mistakes(broken)
    try:
        return _selected(files, tags, keyword), broken
    except UsageError:
        if broken:  # what was asked for may well stand in one of them
            raise all_mistakes(broken) from None
        raise


def _selected(files: Sequence[ScenarioFile], tags: Sequence[str] | None, keyword: str) -> list[Case]:
    tagged = plan(files, tags or ())
    chosen = [case for case in tagged if case.info.id == keyword] or plan(files, tags or (), keyword)
    if not chosen:
        raise UsageError(_nothing(tags or (), keyword))
    return chosen


def _nothing(tags: Sequence[str], keyword: str) -> str:
    asked = [f"--tag {tag}" for tag in tags] + ([f"-k {keyword!r}"] if keyword else [])
    return f"no case matches {' '.join(asked)}; 'eaptls list' shows which cases there are"
