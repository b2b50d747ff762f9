"""A check of certificate IDs for people, as sentences and a table, and for programs, as a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.device.entries import Entry
from harness.errors import Place
from harness.rollout.check import Ordered, Report
from harness.rollout.findings import Finding, Kind
from harness.rollout.rehearsal import Rehearsal
from harness.rollout.sentences import beside
from harness.scenario.wording import listed

_MOST_ORDERS = 4
"""Orders that a sentence lists."""


def table(rehearsal: Rehearsal) -> list[tuple[str, str, str, str, str]]:
    """Return what comes into the store, in order: ID, type, certificate, who brings it where, networks that name it."""
    rows = []
    for index, moment in enumerate(rehearsal.moments):
        for place, entry in moment.after.store.entries.items():
            if moment.before.store.entries.get(place) is entry:
                continue
            name, who = rehearsal.origin(entry).name, beside(moment.step)
            named = _networks(rehearsal, index, entry)
            rows.append((entry.id, entry.type.value, name, who, listed(named) if named else "-"))
    return rows


def _networks(rehearsal: Rehearsal, index: int, entry: Entry) -> list[str]:
    """Return the networks that name an entry's ID while it is there."""
    named: dict[str, None] = {}
    for moment in rehearsal.moments[index:]:
        if moment.after.store.get(entry.id) is not entry:
            break
        for view in moment.after.now.values():
            if entry.id in (view.network.client_cert_id, view.network.root_ca_cert_id):
                named[view.network.name or "(without a name)"] = None
    return list(named)


def lines(report: Report) -> Iterator[str]:
    """Yield the report for people, line by line."""
    yield from _head(report)
    conflicts = list(report.conflicts)
    for one in conflicts:
        yield ""
        yield from _conflict(one, report)
    notes = [one for one in report.findings if one not in conflicts]
    if notes:
        yield ""
        for one in notes:
            yield from _note(one, report)
    yield ""
    yield f"{_count(len(conflicts), 'conflict')}, {_count(len(notes), 'note')}"


def _head(report: Report) -> Iterator[str]:
    head = ("certificate ID", "type", "certificate", "installed by", "networks")
    rows = [head, *table(report.rehearsals[0])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
    if len(report.orders) > 1:
        yield ""
        yield f"Nobody says who comes first: {len(report.orders)} orders of {listed(report.orders[0])} were tried."


def _conflict(one: Ordered, report: Report) -> Iterator[str]:
    finding = one.finding
    yield f"CONFLICT {finding.kind} {finding.id or finding.network}".rstrip()
    yield f"  {finding.text}"
    yield from (f"  so {loss.text}" for loss in finding.losses)
    yield from _orders(one, report)
    if finding.fix:
        yield f"  fix: {finding.fix}"


def _note(one: Ordered, report: Report) -> Iterator[str]:
    finding = one.finding
    word = "accepted" if finding.accepted else "note"
    yield f"{word} {finding.kind}: {finding.text}"
    if finding.accepted:
        yield f"  {finding.accepted}"
    yield from (f"  so {loss.text}" for loss in finding.losses)
    yield from _orders(one, report)


def _orders(one: Ordered, report: Report) -> Iterator[str]:
    """Say in which orders it shows, unless in all."""
    if len(one.orders) == len(report.orders) or one.finding.kind is Kind.SPACE:
        return
    if len(one.orders) > _MOST_ORDERS:
        yield f"  in {len(one.orders)} of {len(report.orders)} orders"
        return
    for number in one.orders:
        yield f"  in the order {', then '.join(report.orders[number])}"


def document(report: Report) -> dict[str, Any]:
    """Return the report for programs, ready for :func:`json.dumps`."""
    return {
        "format": 1,
        "conflicts": len(report.conflicts),
        "orders": [list(order) for order in report.orders],
        "certificates": [
            dict(zip(("id", "type", "certificate", "installed-by", "networks"), row, strict=True))
            for row in table(report.rehearsals[0])
        ],
        "findings": [_entry(one.finding, one.orders) for one in report.findings],
    }


def _entry(finding: Finding, orders: Sequence[int]) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "conflict": finding.conflict,
        "accepted": finding.accepted or None,
        "id": finding.id or None,
        "network": finding.network or None,
        "place": _place(finding.place),
        "text": finding.text,
        "fix": finding.fix or None,
        "losses": [
            {"network": loss.network, "lost": loss.lost, "place": _place(loss.place), "text": loss.text}
            for loss in finding.losses
        ],
        "orders": list(orders),
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    return {"file": str(place.file), "line": place.line} if place is not None else None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
