"""``eaptls coverage``: the catalogues of device behaviour and of checks against what tests them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options
from harness.cli.exits import ExitCode

if TYPE_CHECKING:
    from harness.scenario.coverage import Coverage, Covered


def coverage(
    *,
    paths: options.Paths = None,
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON object.")] = False,
) -> None:
    """Show what covers each row of the catalogues of device behaviour and of checks.

    Ends with 2 when a scenario or test names a row or a section that does not exist, and with 1 when a row is neither
    covered nor has a reason, or has one although it is covered.
    """
    from harness.cli import selection
    from harness.scenario.coverage import coverage as hold
    from harness.scenario.coverage import marked_tests

    found = hold((case.info for case in selection.read(paths)), marked_tests())
    typer.echo(_document(found) if as_json else "\n".join(_lines(found)))
    for name in found.unknown:
        typer.echo(f"eaptls: there is no {name}", err=True)
    if found.unknown:
        raise typer.Exit(ExitCode.USAGE)
    if not found.complete:
        raise typer.Exit(ExitCode.FAILED)


def _document(found: Coverage) -> str:
    import json

    rows = [
        {
            "id": covered.row.id,
            "group": covered.row.group,
            "text": covered.row.text,
            "expected": covered.row.expected,
            "founded": covered.row.founded,
            "scenarios": covered.scenarios,
            "tests": covered.tests,
            "left": covered.row.left,
            "partly": covered.row.partly,
        }
        for covered in found.rows
    ]
    document = {"complete": found.complete, "unknown": found.unknown, "rows": rows}
    return json.dumps(document, indent=1, ensure_ascii=False)


def _lines(found: Coverage) -> Iterator[str]:
    for covered in found.rows:
        yield f"{covered.row.id}  {covered.row.sentence}  [{', '.join(covered.row.founded)}]"
        yield from (f"     {name}" for name in (*covered.scenarios, *covered.tests))
        if covered.row.partly:
            yield f"     not shown: {covered.row.partly}"
        if covered.row.left:
            yield f"     left: {covered.row.left}{'; and yet it is covered' if covered.covered else ''}"
        elif not covered.covered:
            yield "     left: nothing covers it, and nothing says why"
    yield from _counts(found.rows)


def _counts(rows: tuple[Covered, ...]) -> Iterator[str]:
    from harness.scenario.catalogue import CATALOGUES

    for (word, group), some in groupby(rows, key=lambda covered: (covered.row.catalogue, covered.row.group)):
        yield f"{CATALOGUES[word]}, {group}: {_count(tuple(some))}"
    yield f"all: {_count(rows)}"


def _count(rows: tuple[Covered, ...]) -> str:
    covered = sum(row.covered and row.explained for row in rows)
    left = sum(not row.covered and row.explained for row in rows)
    rest = len(rows) - covered - left
    many = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    return f"{many}, {covered} covered, {left} left with a reason, {rest} unexplained"
