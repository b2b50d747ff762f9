"""What the certificate IDs of a rollout look like beside each other, and what is left of them at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from harness.errors import Place
from harness.rollout.findings import Finding, Kind
from harness.rollout.plan import Plan, PlanStep
from harness.rollout.rehearsal import Moment, Rehearsal
from harness.rollout.sentences import beside, did, where
from harness.scenario.steps_store import Move


def look_alikes(plans: Sequence[Plan], rehearsal: Rehearsal) -> Iterator[Finding]:
    """Yield IDs that a person or a program may take for each other."""
    first = _first_uses(rehearsal)
    gallery = any(step.procedure.startswith("gallery") for plan in plans for step in plan.steps)
    for one, other in combinations(sorted(first), 2):
        if one.lower() == other.lower():
            text = (
                f"{one!r} ({beside(first[one])}) and {other!r} ({beside(first[other])}) differ only in the case of "
                f"letters; whether the device tells them apart is not documented"
            )
            yield Finding(
                Kind.CASE, _later(first[one], first[other]), text, other, fix="choose IDs that differ"
            )
        elif other.startswith(one):
            text = f"{other!r} ({beside(first[other])}) begins with {one!r} ({beside(first[one])})"
            text += (
                "; the Gallery client compares no further, so it takes the longer one for installed"
                if gallery
                else "; a program that compares beginnings takes one for the other, as the Gallery client does"
            )
            yield Finding(
                Kind.PREFIX, first[other].place, text, other, fix="choose IDs that begin differently"
            )


def _first_uses(rehearsal: Rehearsal) -> dict[str, PlanStep]:
    """Return the IDs that ever led to a certificate, with the step that first brought each."""
    first: dict[str, PlanStep] = {}
    for moment in rehearsal.moments:
        for entry in moment.after.store.entries.values():
            if moment.before.store.get(entry.id) is entry:
                continue
            known = first.setdefault(entry.id, moment.step)
            # The place that comes first in the files, whatever the order of the parties.
            first[entry.id] = min(known, moment.step, key=_position)
    return first


def _later(one: PlanStep, other: PlanStep) -> Place:
    return max(one, other, key=_position).place


def _position(step: PlanStep) -> tuple[str, int]:
    return str(step.place.file), step.place.line


def moved_onto_themselves(rehearsal: Rehearsal) -> Iterator[Finding]:
    """Yield moves whose source is their destination."""
    for moment in rehearsal.moments:
        move = moment.step.does
        if isinstance(move, Move) and move.from_ == move.to and moment.ok:
            text = f"{did(moment.step)} moves {move.to!r} onto itself; what the device does then is not documented"
            yield Finding(Kind.ONTO_ITSELF, moment.step.place, text, move.to, fix="leave the step out")


def unused(rehearsal: Rehearsal) -> Iterator[Finding]:
    """Yield IDs that are in the store at the end and that no network named at any time."""
    for device, view in rehearsal.ends.items():
        named = _ever_named(rehearsal, device)
        for entry in view.store.entries.values():
            if view.store.place(entry.id) not in named:
                step = rehearsal.origin(entry).step
                text = (
                    f"{entry.id!r} is left in the store, installed by {where(step)}, and no network names it"
                )
                yield Finding(
                    Kind.UNUSED, step.place, text, entry.id, fix="delete it, or let a network name it"
                )


def _ever_named(rehearsal: Rehearsal, device: str) -> set[str]:
    store = rehearsal.ends[device].store
    views = [m.after for m in rehearsal.moments if m.step.device == device] + [rehearsal.ends[device]]
    return {
        store.place(identifier)
        for view in views
        for network in (*view.now.values(), *view.after_reload.values())
        for identifier in (network.network.client_cert_id, network.network.root_ca_cert_id)
        if identifier
    }


def space(rehearsal: Rehearsal) -> Iterator[Finding]:
    """Yield how full the store becomes, as far as sizes are known."""
    if not rehearsal.moments:
        return
    fullest = min(rehearsal.moments, key=lambda moment: moment.after.free)
    entries = list(fullest.after.store.entries.values())
    if not entries:
        return
    origins = {entry.id: rehearsal.origin(entry) for entry in entries}
    unknown = [name for name, origin in origins.items() if not origin.size_known]
    if len(unknown) == len(entries):
        return
    yield Finding(Kind.SPACE, fullest.step.place, _space_words(fullest, entries, unknown))


def _space_words(fullest: Moment, entries: Sequence[object], unknown: Sequence[str]) -> str:
    taken = fullest.after.store.used()
    text = (
        f"the store is fullest after {where(fullest.step)}: {len(entries)} certificates take "
        f"{'at least ' if unknown else 'about '}{taken} of {taken + fullest.after.free} bytes"
    )
    return f"{text}; the sizes of {', '.join(unknown)} are not known" if unknown else text


def left_open(rehearsal: Rehearsal) -> Iterator[Finding]:
    """Yield the step at which a rehearsal had to end."""
    if rehearsal.stopped is not None:
        step = rehearsal.stopped
        text = (
            f"{where(step)} does what only a run tells ({step.title}); neither what it leaves nor what follows is "
            f"told here"
        )
        yield Finding(Kind.UNFOLLOWED, step.place, text)


def unread(plans: Sequence[Plan]) -> Iterator[Finding]:
    """Yield the commands that stand within a sentence, or behind words that are not known."""
    for plan in plans:
        for place in plan.unread:
            text = (
                f"{plan.name}:{place.line} holds a command that is not read, and what it does is not told here; "
                f"write it on a line of its own, or as a comment where nobody is to run it"
            )
            yield Finding(Kind.UNFOLLOWED, place, text)
