"""Whether there is memory for what comes next, and whether something failed because there was none.

Where memory runs out, hardly anything says so. The libraries below Python end the whole process, or they report
something else: OpenSSL, which has no memory for a public key, calls the key too weak. So room is asked for
*before* it is needed, where a limit is known, and there is always enough left for the reports and for an end in good order.
"""

from __future__ import annotations

import re
import resource
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.errors import EnvironmentUnavailable

MB = 1_000_000
FOR_A_COMMAND = 72 * MB
"""What any command takes, most of it for libraries that are yet to be loaded."""
FOR_A_CASE = 32 * MB
"""What must be left when a case or an association begins or ends: much more than it takes, and the reports' share."""
FOR_A_SERVER = 16 * MB
"""What must be left to a FreeRADIUS that has answered: a thread's stack and as much again."""
HINT = "raise the limits (`ulimit -v`, `ulimit -d`), end other programs, or run fewer cases at a time with -j"

_LIMITS = (
    (resource.RLIMIT_AS, "Max address space", 0, "`ulimit -v`"),
    # Data and stack; the limit is on the data alone, which leaves a little more than is said here.
    (resource.RLIMIT_DATA, "Max data size", 5, "`ulimit -d`"),
)
"""A limit, its name in /proc/PID/limits, the field of /proc/PID/statm that is held against it, how people set it."""
_NO_OVERCOMMIT = "2"
_ONE_ARENA = (-8, 1)
"""M_ARENA_MAX of mallopt(3)."""
_LIBRARY_WORDS = "malloc failure"
_LOADER_WORDS = re.compile(r"failed to map segment|[Cc]annot allocate memory|cannot create shared object")


@dataclass(frozen=True, slots=True)
class Limit:
    """How many octets a process may take, of what (a field of /proc/PID/statm), and who says so."""

    allowed: int
    field: int
    words: str


@dataclass(frozen=True, slots=True)
class Room:
    """How many octets are left of a limit, and the limit in words."""

    octets: int
    words: str

    def __str__(self) -> str:
        return f"{max(0, self.octets) // MB} MB are left of {self.words}"


def limits_of(process: int) -> tuple[Limit, ...]:
    """Return the limits of another process, which may be another user's; empty where it has none, or nobody can tell."""
    with suppress(OSError, ValueError):
        lines = Path(f"/proc/{process}/limits").read_text("ascii").splitlines()
        told = {
            name: line.split()[-3] for line in lines for _, name, _, _ in _LIMITS if line.startswith(name)
        }
        return tuple(
            Limit(int(told[name]), field, words)
            for _, name, field, words in _LIMITS
            if told.get(name, "").isdecimal()
        )
    return ()


def room(limits: tuple[Limit, ...], process: int = 0) -> Room | None:
    """Return the least room that limits leave to a process (0: this one); ``None``: no limit, or nobody can tell."""
    if not limits:
        return None
    with suppress(OSError, ValueError, IndexError):  # it has ended, or this is not Linux
        pages = Path(f"/proc/{process or 'self'}/statm").read_text("ascii").split()
        page = resource.getpagesize()
        rooms = [
            Room(
                limit.allowed - int(pages[limit.field]) * page,
                f"the {limit.allowed // MB} MB that {limit.words} allows",
            )
            for limit in limits
        ]
        return min(rooms, key=lambda each: each.octets)
    return None


def require(octets: int) -> None:
    """Raise :class:`EnvironmentUnavailable` where a limit leaves less than that many octets to this process."""
    if not _is_limited():
        return
    left = min(
        filter(None, (room(_own_limits()), _to_be_committed())), key=lambda each: each.octets, default=None
    )
    if left is not None and left.octets < octets:
        raise EnvironmentUnavailable(f"memory runs out: {left}, and {octets // MB} MB are needed", hint=HINT)


def require_for_threads(number: int) -> None:
    """Ask for the stacks of that many threads, and for what their first cases take."""
    if _is_limited():
        stack = resource.getrlimit(resource.RLIMIT_STACK)[0]
        each = 8 * MB if stack == resource.RLIM_INFINITY else stack
        require(number * each + FOR_A_CASE)


def spare() -> None:
    """Where there is a limit, take no address space in reserve: by default each thread takes 64 MB; before any starts."""
    if _is_limited():
        import ctypes

        with suppress(AttributeError, OSError):  # a C library without it
            ctypes.CDLL(None).mallopt(*_ONE_ARENA)


def environment() -> dict[str, str]:
    """Return the variables that make a program as sparing as :func:`spare`; empty without a limit."""
    return {"MALLOC_ARENA_MAX": "1"} if _is_limited() else {}


def is_out(error: BaseException) -> bool:
    """Whether an exception means that there was no memory, whichever library has raised it."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, ImportError):
        return bool(_LOADER_WORDS.search(str(error)))
    # Of these the text is the library's own; elsewhere a user may have written it.
    return type(error).__module__.startswith(("OpenSSL", "cryptography")) and _LIBRARY_WORDS in str(
        error.args
    )


def raise_if_out(error: BaseException) -> None:
    """Raise :class:`MemoryError` for an error of a library that means it."""
    if is_out(error):
        raise MemoryError from None


@cache
def _is_limited() -> bool:
    """Whether this process has a limit that can be watched; else nothing here costs anything."""
    return bool(_own_limits()) or _to_be_committed() is not None


@cache
def _own_limits() -> tuple[Limit, ...]:
    told = [(resource.getrlimit(limit)[0], field, words) for limit, _, field, words in _LIMITS]
    return tuple(
        Limit(allowed, field, words) for allowed, field, words in told if allowed != resource.RLIM_INFINITY
    )


def _to_be_committed() -> Room | None:
    """Return what the kernel still grants to anybody, where it grants no more than it has (overcommit_memory)."""
    with suppress(OSError, ValueError, KeyError):
        if Path("/proc/sys/vm/overcommit_memory").read_text("ascii").strip() != _NO_OVERCOMMIT:
            return None
        lines = (line.split() for line in Path("/proc/meminfo").read_text("ascii").splitlines())
        kilobytes = {words[0]: int(words[1]) for words in lines}
        limit, used = kilobytes["CommitLimit:"] * 1024, kilobytes["Committed_AS:"] * 1024
        return Room(limit - used, f"the {limit // MB} MB that this machine commits")
    return None
