"""``eaptls clean``: what killed runs left behind, and on request the results of runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def clean(
    *,
    results: Annotated[
        Path | None,
        typer.Option(
            "--results", metavar="DIR", help="Remove from this folder what runs wrote into it, too."
        ),
    ] = None,
) -> None:
    """Remove what killed runs left behind.

    What belongs to a live run stays, and so does what may belong to one.
    """
    from harness.report.words import printable
    from harness.server.leftovers import remove_leftovers

    lines = [
        f"left alone: {one.what}: {one.kept_because}" if one.kept_because else f"removed {one.what}"
        for one in remove_leftovers()
    ]
    if results is not None:
        lines += [f"removed {what}" for what in _results(results)]
    for line in lines:
        typer.echo(printable(line))
    if not lines:
        typer.echo("nothing was left behind")


def _results(results: Path) -> list[str]:
    """Remove what can be proven to be of a run; what was changed since, or named by the user, stays."""
    from harness.report import folders, proof

    removed = [f"evidence {folder}" for folder in folders.remove_all(results)]
    page = results / "report.html"
    if proof.is_own(page):
        page.unlink()
        removed.append(f"page {page}")
    if removed and not results.is_symlink() and not any(results.iterdir()):
        results.rmdir()
    return removed
