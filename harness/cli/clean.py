"""``eaptls clean``: what killed runs left behind."""

from __future__ import annotations

import typer


def clean() -> None:
    """Remove what killed runs left behind.

    What belongs to a live run stays, and so does what may belong to one.
    """
    from harness.report.words import printable
    from harness.server.leftovers import remove_leftovers

    found = remove_leftovers()
    for one in found:
        line = f"left alone: {one.what}: {one.kept_because}" if one.kept_because else f"removed {one.what}"
        typer.echo(printable(line))
    if not found:
        typer.echo("nothing was left behind")
