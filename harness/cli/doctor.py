"""``eaptls doctor``: what this machine has, what is missing, how to get it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from harness.cli.exits import ExitCode

if TYPE_CHECKING:
    from harness.server.survey import Item


def doctor() -> None:
    """Say what this machine has and lacks.

    What is missing comes with how to get it. The exit code is 3 when no server can be run.
    """
    from harness.server.survey import can_serve, survey

    items = survey()
    typer.echo("\n".join(table(items)))
    if not can_serve(items):
        typer.echo("\nNo server can be run here: get a container engine and its image, or FreeRADIUS.")
        raise typer.Exit(ExitCode.ENVIRONMENT)


def table(items: Sequence[Item]) -> list[str]:
    """Return one line per item; a missing one says what for it is needed and how to get it."""
    width = max(len(item.name) for item in items)
    return [f"{'have' if item.present else 'MISS'}  {item.name:<{width}}  {_detail(item)}" for item in items]


def _detail(item: Item) -> str:
    if item.present:
        return item.detail
    needed = f"for {item.needed_for}; " if item.needed_for else ""
    return f"{needed}get it: {item.how_to_get}"
