"""From moments to events: what was replaced or went, and which network could be used before and not after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.device.entries import Entry
from harness.rollout.plan import Call
from harness.rollout.rehearsal import Moment, NetworkView, Rehearsal, same_network
from harness.scenario.steps_renewal import ClientRenewal, Procedure
from harness.scenario.steps_wifi import Change, Disable, Forget, ForgetAll, OnNetwork

_ENDS_THE_COPY = (".forget",)
_ENDS_THE_NETWORK = ("B3.disable",)


@dataclass(frozen=True, slots=True)
class Overwrite:
    """One entry in the place of another; ``index`` is that of the moment."""

    index: int
    moment: Moment
    id: str
    old: Entry
    new: Entry


@dataclass(frozen=True, slots=True)
class Gone:
    """An ID that leads nowhere from a moment on."""

    moment: Moment
    id: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Turn:
    """A network before and after a step; ``after`` is ``None`` when it is gone."""

    index: int
    moment: Moment
    network: str
    before: NetworkView
    after: NetworkView | None

    @property
    def lost(self) -> bool:
        """Whether the device could use it before and cannot after."""
        return self.before.ready and (self.after is None or not self.after.ready)


def serial(entry: Entry | None) -> int:
    """Return the number by which a placeholder is known; 0 for none."""
    return entry.certificate.serial_number if entry is not None else 0


def overwrites(rehearsal: Rehearsal) -> tuple[Overwrite, ...]:
    """Return every replacement of an entry by another, in order."""
    found = []
    for index, moment in enumerate(rehearsal.moments):
        before, after = moment.before.store, moment.after.store
        for place, new in after.entries.items():
            old = before.entries.get(place)
            if old is not None and serial(old) != serial(new):
                found.append(Overwrite(index, moment, new.id, old, new))
    return tuple(found)


def gone(rehearsal: Rehearsal) -> Iterator[Gone]:
    """Yield every ID that leads nowhere any more, in order."""
    for moment in rehearsal.moments:
        after = moment.after.store
        for place, entry in moment.before.store.entries.items():
            if place not in after.entries:
                yield Gone(moment, entry.id, entry)


def turns(rehearsal: Rehearsal) -> Iterator[Turn]:
    """Yield every network that a step has lost, or given another certificate; what is meant to end is left out."""
    for index, moment in enumerate(rehearsal.moments):
        for name, before in moment.before.now.items():
            after = same_network(before, moment.after.now)
            if not before.ready or is_meant(moment, name):
                continue
            if after is None or not after.ready or _holds(before) != _holds(after):
                yield Turn(index, moment, name, before, after)


def _holds(view: NetworkView) -> tuple[int, int]:
    return serial(view.client), serial(view.root)


def is_meant(moment: Moment, name: str) -> bool:
    """Whether a step names that network in order to end it, or to call it otherwise."""
    match moment.step.does:
        case Disable(network=network) | Forget(network=network) | Change(network=network, name=str()):
            return network == name
        case OnNetwork(network=which):
            return name == (_name_of(moment, which) if isinstance(which, int) else which)
        case Call(networks=networks):
            return name in networks
        case Procedure() as procedure:
            return name in _ended_by(procedure)
        case other:
            return isinstance(other, ForgetAll)


def _name_of(moment: Moment, number: int) -> str:
    return next((name for name, view in moment.before.now.items() if view.number == number), "")


def _ended_by(procedure: Procedure) -> set[str]:
    calls = [step.id for step in procedure.steps()]
    ended = {procedure.copy_ for call in calls if call.endswith(_ENDS_THE_COPY)}
    ended |= {procedure.network for call in calls if call in _ENDS_THE_NETWORK}
    if isinstance(procedure, ClientRenewal) and "C5.disable" in calls:
        ended.add(procedure.bootstrap)
    return ended
