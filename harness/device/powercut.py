"""Disks on which the power goes off at a chosen write point, and what is left afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.device.disk import Disk
from harness.device.trouble import PowerCut


class CuttingDisk:
    """A disk that counts write points and cuts the power at one of them: :class:`PowerCut`.

    Point ``cut_at`` counts from 1 and does not happen; a write is torn: its first ``torn`` octets arrive.
    """

    __slots__ = ("_disk", "cut_at", "points", "torn")

    def __init__(self, disk: Disk, cut_at: int = 0, torn: int = 0) -> None:
        self._disk = disk
        self.cut_at = cut_at
        self.torn = torn
        self.points = 0

    def place(self, name: str) -> str:
        """Return how a message names the file."""
        return self._disk.place(name)

    def names(self) -> tuple[str, ...]:
        """Return the names of all files."""
        return self._disk.names()

    def read(self, name: str) -> bytes | None:
        """Return a file's content, ``None`` when there is none."""
        return self._disk.read(name)

    def write(self, name: str, data: bytes) -> None:
        """Write a file, or its first octets when the power goes off here."""
        self.points += 1
        if self.points == self.cut_at:
            self._disk.write(name, data[: self.torn])
            raise PowerCut(f"the power was cut while {name} was written")
        self._disk.write(name, data)

    def sync(self, name: str) -> None:
        """Make a file's content durable."""
        self._pass(f"before {name} was durable")
        self._disk.sync(name)

    def rename(self, source: str, target: str) -> None:
        """Give a file another name."""
        self._pass(f"before {source} was renamed")
        self._disk.rename(source, target)

    def sync_names(self) -> None:
        """Make the names durable."""
        self._pass("before the names were durable")
        self._disk.sync_names()

    def remove(self, name: str) -> None:
        """Remove a file."""
        self._pass(f"before {name} was removed")
        self._disk.remove(name)

    def _pass(self, words: str) -> None:
        self.points += 1
        if self.points == self.cut_at:
            raise PowerCut(f"the power was cut {words}")


@dataclass(frozen=True, slots=True)
class _Content:
    """A file's octets, and whether they are durable."""

    data: bytes
    durable: bool = False


_Names = dict[str, int]
_Change = Callable[[_Names], None]


class SimulatedDisk:
    """A disk in memory that may lose, when the power goes, whatever was not made durable.

    Changes of names are kept in order up to some point, as a journalling file system does. A file that
    was not made durable may be empty, cut short, full of zeros or whole.
    """

    __slots__ = ("_contents", "_durable", "_names", "_pending")

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self._names: _Names = {name: number for number, name in enumerate(files or {})}
        self._durable = dict(self._names)
        self._contents = [_Content(data, durable=True) for data in (files or {}).values()]
        self._pending: list[_Change] = []

    def copy(self) -> SimulatedDisk:
        """Return a disk of the same state that goes its own way."""
        other = SimulatedDisk()
        other._names = dict(self._names)
        other._durable = dict(self._durable)
        other._contents = list(self._contents)
        other._pending = list(self._pending)
        return other

    def lose_power(self, choose: Callable[[int], int]) -> None:
        """Let what is not durable survive or not: ``choose(n)`` decides among 0 … n-1."""
        for change in self._pending[: choose(len(self._pending) + 1)]:
            change(self._durable)
        left = {name: _left(self._contents[number], choose) for name, number in self._durable.items()}
        self._contents = list(left.values())
        self._names = {name: number for number, name in enumerate(left)}
        self._durable = dict(self._names)
        self._pending = []

    def place(self, name: str) -> str:
        """Return the name."""
        return name

    def names(self) -> tuple[str, ...]:
        """Return the names of all files."""
        return tuple(self._names)

    def read(self, name: str) -> bytes | None:
        """Return a file's content, ``None`` when there is none."""
        number = self._names.get(name)
        return None if number is None else self._contents[number].data

    def write(self, name: str, data: bytes) -> None:
        """Write a new file; neither name nor content is durable."""
        number = len(self._contents)
        self._contents.append(_Content(data))

        def change(names: _Names) -> None:
            names[name] = number

        self._change(change)

    def sync(self, name: str) -> None:
        """Make a file's content durable, under whatever name it is found later."""
        number = self._names[name]
        self._contents[number] = _Content(self._contents[number].data, durable=True)

    def rename(self, source: str, target: str) -> None:
        """Give a file another name."""

        def change(names: _Names) -> None:
            names[target] = names.pop(source)

        self._change(change)

    def sync_names(self) -> None:
        """Make the names durable; contents stay as durable as they are."""
        self._durable = dict(self._names)
        self._pending = []

    def remove(self, name: str) -> None:
        """Remove a file."""

        def change(names: _Names) -> None:
            names.pop(name, None)

        self._change(change)

    def _change(self, change: _Change) -> None:
        self._pending.append(change)
        change(self._names)


def _left(content: _Content, choose: Callable[[int], int]) -> _Content:
    if content.durable:
        return content
    size = len(content.data)
    data = (b"", content.data[: choose(size + 1)], bytes(size), content.data)[choose(4)]
    return _Content(data, durable=True)
