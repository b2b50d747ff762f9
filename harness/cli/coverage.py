"""``eaptls coverage``: the catalogue of device behaviour against what tests it."""

from __future__ import annotations

from collections.abc import Iterator
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
    """Show what covers each row of the catalogue of device behaviour.

    Ends with 1 when a row is neither covered nor has a reason, or when a scenario or test names a row that
    does not exist.
    """
    from harness.cli import selection
    from harness.scenario.coverage import coverage as hold
    from harness.scenario.coverage import marked_tests

    found = hold((case.info for case in selection.read(paths)), marked_tests())
    typer.echo(_document(found) if as_json else "\n".join(_lines(found)))
    if not found.complete:
        raise typer.Exit(ExitCode.FAILED)


def _document(found: Coverage) -> str:
    import json

    rows = [
        {
            "id": covered.row.id,
            "group": covered.row.group,
            "tags": covered.row.tags,
            "text": covered.row.text,
            "scenarios": covered.scenarios,
            "tests": covered.tests,
            "left": covered.row.left,
        }
        for covered in found.rows
    ]
    document = {"complete": found.complete, "unknown": found.unknown, "rows": rows}
    return json.dumps(document, indent=1, ensure_ascii=False)


def _lines(found: Coverage) -> Iterator[str]:
    for covered in found.rows:
        yield f"{covered.row.id}  {covered.row.text}  [{''.join(covered.row.tags)}]"
        yield from (f"     {name}" for name in (*covered.scenarios, *covered.tests))
        if not (covered.scenarios or covered.tests):
            yield f"     left: {covered.row.left or 'nothing covers it, and nothing says why'}"
    yield from (f"there is no row {name}" for name in found.unknown)
    yield _summary(found.rows)


def _summary(rows: tuple[Covered, ...]) -> str:
    covered = sum(bool(row.scenarios or row.tests) for row in rows)
    left = sum(row.explained for row in rows) - covered
    return f"{len(rows)} rows: {covered} covered, {left} left with a reason, {len(rows) - covered - left} unexplained"
