"""``eaptls check``: validate scenarios without running them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options
from harness.errors import ScenarioError, ScenarioErrors, UsageError


def check(
    *,
    paths: options.Paths = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the mistakes as JUnit XML.")
    ] = None,
) -> None:
    """Check scenario files.

    Nothing is run; every mistake is named with its place and fix.
    """
    from harness.cli import selection
    from harness.report import destination
    from harness.scenario.plan import SUFFIXES

    if junit is not None:
        if junit.suffix in SUFFIXES:
            raise UsageError(f"--junit {junit} is called like a scenario; name another file")
        destination.require_writable(junit)
    try:
        cases = selection.read(paths)
    except ScenarioErrors as found:
        _report(junit, [], found.errors)
        raise
    files = list(dict.fromkeys(case.info.file for case in cases))
    _report(junit, files, [])
    typer.echo(f"{_count(len(files), 'scenario file')}, {_count(len(cases), 'case')}: no mistakes")


def _report(junit: Path | None, right: Sequence[Path], errors: Sequence[ScenarioError]) -> None:
    from harness.report.mistakes import mistake_annotations, write_checked

    if junit is not None:
        write_checked(junit, right, errors)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in mistake_annotations(errors):
            typer.echo(line)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
