"""A fleet in a case: who belongs to it, whose clock is how far off, who is offline, who has lost the network when."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from harness.device.device import Device
from harness.pki.spec import Profile
from harness.run.book import CertificateBook
from harness.run.events import FleetCurve, Loss, Reading
from harness.scenario.action import Action
from harness.scenario.check_fleet import member_names
from harness.scenario.values_fleet import Share, Shares
from harness.scenario.world import Device as WrittenDevice

_GOLDEN = (math.sqrt(5) - 1) / 2
_SAME_MOMENT = timedelta(seconds=1)
"""Less than what a reading says."""
_CERTIFICATES = ("certificate", "key_from")
"""The keys of steps that name a certificate."""


@dataclass(slots=True)
class Fleet:
    """One fleet. What happens to it is noted as it happens, in the scenario's time."""

    name: str
    members: tuple[str, ...]
    skews: Mapping[str, timedelta]
    offline: frozenset[str]
    readings: list[Reading] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    served: dict[str, frozenset[str]] = field(default_factory=dict)
    """Who was let in by each back end that the fleet reports to, when it was last asked."""
    at_back_ends: dict[str, tuple[list[Reading], list[Loss]]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, written: WrittenDevice) -> Fleet:
        """Return the fleet that a description with a count makes."""
        members = member_names(name, written.count or 0)
        skews = dict(zip(members, _spread(len(members), written.clock_skew), strict=True))
        return cls(name, members, skews, frozenset(_chosen(members, written.offline)))

    def acting(self, part: Shares | None = None) -> tuple[str, ...]:
        """Return the devices of a part of the fleet that are not offline."""
        low, high = 0, len(self.members)
        if part is not None:
            low, high = part.low.of(high), part.high.of(high)
        return tuple(name for name in self.members[low:high] if name not in self.offline)

    def take_offline(self, share: Share) -> frozenset[str]:
        """Let that share be offline and nobody else; return who has gone."""
        before = self.offline
        self.offline = frozenset(_chosen(self.members, share))
        return self.offline - before

    def connected(self, devices: Mapping[str, Device]) -> frozenset[str]:
        """Return who is connected."""
        return frozenset(name for name in self.members if devices[name].wifi.links.connected is not None)

    def note(self, now: datetime, devices: Mapping[str, Device]) -> None:
        """Note how many are connected; of equal readings in a row the first and the last are kept."""
        _note(self.readings, Reading(now, len(self.connected(devices))))

    def note_served(
        self, now: datetime, back_end: str, served: frozenset[str], losses: Iterable[Loss]
    ) -> None:
        """Note who was let in by a back end just now, and who was not any more."""
        self.served[back_end] = served
        readings, lost = self.at_back_ends.setdefault(back_end, ([], []))
        _note(readings, Reading(now, len(served)))
        lost.extend(losses)

    def curves(self) -> Iterator[FleetCurve]:
        """Give what has been noted of the network, and of each back end."""
        if self.readings:
            yield FleetCurve(self.name, len(self.members), tuple(self.readings), tuple(self.losses))
        for name, (readings, losses) in self.at_back_ends.items():
            yield FleetCurve(f"{self.name} at {name}", len(self.members), tuple(readings), tuple(losses))


def own_action(action: Action, member: str, book: CertificateBook) -> Action:
    """Return what one device of a fleet does: with its own client certificates, and its own name as identity."""
    changes: dict[str, str] = {}
    for key in _CERTIFICATES:
        name = getattr(action, key, None)
        if isinstance(name, str) and book.profile(name) is Profile.CLIENT:
            changes[key] = book.own(name, member)
    identity = getattr(action, "client_id", None)
    if identity and identity in book.common_names(Profile.CLIENT):
        changes["client_id"] = member
    return action.model_copy(update=changes) if changes else action


def _note(readings: list[Reading], reading: Reading) -> None:
    last = readings[-2:]
    if last and last[-1].connected == reading.connected:
        if reading.at - last[-1].at < _SAME_MOMENT:
            return
        if len(last) == 2 and last[0].connected == reading.connected:
            readings.pop()
    readings.append(reading)


def _spread(count: int, most: timedelta) -> Iterable[timedelta]:
    """Return how far each clock is off: the first is behind by the most, the second ahead, the others between them."""
    for index in range(count):
        place = float(index) if index < 2 else index * _GOLDEN % 1
        yield most * (2 * place - 1)


def _chosen(members: tuple[str, ...], share: Share) -> Iterable[str]:
    """Return a share of the devices, spread over all of them."""
    wanted = share.of(len(members))
    for index, name in enumerate(members, 1):
        if index * wanted // len(members) > (index - 1) * wanted // len(members):
            yield name
