"""What a path names that a report goes to: a file, a pipe or device, or a descriptor of this process.

A file is replaced whole, whatever symbolic links lead to it. Pipes and devices are written into: a rename over
``/dev/null`` would take it away from everybody.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from harness.errors import EnvironmentUnavailable, UsageError

_MOST_LINKS = 40
"""As the kernel follows at most (``path_resolution(7)``)."""
_OF_THE_MACHINE = {errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO}
_ELSEWHERE = "name a folder elsewhere"
_STANDARD = {1: "standard output", 2: "standard error"}


class Kind(Enum):
    """How a destination is written."""

    FILE = auto()
    PIPE = auto()
    DEVICE = auto()
    DESCRIPTOR = auto()


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a report goes; ``status`` is of what is there already, ``None`` when nothing is."""

    path: Path
    """As the user wrote it."""
    kind: Kind
    real: Path
    """Where symbolic links lead."""
    status: os.stat_result | None = None
    descriptor: int = -1

    def same(self, other: Destination) -> bool:
        """Tell whether what is written to one is lost or mixed up in what is written to the other.

        A device such as ``/dev/null`` may be named as often as anybody likes.
        """
        if Kind.DEVICE in (self.kind, other.kind):
            return False
        if self.status is None or other.status is None:
            return self.real == other.real
        return os.path.samestat(self.status, other.status)


def look(path: Path) -> Destination:
    """Say what a path names. Raises :class:`OSError`, also for what no report can be written to."""
    number = _own_descriptor(path)
    if number is not None:
        return Destination(path, Kind.DESCRIPTOR, path, os.fstat(number), number)
    real = Path(os.path.realpath(path))
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return Destination(path, Kind.FILE, real)
    return Destination(path, _kind(status.st_mode), real, status)


def _kind(mode: int) -> Kind:
    if stat.S_ISREG(mode):
        return Kind.FILE
    if stat.S_ISFIFO(mode):
        return Kind.PIPE
    if stat.S_ISCHR(mode):
        return Kind.DEVICE
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder; name a file in it")
    what = "a socket" if stat.S_ISSOCK(mode) else "a disk"
    raise OSError(errno.ENXIO, f"it is {what}; name a file, a pipe or a terminal")


def _own_descriptor(path: Path) -> int | None:
    """Return the number in ``/dev/stdout``, ``/dev/fd/3``, ``/proc/self/fd/3`` or a link to one of them.

    Opened by such a name a file would be written from its beginning, over what stands there already,
    and a socket could not be opened at all.
    """
    process = f"/proc/{os.getpid()}"
    for _ in range(_MOST_LINKS):
        folder = os.path.realpath(path.parent)
        threads = folder.startswith(f"{process}/task/") and folder.endswith("/fd")
        if path.name.isdecimal() and (threads or folder in (f"{process}/fd", "/dev/fd")):
            return int(path.name)
        if not path.is_symlink():
            return None
        path = path.parent / path.readlink()
    return None


def require_writable(path: Path) -> Destination:
    """Make sure before a run that a report can be written after it.

    Raises :class:`UsageError` with the reason.
    """
    try:
        destination = look(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    reason = _CHECKS[destination.kind](destination)
    if reason:
        raise UsageError(f"cannot write {path}: {reason}")
    return destination


def require_folder(path: Path, mode: int = 0o777) -> None:
    """Make a folder of that mode, before the umask, unless it is there, and make sure that files can be made in it.

    Raises :class:`UsageError` with the reason, :class:`EnvironmentUnavailable` where the machine is at fault.
    """
    try:
        path.mkdir(mode, parents=True, exist_ok=True)
    except FileExistsError as error:
        raise UsageError(f"cannot write to {path}: it is no folder") from error
    except OSError as error:
        raise _refusal(f"cannot write to {path}: {error.strerror}", error) from error
    if _is_read_only(path):
        raise EnvironmentUnavailable(
            f"cannot write to {path}: it is on a read-only file system", hint=_ELSEWHERE
        )
    if not os.access(path, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write to {path}: it is write-protected")


def _refusal(sentence: str, error: OSError) -> UsageError | EnvironmentUnavailable:
    """Return the error for a place that cannot be written to: the user's choice of it, or the machine's fault."""
    if error.errno in _OF_THE_MACHINE:
        return EnvironmentUnavailable(sentence, hint=_ELSEWHERE)
    return UsageError(sentence)


def _is_read_only(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _check_file(destination: Destination) -> str:
    if destination.status is not None:
        return _check_existing(destination, destination.status)
    parent = destination.real.parent
    shown = destination.path.parent if not destination.path.is_symlink() else parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"{error.strerror} ({shown})"
    if not os.access(parent, os.W_OK | os.X_OK):
        return f"no permission to write in {shown}"
    return ""


def _check_existing(destination: Destination, status: os.stat_result) -> str:
    # Root could write it all the same; whoever took away the permission meant the file to stay.
    if not status.st_mode & 0o222 or not os.access(destination.real, os.W_OK):
        return "it is write-protected; make it writable or name another file"
    for number, name in _STANDARD.items():
        if _is_open_as(number, status):
            return f"{name} goes to that file already; name another"
    return ""


def _is_open_as(number: int, status: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.fstat(number), status)
    except OSError:
        return False


def _check_special(destination: Destination) -> str:
    return "" if os.access(destination.path, os.W_OK) else "no permission"


def _check_descriptor(destination: Destination) -> str:
    way = fcntl.fcntl(destination.descriptor, fcntl.F_GETFL) & os.O_ACCMODE
    return "" if way in (os.O_WRONLY, os.O_RDWR) else "it is not open for writing"


_CHECKS = {
    Kind.FILE: _check_file,
    Kind.PIPE: _check_special,
    Kind.DEVICE: _check_special,
    Kind.DESCRIPTOR: _check_descriptor,
}
