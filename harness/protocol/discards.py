"""What was discarded in silence, without growing for ever when somebody sends without end."""

from __future__ import annotations

from harness.observation import Discard, DiscardKind

MOST_KEPT = 100
"""Discards that are kept one by one; of those beyond, the number alone."""


class Discards:
    """The first discards, all others counted; the last one of a telling kind is never lost.

    A forger may fill the list before the answer comes that proves a cause.
    """

    __slots__ = ("_kept", "_telling", "count", "left_out")

    def __init__(self) -> None:
        self._kept: list[Discard] = []
        self._telling: dict[DiscardKind, Discard] = {}
        self.count = 0
        """How many were kept, those that gave way to later ones included."""
        self.left_out = 0
        """How many are not kept."""

    def add(self, discard: Discard) -> bool:
        """Take one more; tell whether it is kept."""
        if len(self._kept) < MOST_KEPT:
            self._kept.append(discard)
            self.count += 1
            return True
        known = self._telling.get(discard.kind)
        if discard.kind is DiscardKind.OTHER or (known and known.request == discard.request):
            self.left_out += 1
            return False
        self.left_out += known is not None
        self._telling[discard.kind] = discard
        self.count += 1
        return True

    def kept(self) -> list[Discard]:
        """Return those that are kept, in order."""
        return [*self._kept, *self._telling.values()]
