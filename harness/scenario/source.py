"""The text of a scenario file, from whatever a path leads to: a file, a pipe, or what never ends."""

from __future__ import annotations

import errno
import os
import select
import stat
from pathlib import Path

from harness.errors import EnvironmentUnavailable, Place, ScenarioError

MOST_OCTETS = 1 << 20
"""The longest file that is read. The longest built-in scenario has 5 kB."""
_PATIENCE = 10.0
"""Seconds without a word from whoever writes into a pipe."""
_NO_MORE_FILES = {errno.EMFILE, errno.ENFILE}


def read_text(file: Path) -> str:
    """Return the text of a file, or of a pipe that somebody writes into, such as ``/dev/stdin``.

    Raises :class:`ScenarioError` for what cannot be read, is longer than :data:`MOST_OCTETS` or is not UTF-8,
    and :class:`EnvironmentUnavailable` where the machine has no file descriptor left.
    """
    try:
        content = _content(file)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        if error.errno in _NO_MORE_FILES:
            message = f"{file} cannot be read: {reason}"
            raise EnvironmentUnavailable(
                message, hint="raise the limit of open files, see `ulimit -n`"
            ) from None
        raise ScenarioError(f"the file cannot be read: {reason}", place=Place(file)) from None
    if len(content) > MOST_OCTETS:
        raise ScenarioError(
            f"the file is longer than {MOST_OCTETS} octets", place=Place(file), fix="split it"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(error, file) from None


def _content(file: Path) -> bytes:
    """Return the content as far as it may go, and one octet more where it is longer."""
    # A socket cannot be opened, and a pipe that nobody writes into would never open.
    if stat.S_ISSOCK(file.stat().st_mode):
        raise ScenarioError("this is a socket", place=Place(file), fix="name a file")
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = bytearray()
        while len(found) <= MOST_OCTETS:
            piece = _piece(descriptor, file, MOST_OCTETS + 1 - len(found))
            if not piece:
                break
            found += piece
        if not found and stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            raise ScenarioError("nothing was written into this pipe", place=Place(file), fix="name a file")
        return bytes(found)
    finally:
        os.close(descriptor)


def _piece(descriptor: int, file: Path, most: int) -> bytes:
    try:
        return os.read(descriptor, most)
    except BlockingIOError:
        ready, _, _ = select.select([descriptor], [], [], _PATIENCE)
        if not ready:
            message = f"nothing was written into this pipe for {_PATIENCE:.0f} s"
            raise ScenarioError(message, place=Place(file), fix="name a file") from None
        return os.read(descriptor, most)


def _not_utf8(error: UnicodeDecodeError, file: Path) -> ScenarioError:
    before = error.object[: error.start]
    line = before.count(b"\n") + 1
    column = error.start - (before.rfind(b"\n") + 1) + 1
    return ScenarioError(
        f"the file is not UTF-8: byte 0x{error.object[error.start]:02x}",
        place=Place(file, line, column),
        fix="save it as UTF-8",
    )
