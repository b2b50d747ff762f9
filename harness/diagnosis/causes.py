"""The catalogue: for every cause what proves it, what it means, and what to do about it.

The entries stand in four files by where the fault lies; here they are one table. A test keeps it
complete: every :class:`harness.outcome.Cause` has an entry, and there is no other.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.diagnosis.catalogue_client import CLIENT
from harness.diagnosis.catalogue_link import BREACH, CONNECTION, CONVERSATION
from harness.diagnosis.catalogue_server import SERVER
from harness.diagnosis.catalogue_start import START
from harness.diagnosis.entry import Entry
from harness.outcome import Cause, Verdict

Facts = Mapping[str, str | int]
"""What fills the fields of an entry's sentences."""

CATALOGUE: Mapping[Cause, Entry] = CONNECTION | CLIENT | CONVERSATION | SERVER | BREACH | START


def allows(cause: Cause, verdict: Verdict) -> bool:
    """Return whether a cause may stand beside a verdict."""
    return verdict in CATALOGUE[cause].verdicts


def explain(cause: Cause, facts: Facts) -> str:
    """Return the explanation of a cause with its fields filled in; KeyError if one is not given."""
    return _sentence(CATALOGUE[cause].explanation, facts)


def remedy(cause: Cause, facts: Facts) -> str:
    """Return the remedy of a cause with its fields filled in; KeyError if one is not given."""
    return _sentence(CATALOGUE[cause].remedy, facts)


def _sentence(template: str, facts: Facts) -> str:
    text = template.format_map(facts)
    return text[:1].upper() + text[1:]
