"""Ends server processes that outlived their run."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

_GONE_WITHIN = 2.0


def server_arguments(folder: Path) -> list[str]:
    """Return FreeRADIUS's arguments for the files in ``folder``; nobody else is called with them."""
    return ["-fxx", "-l", "stdout", "-d", str(folder)]


def end_orphans(folder: Path) -> list[int]:
    """Kill the servers of a folder whose run is dead, wait for their end, and return their numbers.

    A process is known by its command line, never by its number alone: it is looked at again once
    there is a handle on it (pidfd_open(2)) that cannot come to mean another process. Without
    handles, on a kernel before 5.3, nothing is killed.
    """
    ended = []
    for pid in _processes():
        if not _serves(pid, folder):
            continue
        with contextlib.suppress(OSError, AttributeError):
            handle = os.pidfd_open(pid)
            try:
                if _serves(pid, folder):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                    if select.select([handle], [], [], _GONE_WITHIN)[0]:
                        ended.append(pid)
            finally:
                os.close(handle)
    return ended


def has_orphans(folder: Path) -> bool:
    """Whether a server of that folder runs."""
    return any(_serves(pid, folder) for pid in _processes())


def _processes() -> Iterator[int]:
    with contextlib.suppress(OSError):
        yield from (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())


def _serves(pid: int, folder: Path) -> bool:
    """Whether it is a server of that folder, or the guard of one."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
    except OSError:
        return False
    wanted = [os.fsencode(word) for word in server_arguments(folder)]
    return words[-len(wanted) :] == wanted and len(words) > len(wanted)
