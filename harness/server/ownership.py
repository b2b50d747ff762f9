"""Who a server belongs to: lets a later run tell what a killed one has left behind.

A process number means something in its own PID namespace and until the next boot only. CI jobs in
containers share an engine or a temporary folder and see none of each other's processes, so an owner
of another boot or namespace is neither alive nor dead: one cannot tell.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Self


class Life(Enum):
    """What is known of an owner. What belongs to ``UNKNOWN`` is treated as if it lived."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, told apart from every other one of any machine.

    ``started`` is in clock ticks since boot (proc(5), field 22), 0 where that cannot be read. ``boot``
    is the kernel's boot id, or the name of a machine without one; ``namespace`` is the PID
    namespace's inode, 0 where there is none.
    """

    pid: int
    started: int
    boot: str
    namespace: int

    def __str__(self) -> str:
        return f"pid={self.pid} started={self.started} boot={self.boot} namespace={self.namespace}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what ``str`` wrote; ``None`` for anything else, such as the number of earlier versions."""
        words = dict(word.partition("=")[::2] for word in text.split())
        numbers = [words.get(name, "") for name in ("pid", "started", "namespace")]
        if not words.get("boot") or not all(number.isdecimal() for number in numbers):
            return None
        pid, started, namespace = map(int, numbers)
        return cls(pid, started, words["boot"], namespace)

    @property
    def of_this_boot(self) -> bool:
        """Whether it ran on this machine, and the machine has not been started anew since."""
        return self.boot == _boot()

    @property
    def life(self) -> Life:
        """Whether that very process still runs."""
        if not self.of_this_boot or self.namespace != _namespace():
            return Life.UNKNOWN
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return Life.DEAD
        except PermissionError:
            pass
        stat = _stat(self.pid)
        if not (stat and self.started):
            return Life.ALIVE
        return Life.ALIVE if _started(stat) == self.started else Life.DEAD


def this_process() -> Owner:
    """Return the owner of what this process starts."""
    return _owner(os.getpid())


@cache
def _owner(pid: int) -> Owner:
    return Owner(pid, _started(_stat(pid)), _boot(), _namespace())


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return platform.node().replace(" ", "-") or "unknown"


def _namespace() -> int:
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return 0


def _stat(pid: int) -> list[str]:
    """Return the fields of a process from the third on; none where they cannot be read."""
    try:
        if Path("/proc/self").readlink().name != str(os.getpid()):
            # It shows the processes of another namespace, under other numbers.
            return []
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    # The second field is a name in parentheses that may itself hold blanks and parentheses.
    return text.rpartition(")")[2].split()


def _started(stat: list[str]) -> int:
    """Return when a process started; 0 for one that has ended and that nobody has waited for."""
    return 0 if not stat or stat[0] in "ZX" else int(stat[19])
