"""A Security Service kept in a directory, so that one command can follow another.

One file, ``service``, holds tenants, CAs and private keys; it is replaced whole or not at all. The directory has
mode 0700, the file 0600. ``lock`` is held while one process uses the service.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from harness.errors import HarnessError
from harness.services.security.codec import decode, encode
from harness.services.security.desk import Desk
from harness.services.security.service import SecurityService

_FILE, _LOCK, _NEW = "service", "lock", "service.tmp"
_BESIDE = {_LOCK, _NEW, "service.pem"}
_OTHERS = 0o077


class ServiceUnusable(HarnessError):
    """A service's directory cannot be used: which file, what is wrong, and what to do."""

    def __init__(self, file: Path, what: str, fix: str) -> None:
        super().__init__(file, what, fix)
        self.file = file
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.file}: {self.what}; {self.fix}"


class ServiceMissing(ServiceUnusable):
    """There is no service in that directory yet."""


@contextmanager
def open_service(
    directory: Path, now: Callable[[], datetime], *, beginning: datetime | None = None, wait: float = 10.0
) -> Iterator[Desk]:
    """Hold a service alone; what a request has changed is written before it is answered.

    With a ``beginning`` a service that is not there is made. ``wait`` is how many seconds another process may hold it.
    Raises :class:`ServiceMissing` and :class:`ServiceUnusable`.
    """
    file = directory / _FILE
    if not file.exists():
        _refuse_missing(directory, make=beginning is not None)
        _make_directory(directory)
    with _locked(directory, wait):
        before = _read(file)
        if before is None:
            assert beginning is not None
            desk = Desk(SecurityService(beginning=beginning), now)
        else:
            desk = Desk(*_decoded(before, file, now))
        kept = [before]

        def save() -> None:
            data = json.dumps(encode(desk.service, desk.selected), indent=1).encode()
            if data != kept[0]:
                _replace(directory, data)
                kept[0] = data

        desk.save = save
        yield desk


def _refuse_missing(directory: Path, *, make: bool) -> None:
    try:
        others = sorted(path.name for path in directory.iterdir()) if directory.is_dir() else []
    except OSError as error:
        what = f"the directory cannot be read ({error.strerror})"
        raise ServiceUnusable(directory, what, "mend its permissions") from None
    strange = [name for name in others if name not in _BESIDE]
    if strange:
        what = f"there is no Security Service, but {', '.join(strange[:3])}"
        raise ServiceUnusable(directory, what, "choose another directory")
    if not make:
        raise ServiceMissing(directory, "there is no Security Service", "make a tenant first")


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
    except OSError as error:
        what = f"the directory cannot be made ({error.strerror})"
        raise ServiceUnusable(directory, what, "choose another place") from None


def _decoded(
    data: bytes, file: Path, now: Callable[[], datetime]
) -> tuple[SecurityService, Callable[[], datetime], str]:
    try:
        service, selected = decode(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError):
        # What the file holds is never repeated: it may be a key.
        fix = "restore it from a copy, or delete the directory and make the tenants anew"
        raise ServiceUnusable(file, "the file is not what was written", fix) from None
    return service, now, selected


def _read(file: Path) -> bytes | None:
    try:
        for path, wanted in ((file.parent, 0o700), (file, 0o600)):
            mode = path.stat().st_mode & 0o777
            if mode & _OTHERS:
                what = f"others may use it (mode {mode:04o}), and the service holds private keys"
                raise ServiceUnusable(path, what, f"run chmod {wanted:o} {path}")
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ServiceUnusable(
            file, f"cannot be read ({error.strerror})", "mend the directory's permissions"
        ) from None


def _replace(directory: Path, data: bytes) -> None:
    new = directory / _NEW
    try:
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(directory / _FILE)
        names = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(names)
        finally:
            os.close(names)
    except OSError as error:
        what = f"cannot be written ({error.strerror})"
        raise ServiceUnusable(
            directory / _FILE, what, "make room or mend the directory's permissions"
        ) from None


@contextmanager
def _locked(directory: Path, wait: float) -> Iterator[None]:
    """Hold the directory's lock; the system gives it back when the process ends, however it ends."""
    try:
        descriptor = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        what = f"the lock cannot be opened ({error.strerror})"
        raise ServiceUnusable(directory / _LOCK, what, "mend the directory's permissions") from None
    try:
        until = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    what, fix = "another process holds the service", "wait until it ends, or stop it"
                    raise ServiceUnusable(directory, what, fix) from None
                time.sleep(0.005)
        yield
    finally:
        os.close(descriptor)
