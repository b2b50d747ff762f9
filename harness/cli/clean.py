"""``eaptls clean``: what killed runs left behind."""

from __future__ import annotations

import typer


def clean() -> None:
    """Remove what killed runs left behind."""
    from harness.server.leftovers import remove_leftovers

    removed = remove_leftovers()
    for what in removed:
        typer.echo(f"removed {what}")
    if not removed:
        typer.echo("nothing was left behind")
