"""Private folders of servers, and who may remove one.

A folder holds private keys, so it has to go even if its run was killed, and it must not go while its
run lives. The run keeps a lock on the file ``owner`` in it (flock(2)). The kernel gives the lock back
when the run is dead, however it died, and everybody sees it who sees the folder, whatever processes
he sees.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from harness.server.ownership import Life, Owner, this_process

PREFIX = "eaptls-server-"
_OWNER_FILE = "owner"
_LOCKED = "lock=flock"
_IN_REMOVAL = 60.0
"""Seconds for which a folder may be without an owner and not be empty yet."""


class PrivateFolder:
    """A folder of this process, readable by its user alone."""

    def __init__(self) -> None:
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")).absolute()
            try:
                owner = os.open(self.path / _OWNER_FILE, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            except FileNotFoundError:
                # Somebody who cleans up came first, and took it for what a dead run had left.
                continue
            locked = _lock(owner, fcntl.LOCK_EX)
            if os.fstat(owner).st_nlink:
                break
            os.close(owner)
        os.write(owner, f"{this_process()}{f' {_LOCKED}' if locked else ''}\n".encode())
        self._owner = owner
        self._removing = threading.Lock()

    def remove(self) -> None:
        """Remove it with all that is in it; no effect when that has been done."""
        with self._removing:
            owner, self._owner = self._owner, -1
            if owner >= 0:
                _remove(self.path)
                os.close(owner)


def private_folders(where: Path | None = None) -> list[Path]:
    """Return the private folders in ``where``, by default the temporary folder, whoever made them."""
    try:
        found = sorted((where or Path(tempfile.gettempdir())).glob(f"{PREFIX}*"))
    except OSError:
        return []
    return [folder for folder in found if not folder.is_symlink()]


class Claim:
    """What a folder's owner file tells; it holds the lock where the owner does not, until it is closed.

    ``life`` tells of the folder's owner. ``reason`` says why it is unknown.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.owner: Owner | None = None
        self.reason = ""
        self._file = -1
        try:
            # Everybody may make such a folder: no links, and no pipe that is never written to.
            flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK
            self._file = os.open(folder / _OWNER_FILE, flags)
            self.life = self._judge()
        except FileNotFoundError:
            self.life = self._without_owner()
        except PermissionError:
            self.life = self._cannot_tell("of another user")
        except OSError as error:
            self.life = self._cannot_tell((error.strerror or str(error)).lower())

    def _judge(self) -> Life:
        about = os.fstat(self._file)
        if not stat.S_ISREG(about.st_mode):
            return self._cannot_tell("it was not made by eaptls")
        text = os.read(self._file, 1000).decode("ascii", errors="replace")
        self.owner = Owner.parse(text)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return Life.ALIVE
        if not os.fstat(self._file).st_nlink:
            # Gone meanwhile, and with it all that could be removed.
            return Life.ALIVE
        # Without a word it is just being made: who makes it has to lock it first, and makes another one.
        return self._judge_words(text, about) if text else Life.DEAD

    def _judge_words(self, text: str, about: os.stat_result) -> Life:
        """Judge the owner by his words; nobody has the lock on them."""
        if self.owner is None:
            return self._cannot_tell("an earlier version made it")
        if self.owner.life is not Life.UNKNOWN:
            return self.owner.life
        if _LOCKED in text.split() and self._is_of_this_kernel(about):
            return Life.DEAD
        return self._cannot_tell("of another host or namespace")

    def _is_of_this_kernel(self, about: os.stat_result) -> bool:
        """Whether nobody but processes of this kernel can have a lock on the file.

        True for what was made since the last boot. A folder from before it is no other host's if it
        is on a disk, which has a major number; network file systems have none.
        """
        return self.owner is not None and (self.owner.of_this_boot or os.major(about.st_dev) != 0)

    def _without_owner(self) -> Life:
        """Judge a folder without the file: just being made or removed, or left by somebody killed then."""
        try:
            about = self.folder.lstat()
            if not any(self.folder.iterdir()):
                # Removing it does no harm: who makes it then makes another one.
                return Life.DEAD
        except OSError:
            return Life.ALIVE
        return Life.ALIVE if _age(about) < _IN_REMOVAL else self._cannot_tell("it does not tell whose it is")

    def _cannot_tell(self, reason: str) -> Life:
        self.reason = reason
        return Life.UNKNOWN

    def remove(self) -> bool:
        """Remove the folder; whether it is gone."""
        if self._file < 0:
            # Nobody else is kept from filling it.
            with contextlib.suppress(OSError):
                self.folder.rmdir()
        else:
            _remove(self.folder)
        return not self.folder.exists()

    def close(self) -> None:
        """Give the lock back."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[Claim]:
    """Give what is known of a folder; nobody else can claim it meanwhile."""
    claim = Claim(folder)
    try:
        yield claim
    finally:
        claim.close()


def _lock(file: int, how: int) -> bool:
    """Take a lock; ``False`` where the file system has none."""
    try:
        fcntl.flock(file, how)
    except OSError:
        return False
    return True


def _age(about: os.stat_result) -> float:
    """Return for how many seconds nothing has changed."""
    return time.time() - about.st_mtime


def _remove(folder: Path) -> None:
    """Remove a folder, its owner file last: without that nobody could tell whose the rest is.

    Links are not followed, also if somebody puts one in the folder's place meanwhile.
    """
    with contextlib.suppress(OSError):
        inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            for name in os.listdir(inside):  # noqa: PTH208 - a Path knows no descriptor
                if name != _OWNER_FILE:
                    _remove_entry(name, inside)
        finally:
            os.close(inside)
    shutil.rmtree(folder, ignore_errors=True)


def _remove_entry(name: str, inside: int) -> None:
    try:
        os.unlink(name, dir_fd=inside)
    except OSError:
        shutil.rmtree(name, ignore_errors=True, dir_fd=inside)
