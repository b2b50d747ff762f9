"""Looks at all plans of a rollout together: in every order, where nobody says which party comes first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product
from math import factorial, prod

from harness.errors import UsageError
from harness.rollout import names
from harness.rollout.findings import Finding
from harness.rollout.judge import judge
from harness.rollout.plan import DEVICE, DeviceSpec, Party, Plan
from harness.rollout.rehearsal import Rehearsal, rehearse

MOST_REHEARSALS = 500
"""Orders times variants; each takes milliseconds, and nobody reads more."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A finding, and the orders of the parties in which it shows, by their place among all that were tried."""

    finding: Finding
    orders: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a check comes to. ``orders`` are the names of the parties in each order that was tried."""

    orders: tuple[tuple[str, ...], ...]
    findings: tuple[Ordered, ...]
    rehearsals: tuple[Rehearsal, ...]

    @property
    def conflicts(self) -> tuple[Ordered, ...]:
        """What ends the check with 1."""
        return tuple(one for one in self.findings if one.finding.conflict)


def check(parties: Sequence[Party], *, in_order: bool = False, allowed: Collection[str] = ()) -> Report:
    """Rehearse the parties' plans on one device, in the order given or in every one, and judge each rehearsal.

    Raises :class:`UsageError` where there are too many orders.
    """
    _limit(parties, in_order=in_order)
    orders = [tuple(parties)] if in_order else list(permutations(parties))
    found: dict[Finding, list[int]] = {}
    rehearsals: list[Rehearsal] = []
    for number, order in enumerate(orders):
        for plans in product(*(party.variants for party in order)):
            rehearsal = rehearse(_on_one_device(plans))
            rehearsals.append(rehearsal)
            for finding in _findings(plans, rehearsal, allowed):
                seen = found.setdefault(finding, [])
                if number not in seen:
                    seen.append(number)
    ordered = tuple(Ordered(finding, tuple(seen)) for finding, seen in found.items())
    named = tuple(tuple(party.name for party in order) for order in orders)
    return Report(named, ordered, tuple(rehearsals))


def _findings(plans: Sequence[Plan], rehearsal: Rehearsal, allowed: Collection[str]) -> Iterator[Finding]:
    yield from judge(rehearsal, allowed)
    yield from names.look_alikes(plans, rehearsal)
    yield from names.moved_onto_themselves(rehearsal)
    yield from names.unused(rehearsal)
    yield from names.space(rehearsal)
    yield from names.left_open(rehearsal)
    yield from names.unread(plans)


def _limit(parties: Sequence[Party], *, in_order: bool) -> None:
    orders = 1 if in_order else factorial(len(parties))
    rehearsals = orders * prod(len(party.variants) for party in parties)
    if rehearsals > MOST_REHEARSALS:
        said = f"{len(parties)} parties with all their variants make {rehearsals} rehearsals"
        raise UsageError(f"{said}; name fewer, or say the order: --in-order")


def _on_one_device(plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """Let plans that know one device each speak of the same one."""
    if len(plans) == 1:
        return tuple(plans)
    return tuple(_called(plan) if len(plan.devices) <= 1 else plan for plan in plans)


def _called(plan: Plan) -> Plan:
    return replace(
        plan,
        steps=tuple(replace(step, device=DEVICE) for step in plan.steps),
        start=tuple(replace(step, device=DEVICE) for step in plan.start),
        devices={DEVICE: next(iter(plan.devices.values()), DeviceSpec())},
    )
