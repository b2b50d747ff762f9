"""The form of one entry in the catalogue of causes."""

from __future__ import annotations

from dataclasses import dataclass

from harness.outcome import Verdict


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known about a cause before any association has run.

    ``explanation`` and ``remedy`` are one sentence each, the latter empty where nothing is to be mended, and may hold fields such as ``{subject}``,
    which the rule that proves the cause fills in. ``reference`` is the clause, or the document.
    """

    verdicts: frozenset[Verdict]
    proven_by: str
    explanation: str
    remedy: str
    reference: str


def entry(*verdicts: Verdict, proven_by: str, explanation: str, remedy: str, reference: str) -> Entry:
    """Return an entry that may go with the given verdicts."""
    return Entry(frozenset(verdicts), proven_by, explanation, remedy, reference)
