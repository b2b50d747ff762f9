"""Writing report files: whole or not at all, and names that any system takes."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import select
import stat
import time
from contextlib import suppress
from pathlib import Path

from harness.report.destination import Destination, Kind, look

_UNSAFE = re.compile(r"[^A-Za-z0-9._=,+-]+")
_LONGEST = 100
"""Characters per path component; leaves room below the common limit of 255 bytes."""
PRIVATE = 0o600
PUBLIC = 0o666
"""Before the process's umask."""
_READER_WAIT = 5.0
"""Seconds that the reader of a named pipe gets to open it; without one a run would never end."""
_NOT_BESIDE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY}
"""Why a writable file cannot be replaced: its folder or its owner is another's, or it is a mount point."""


def write(path: Path, data: str | bytes) -> None:
    """Write a report to whatever a path names: a file, a pipe, a device, a descriptor of this process.

    A file is written through a temporary one beside it, so that a reader never sees half of it; one that
    exists keeps mode and owner. Symbolic links stay and other hard links keep the old content. Where
    nothing can be made beside it (a file mounted into a container) it is overwritten in place. Parent
    folders are made. A named pipe is given up when nobody has opened it for reading for five seconds.
    Raises :class:`OSError` that names the path.
    """
    content = data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data
    try:
        destination = look(path)
        if destination.kind is Kind.FILE:
            _write_file(destination, content)
        else:
            _write_into(destination, content)
    except OSError as error:
        reason = "its reader went away" if error.errno == errno.EPIPE else error.strerror
        raise OSError(error.errno, reason, str(path)) from error


def create(path: Path, data: bytes, *, mode: int) -> None:
    """Write a file of that mode through a temporary one; a link of that name is replaced, not followed.

    Raises :class:`OSError` that names the path.
    """
    try:
        _replace(path, data, mode, None)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _write_file(destination: Destination, content: bytes) -> None:
    destination.real.parent.mkdir(parents=True, exist_ok=True)
    try:
        _replace(destination.real, content, PUBLIC, destination.status)
    except OSError as error:
        if destination.status is None or error.errno not in _NOT_BESIDE:
            raise
        descriptor = os.open(destination.real, os.O_WRONLY | os.O_TRUNC)
        pour_and_close(descriptor, content)


def _replace(path: Path, content: bytes, mode: int, former: os.stat_result | None) -> None:
    partial = path.with_name(f".eaptls-{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        try:
            if former is not None:
                _resemble(descriptor, former)
        except BaseException:
            os.close(descriptor)
            raise
        pour_and_close(descriptor, content)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _resemble(descriptor: int, former: os.stat_result) -> None:
    made = os.fstat(descriptor)
    if (made.st_uid, made.st_gid) != (former.st_uid, former.st_gid):
        os.fchown(descriptor, former.st_uid, former.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(former.st_mode))


def _write_into(destination: Destination, content: bytes) -> None:
    match destination.kind:
        case Kind.DESCRIPTOR:
            descriptor = os.dup(destination.descriptor)
        case Kind.PIPE:
            descriptor = _open_pipe(destination.path)
        case _:
            descriptor = os.open(destination.path, os.O_WRONLY | os.O_NOCTTY)
    pour_and_close(descriptor, content)


def _open_pipe(path: Path) -> int:
    """Open a named pipe; without ``O_NONBLOCK`` this would wait for a reader for ever."""
    until = time.monotonic() + _READER_WAIT
    while True:
        try:
            return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() >= until:
                raise OSError(errno.ENXIO, "nobody reads from this pipe") from None
            time.sleep(0.02)


def pour_and_close(descriptor: int, content: bytes) -> None:
    """Write all of it and close the descriptor, also where it cannot be written; raises :class:`OSError`."""
    try:
        pour(descriptor, content)
    except BaseException:
        with suppress(OSError):
            os.close(descriptor)
        raise
    # A file system that puts writing off tells here that it had no room.
    os.close(descriptor)


def pour(descriptor: int, content: bytes) -> None:
    """Write all of it, also where a descriptor does not block; a slow reader is waited for."""
    left = memoryview(content)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            ready = select.poll()
            ready.register(descriptor, select.POLLOUT)
            ready.poll()


def safe_folder(case_id: str) -> Path:
    """Return the relative folder for a case: one component per part of its id.

    Characters that shells or file systems treat specially become ``_``; a digest of the id is then
    added, so that two ids never share a folder.
    """
    parts = [part for part in case_id.split("/") if part] or ["case"]
    safe = [_safe(part) for part in parts]
    if safe != case_id.split("/"):
        safe[-1] = f"{safe[-1]}-{_digest(case_id)}"
    return Path(*safe)


def safe_name(name: str) -> str:
    """Return one path component for a name; two names never share one."""
    safe = _safe(name)
    return safe if safe == name else f"{safe}-{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _safe(part: str) -> str:
    text = _UNSAFE.sub("_", part).strip("_")[:_LONGEST]
    return f"_{text}" if text.startswith((".", "-")) or not text else text
