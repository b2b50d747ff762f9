"""Which cases a command line means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.resources import resource_path
from harness.scenario.plan import Case, load, plan


def read(paths: Sequence[Path] | None) -> list[Case]:
    """Return all cases of the paths, or of the built-in suite; raises as :func:`harness.scenario.plan.load`."""
    return plan(load(paths or [resource_path("scenarios")]))


def select(paths: Sequence[Path] | None, tags: Sequence[str] | None, keyword: str) -> list[Case]:
    """Return the cases selected; a keyword that is a whole id selects that case alone.

    A case id may hold blanks and parentheses, which would be an expression otherwise. Raises
    :class:`UsageError` when nothing is left, and as :func:`harness.scenario.plan.plan`.
    """
    files = load(paths or [resource_path("scenarios")])
    tagged = plan(files, tags or ())
    chosen = [case for case in tagged if case.info.id == keyword] or plan(files, tags or (), keyword)
    if not chosen:
        raise UsageError(_nothing(tags or (), keyword))
    return chosen


def _nothing(tags: Sequence[str], keyword: str) -> str:
    asked = [f"--tag {tag}" for tag in tags] + ([f"-k {keyword!r}"] if keyword else [])
    return f"no case matches {' '.join(asked)}; 'eaptls list' shows which cases there are"
