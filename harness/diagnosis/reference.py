"""Writes ``docs/reference/causes.md``: ``python -m harness.diagnosis.reference > docs/reference/causes.md``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from harness.diagnosis.causes import CATALOGUE
from harness.diagnosis.entry import Entry
from harness.diagnosis.kinds import KINDS
from harness.outcome import Cause, Verdict

_HEAD = """\
# Verdicts, causes and findings

Generated from the catalogue by `python -m harness.diagnosis.reference`; do not edit.

Every outcome has a verdict (who decided), a cause (why, if it is proven) and findings (what else is worth
knowing). Words in *italics* are filled in from the evidence.
"""
_FIELD = re.compile(r"\{(\w+)\}")


def render() -> str:
    """Return the reference page as Markdown."""
    return "\n".join([_HEAD, *_causes(), *_findings()])


def _causes() -> Iterator[str]:
    yield "## Causes\n"
    for cause in Cause:
        yield from _cause(cause, CATALOGUE[cause])


def _cause(cause: Cause, entry: Entry) -> Iterator[str]:
    yield f"### `{cause}`\n"
    yield f"- **Goes with:** {', '.join(f'`{verdict}`' for verdict in Verdict if verdict in entry.verdicts)}"
    yield f"- **Proven by:** {entry.proven_by}"
    yield f"- **Means:** {_marked(entry.explanation)}"
    if entry.remedy:
        yield f"- **Remedy:** {_marked(entry.remedy)}"
    if entry.reference:
        yield f"- **Reference:** {entry.reference}"
    yield ""


def _findings() -> Iterator[str]:
    yield "## Findings\n"
    yield "| id | severity | requirement | meaning |"
    yield "|---|---|---|---|"
    for kind in KINDS:
        yield f"| `{kind.id}` | {kind.severity} | {kind.requirement or 'the clause given'} | {kind.meaning} |"
    yield ""


def _marked(sentence: str) -> str:
    marked = _FIELD.sub(lambda match: f"*{match[1]}*", sentence)
    return (
        marked[:1].upper() + marked[1:] if not marked.startswith("*") else f"*{marked[1].upper()}{marked[2:]}"
    )


if __name__ == "__main__":
    sys.stdout.write(render())
