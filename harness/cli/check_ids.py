"""``eaptls check-ids``: which installation of a rollout would overwrite which certificate, and what that costs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.exits import ExitCode

if TYPE_CHECKING:
    from harness.rollout.check import Report


class Output(StrEnum):
    """How the result is written."""

    TEXT = "text"
    JSON = "json"


def check_ids(
    *,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", help="Scripts, runbooks, rollout files, scenarios.", show_default=False
        ),
    ],
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="ID", help="Accept what happens to this certificate ID; repeatable."),
    ] = None,
    in_order: Annotated[
        bool, typer.Option("--in-order", help="The files' order is known: the one given.")
    ] = False,
    output: Annotated[Output, typer.Option("--output", help="text or json.")] = Output.TEXT,
) -> None:
    """Check the certificate IDs of a rollout.

    Nothing is run: the steps of all files are rehearsed on the model of the device, in every order of the files.
    Ends with 1 when a certificate is overwritten by accident or a network is lost.
    """
    from harness.rollout.check import check
    from harness.rollout.files import read_inputs

    inputs = read_inputs(files)
    report = check(inputs.parties, in_order=in_order or inputs.in_order, allowed=allow or ())
    _write(report, output)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        _annotate(report)
    if report.conflicts:
        raise typer.Exit(ExitCode.FAILED)


def _write(report: Report, output: Output) -> None:
    import json

    from harness.report.words import printable
    from harness.rollout.telling import document, lines

    if output is Output.JSON:
        typer.echo(json.dumps(document(report), indent=1, ensure_ascii=False))
        return
    for line in lines(report):
        typer.echo(printable(line))


def _annotate(report: Report) -> None:
    from harness.errors import ScenarioError
    from harness.report.mistakes import mistake_annotations

    found: Sequence[ScenarioError] = [
        ScenarioError(one.finding.text, place=one.finding.place, fix=one.finding.fix)
        for one in report.conflicts
        if one.finding.place is not None
    ]
    for line in mistake_annotations(found):
        typer.echo(line)
