"""Writing report files: whole or not at all, and folder names that any system takes."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path

from harness.errors import UsageError

_UNSAFE = re.compile(r"[^A-Za-z0-9._=,+-]+")
_LONGEST = 100
"""Characters per path component; leaves room below the common limit of 255 bytes."""
PRIVATE = 0o600
PUBLIC = 0o666
"""Before the process's umask."""


def write(path: Path, data: str | bytes, *, mode: int = PUBLIC) -> None:
    """Write a file through a temporary one beside it, so that a reader never sees half of it.

    Parent folders are made. Raises :class:`OSError`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    content = data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data
    with suppress(FileNotFoundError):
        partial.unlink()
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def require_writable(path: Path) -> None:
    """Make sure before a run that a report can be written after it.

    Raises :class:`UsageError` with the reason.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror} ({path.parent})") from error
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a folder; name a file in it")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write {path}: no permission to write in {path.parent}")


def safe_folder(case_id: str) -> Path:
    """Return the relative folder for a case: one component per part of its id.

    Characters that shells or file systems treat specially become ``_``; a digest of the id is then
    added, so that two ids never share a folder.
    """
    parts = [part for part in case_id.split("/") if part] or ["case"]
    safe = [_safe(part) for part in parts]
    if safe != case_id.split("/"):
        safe[-1] = f"{safe[-1]}-{hashlib.sha256(case_id.encode()).hexdigest()[:8]}"
    return Path(*safe)


def _safe(part: str) -> str:
    text = _UNSAFE.sub("_", part).strip("_")[:_LONGEST]
    return f"_{text}" if text.startswith((".", "-")) or not text else text
