"""Who a server belongs to: lets a later run tell what a killed one has left behind."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, told apart from a later one with the same number by when it started.

    ``started`` is in clock ticks since boot (proc(5), field 22), 0 where that cannot be read.
    """

    pid: int
    started: int

    def __str__(self) -> str:
        return f"{self.pid}.{self.started}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what ``str`` wrote; ``None`` for anything else."""
        pid, _, started = text.strip().partition(".")
        return cls(int(pid), int(started)) if pid.isdecimal() and started.isdecimal() else None

    @property
    def alive(self) -> bool:
        """Whether that very process still runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        now = _started(self.pid)
        return not (now and self.started) or now == self.started


def this_process() -> Owner:
    """Return the owner of what this process starts."""
    return _owner(os.getpid())


@cache
def _owner(pid: int) -> Owner:
    return Owner(pid, _started(pid))


def _started(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    # The second field is a name in parentheses that may itself hold blanks and parentheses.
    state, *rest = stat.rpartition(")")[2].split()
    return 0 if state in "ZX" else int(rest[18])
