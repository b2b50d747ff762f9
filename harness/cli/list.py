"""``eaptls list``: the cases there are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options

if TYPE_CHECKING:
    from harness.scenario.case import CaseInfo


def list_cases(
    *,
    paths: options.Paths = None,
    tag: options.Tags = None,
    keyword: options.Keyword = "",
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON array.")] = False,
) -> None:
    """List cases: id, title, tags."""
    from harness.cli import selection

    infos = [case.info for case in selection.select(paths, tag, keyword)]
    typer.echo(_document(infos) if as_json else _table(infos))


def _document(infos: Sequence[CaseInfo]) -> str:
    from harness.report.values import plain

    return json.dumps(plain(infos), indent=1, ensure_ascii=False)


def _table(infos: Sequence[CaseInfo]) -> str:
    from harness.report.words import printable

    width = min(max(len(info.id) for info in infos), 60)
    return "\n".join(
        printable(f"{info.id:<{width}}  {info.title}" + (f"  [{', '.join(info.tags)}]" if info.tags else ""))
        for info in infos
    )
