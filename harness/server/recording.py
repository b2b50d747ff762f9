"""Whether a server could write down what it did: a full disk must not pass for a verdict.

A server of the harness logs every request before it answers, and writes its record of an authentication
before the final answer. So whatever an access point has received has left its trace, or the trace was lost.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from harness import memory
from harness.errors import EnvironmentUnavailable, ServerLost
from harness.server.raddb import LOG, VERDICTS
from harness.server.records import LogKind, ServerEvidence

# SIGKILL is the kernel's when memory runs out, SIGXFSZ and SIGXCPU are limits of this machine.
_FROM_OUTSIDE = {
    signal.SIGHUP, signal.SIGINT, signal.SIGKILL, signal.SIGTERM, signal.SIGXCPU, signal.SIGXFSZ,
}  # fmt: skip
_KILLED = "look for limits (`ulimit -a`), for memory that ran out (`dmesg`), and for whoever kills processes"
_HINT = "make room there, or set TMPDIR to a folder that has it"


def require_complete(evidence: ServerEvidence, *, replies: int, final: bool) -> None:
    """Raise :class:`EnvironmentUnavailable` when something the server wrote was lost, or memory was short.

    And :class:`ServerLost` when somebody or the system killed it; a crash of its own is its own doing.

    ``replies`` are the authentic answers that the access point has received, ``final`` tells whether one
    of them was an Access-Accept or Access-Reject. Servers whose files are not the harness's prove nothing.
    """
    if evidence.killed_by in _FROM_OUTSIDE:
        name = signal.Signals(evidence.killed_by).name
        raise ServerLost(f"FreeRADIUS was killed while it was needed: {name}", hint=_KILLED)
    if evidence.starved:
        raise EnvironmentUnavailable(
            f"FreeRADIUS has too little memory: {evidence.starved}", hint=memory.HINT
        )
    folder = evidence.folder
    if folder is None:
        return
    if _is_full(folder):
        raise EnvironmentUnavailable(f"no space is left for the server's own log: {folder / LOG}", hint=_HINT)
    if final and evidence.verdict is None:
        raise _lost(folder / VERDICTS, "the server answered and its own record of that is missing")
    logged = sum(event.kind is LogKind.REQUEST for event in evidence.events)
    if logged < replies:
        raise _lost(folder / LOG, f"the server gave {replies} answers and its log shows {logged} requests")


def _lost(file: Path, what: str) -> EnvironmentUnavailable:
    return EnvironmentUnavailable(f"{what}: {file}", hint=_HINT)


def _is_full(folder: Path) -> bool:
    """Whether somebody who is not root can write nothing more there."""
    there = os.statvfs(folder)
    return there.f_blocks > 0 and there.f_bavail == 0
