"""Values that are made once per key, however many threads ask."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Slot(Generic[V]):
    """The place of one value, with the lock of whoever makes it."""

    __slots__ = ("lock", "value")

    def __init__(self) -> None:
        self.lock = Lock()
        self.value: V | None = None


class OncePerKey(Generic[K, V]):
    """A cache with one lock per key: a slow value holds up nobody who wants another one.

    ``make`` may ask the same cache for other keys, as long as those do not ask back.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._slots: dict[K, _Slot[V]] = {}

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return the value of that key; the first caller makes it, and a failed make is not kept."""
        with self._guard:
            slot = self._slots.setdefault(key, _Slot())
        with slot.lock:
            if slot.value is None:
                slot.value = make()
            return slot.value
