"""``eaptls check``: validate scenarios without running them."""

from __future__ import annotations

import typer

from harness.cli import options


def check(paths: options.Paths = None) -> None:
    """Check scenario files.

    Nothing is run; every mistake is named with its place and fix.
    """
    from harness.cli import selection

    cases = selection.read(paths)
    files = len({case.info.file for case in cases})
    typer.echo(f"{_count(files, 'scenario file')}, {_count(len(cases), 'case')}: no mistakes")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
