"""Where a device keeps what survives a power cut: a few small files, each replaced whole.

A replacement is written beside the old file, made durable, and renamed over it; then the directory is made
durable. At every moment the name leads to the old content or to the new one, never to parts of either
(behaviour reference, section 1.1).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from harness.device.trouble import DeviceUnusable

TEMPORARY = ".tmp"
_NAMES = ("device", "memory", "store", "wifi")
"""All files that are ever replaced; another file beside them is the user's, whatever it is called."""


class Disk(Protocol):
    """Files by name in one directory. ``write``, ``sync``, ``rename``, ``sync_names``, ``remove`` are write points."""

    def place(self, name: str) -> str:
        """Return how a message names the file."""

    def names(self) -> tuple[str, ...]:
        """Return the names of all files."""

    def read(self, name: str) -> bytes | None:
        """Return a file's content, ``None`` when there is none."""

    def write(self, name: str, data: bytes) -> None:
        """Write a new file over any old one of the name; not durable yet."""

    def sync(self, name: str) -> None:
        """Make a file's content durable."""

    def rename(self, source: str, target: str) -> None:
        """Give a file another name, replacing what had it; not durable yet."""

    def sync_names(self) -> None:
        """Make the names durable."""

    def remove(self, name: str) -> None:
        """Remove a file; not durable yet. Nothing happens when there is none."""


def replace_file(disk: Disk, name: str, data: bytes) -> None:
    """Replace a file whole. When the disk fails, the old content is still there."""
    temporary = name + TEMPORARY
    disk.write(temporary, data)
    disk.sync(temporary)
    disk.rename(temporary, name)
    disk.sync_names()


def remove_leftovers(disk: Disk) -> None:
    """Remove what an interrupted replacement left behind."""
    own = {name + TEMPORARY for name in _NAMES}
    leftovers = [name for name in disk.names() if name in own]
    for name in leftovers:
        disk.remove(name)
    if leftovers:
        disk.sync_names()


class DirectoryDisk:
    """A directory of the file system; every file is readable by its owner alone (mode 0600).

    Raises :class:`DeviceUnusable` where the file system refuses.
    """

    __slots__ = ("_directory",)

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def place(self, name: str) -> str:
        """Return the path."""
        return str(self._directory / name)

    def names(self) -> tuple[str, ...]:
        """Return the names of all files, sorted."""
        return tuple(sorted(path.name for path in self._directory.iterdir()))

    def read(self, name: str) -> bytes | None:
        """Return a file's content, ``None`` when there is none."""
        try:
            return (self._directory / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(name, "read", error) from None

    def write(self, name: str, data: bytes) -> None:
        """Write a new file; a link in its place is replaced, never followed."""
        path = self._directory / name
        try:
            path.unlink(missing_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
        except OSError as error:
            raise self._unusable(name, "written", error) from None

    def sync(self, name: str) -> None:
        """Make a file's content durable."""
        self._sync(self._directory / name, name)

    def rename(self, source: str, target: str) -> None:
        """Give a file another name, replacing what had it."""
        try:
            (self._directory / source).replace(self._directory / target)
        except OSError as error:
            raise self._unusable(target, "written", error) from None

    def sync_names(self) -> None:
        """Make the names durable."""
        self._sync(self._directory, "")

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        try:
            (self._directory / name).unlink(missing_ok=True)
        except OSError as error:
            raise self._unusable(name, "removed", error) from None

    def _sync(self, path: Path, name: str) -> None:
        try:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._unusable(name, "written", error) from None

    def _unusable(self, name: str, done: str, error: OSError) -> DeviceUnusable:
        what = f"cannot be {done} ({error.strerror})"
        return DeviceUnusable(self.place(name), what, "make room or mend the directory's permissions")
