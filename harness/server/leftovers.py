"""Finds and removes what killed runs have left behind; what belongs to a live run stays.

So does what may belong to one: nothing is removed unless its owner is known to be dead.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import EnvironmentUnavailable
from harness.server.folders import Claim, claimed, private_folders
from harness.server.orphans import end_orphans, has_orphans
from harness.server.ownership import Life


@dataclass(frozen=True, slots=True)
class Left:
    """One thing that was found, in words; ``kept_because`` is empty if it has been removed."""

    what: str
    kept_because: str = ""


def remove_leftovers(where: Path | None = None) -> list[Left]:
    """Remove containers, processes and folders of dead runs; tells what it removed, and what it dared not.

    ``where`` is the place of the folders, by default the temporary folder. Several may do this at once.
    """
    return [*_containers(), *remove_folders(where)]


def remove_folders(where: Path | None = None) -> Iterator[Left]:
    """Remove the private folders of dead runs, and end their servers before."""
    for folder in private_folders(where):
        with claimed(folder) as claim:
            if claim.life is Life.DEAD:
                yield from _remove(claim)
            elif claim.life is Life.UNKNOWN:
                yield Left(f"directory {folder}", claim.reason)


def sweep_folders() -> None:
    """Remove the folders of dead runs without a word: they hold keys, and nobody may ever clean up."""
    with contextlib.suppress(OSError):
        for _ in remove_folders():
            pass


def _remove(claim: Claim) -> Iterator[Left]:
    # Its folder is the only thing that tells what a server is, so the server goes first.
    yield from (Left(f"process {pid}") for pid in end_orphans(claim.folder))
    if has_orphans(claim.folder):
        yield Left(f"directory {claim.folder}", "a server of it does not end")
    elif claim.remove():
        yield Left(f"directory {claim.folder}")
    else:
        yield Left(f"directory {claim.folder}", "it cannot be removed")


def _containers() -> Iterator[Left]:
    from harness.server.engine import Engine

    try:
        engine = Engine()
    except EnvironmentUnavailable:
        return
    try:
        for name, reason in engine.remove_left_behind():
            yield Left(f"container {name}", reason)
    except EnvironmentUnavailable as silent:
        yield Left("containers", silent.message)
    finally:
        engine.close()
