"""Finds and removes what killed runs have left behind; what belongs to a live run stays."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.errors import EnvironmentUnavailable
from harness.server.local import DIRECTORY_PREFIX, OWNER_FILE
from harness.server.ownership import Owner


def find_directories(where: Path | None = None) -> Iterator[Path]:
    """Yield the private directories in ``where`` (the temporary folder) whose owner is dead."""
    for directory in (where or Path(tempfile.gettempdir())).glob(f"{DIRECTORY_PREFIX}*"):
        try:
            owner = Owner.parse((directory / OWNER_FILE).read_text(encoding="ascii", errors="replace"))
        except OSError:
            # Another user's, or just being made or removed by somebody who lives.
            continue
        if owner is not None and not owner.alive:
            yield directory


def remove_leftovers(where: Path | None = None) -> tuple[str, ...]:
    """Remove containers and directories of dead runs; returns what was removed, in words.

    ``where`` is the folder of the directories, by default the temporary one.
    """
    removed = [*_remove_containers()]
    for directory in find_directories(where):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            removed.append(f"directory {directory}")
    return tuple(removed)


def _remove_containers() -> Iterator[str]:
    from harness.server.engine import Engine

    try:
        engine = Engine()
    except EnvironmentUnavailable:
        return
    try:
        for name in engine.remove_left_behind():
            yield f"container {name}"
    finally:
        engine.close()
