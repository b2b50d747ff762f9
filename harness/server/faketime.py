"""A server's clock that can be moved while it runs: libfaketime, and the file that it reads.

The library stands between the server and the C library and adds to the time what the file says, at every
question. So a move needs no restart, and all that asks for the time sees the same one: OpenSSL at each
handshake, FreeRADIUS's own timers, the dates of files. The monotonic clock is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from harness.errors import EnvironmentUnavailable
from harness.server.raddb import HERE

CLOCK = "run/clock"
"""The file in a server's directory that holds how far its clock is from the true time, in seconds."""
PACKAGE = "faketime"
"""What the package is called that holds the library, in Debian and elsewhere."""
_SHARED = Path("/dev/shm")  # noqa: S108 - where the library makes them
_NAME = "faketime/libfaketimeMT.so.1"
# The library of Debian and Ubuntu, of Fedora, of openSUSE and Arch, and what `make install` makes.
_PLACES = ("/usr/lib/*-linux-*", "/usr/lib64", "/usr/lib", "/usr/local/lib")


def find_library(places: Iterable[str] = _PLACES) -> str:
    """Return the path of the library for programs with threads; empty where it is not installed."""
    found = (path for place in places for path in sorted(Path("/").glob(f"{place}/{_NAME}".lstrip("/"))))
    return next(map(str, found), "")


def preloading(library: str) -> tuple[str, ...]:
    """Return the words before a command that put the library into that program, and into no shell around it."""
    return ("/usr/bin/env", f"LD_PRELOAD={library}")


def environment(*, seen_as: str = HERE) -> Mapping[str, str]:
    """Return what the library is told, for a server that sees its directory as ``seen_as``."""
    return {
        "FAKETIME_TIMESTAMP_FILE": f"{seen_as}/{CLOCK}",
        # Read at every question: a clock that was moved is moved.
        "FAKETIME_NO_CACHE": "1",
        # Time that is measured goes on as it is. Older versions know the second name.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


def forget_shared(pid: int) -> None:
    """Take away the names of what the library of a process shares with its children, which a server has not.

    It goes on without them. Left there by a process that is killed, they would keep the next one of its number
    from starting.
    """
    for name in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
        (_SHARED / name).unlink(missing_ok=True)


def write(directory: Path, shift: timedelta) -> None:
    """Move the clock of the server in ``directory``, whether it runs or not; it never sees half a file."""
    file = directory / CLOCK
    new = file.with_suffix(".new")
    new.write_text(f"{shift.total_seconds():+f}\n", encoding="ascii")
    new.chmod(0o644)  # no secret, and the server is another user
    new.replace(file)


def no_clock() -> EnvironmentUnavailable:
    """Return the error for a server that was not made with a clock of its own."""
    return EnvironmentUnavailable(
        "the clock of this server cannot be moved", hint=f"install the package {PACKAGE}"
    )
