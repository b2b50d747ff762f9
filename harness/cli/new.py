"""``eaptls new``: a commented scenario to start from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import UsageError


def new(
    *,
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="The file to make.")] = Path("scenario.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write a commented scenario to start from."""
    from harness.report import destination, files
    from harness.scenario.template import SCHEMA_FILE, template

    if os.path.lexists(file) and not force:
        raise UsageError(f"{file} exists; give another name, or --force to replace it")
    if destination.require_writable(file).kind is not destination.Kind.FILE:
        raise UsageError(f"{file} is no file; give another name")
    files.write(file, template())
    typer.echo(
        f"{file} written; run it with 'eaptls run {file}'\n"
        f"for an editor that completes and checks: eaptls schema > {file.parent / SCHEMA_FILE}"
    )
