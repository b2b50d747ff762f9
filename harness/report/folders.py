"""Evidence folders: what a run may remove or replace is what it can prove to have written.

A marker, ``.eaptls-evidence.json``, is written into the folder before anything else. It names the case and, for
every file that is about to be written, its digest. A file is the harness's own when the marker of that case names
it and its content is still the same; everything else is the user's, and is neither removed nor overwritten. A run
that is killed at any moment leaves nothing behind that a later one cannot tell apart: files are written under a
name that no one can guess, which the marker holds too, and then renamed.

Below the results folder no symbolic link is followed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from harness.report.files import PUBLIC, pour_and_close, safe_folder

MARKER = ".eaptls-evidence.json"
_FORMAT = 1
_PART = re.compile(r"[A-Za-z0-9_=,+-][A-Za-z0-9._=,+-]*")
_PARTIAL = re.compile(r"\.eaptls-[0-9a-f]{32}")
_FIX = "move it away, or name another folder with --results"


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds, and its mode before the process's umask."""

    data: bytes
    mode: int = PUBLIC


@dataclass(frozen=True, slots=True)
class _Marker:
    """Which files were written for a case: SHA-256 in hex by name, and the name of the one in the making."""

    case_id: str
    partial: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Directory:
    """An open directory. Names are looked up in it, so that nobody can put a link in between."""

    descriptor: int
    path: Path

    def status(self, name: str) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def read(self, name: str) -> bytes | None:
        """Return the content of a regular file, else ``None``."""
        status = self.status(name)
        if status is None or not stat.S_ISREG(status.st_mode):
            return None
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=self.descriptor)
        with os.fdopen(descriptor, "rb") as file:
            return file.read()

    def make(self, name: str, content: Content) -> None:
        """Write a file that must not exist."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        descriptor = os.open(name, flags, content.mode, dir_fd=self.descriptor)
        pour_and_close(descriptor, content.data)

    def rename(self, source: str, target: str) -> None:
        os.rename(source, target, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.descriptor)

    def remove_empty(self, name: str) -> None:
        with suppress(OSError):
            os.rmdir(name, dir_fd=self.descriptor)


def write(results: Path, case_id: str, contents: Mapping[str, Content]) -> Path:
    """Write the evidence of a case by file name, such as ``certificates/corp-root.pem``; return its folder.

    What an earlier run left of the case must have been removed. All is written or, where the disk is full,
    nothing. Raises :class:`OSError` with the path, also where something of the user's is in the way.
    """
    folder = safe_folder(case_id)
    shown = results / folder
    with ExitStack() as stack:
        try:
            results.mkdir(parents=True, exist_ok=True)
            directories = {"": _descend(stack, results, folder.parts)}
            for name in sorted({_split(name)[0] for name in contents} - {""}):
                directories[name] = _child(stack, directories[""], name, make=True)
            _require_free(directories, contents)
        except OSError as error:
            raise _named(error, shown) from error
        try:
            _write_all(directories, case_id, contents)
        except BaseException:
            # A full disk has the more room for the reports.
            with suppress(OSError):
                _remove_unfinished(directories, results, case_id)
            raise
    return shown


def _remove_unfinished(directories: Mapping[str, _Directory], results: Path, case_id: str) -> None:
    remove(results, case_id)
    for name in directories.keys() - {""}:
        directories[""].remove_empty(name)
    remove(results, case_id)


def _write_all(directories: Mapping[str, _Directory], case_id: str, contents: Mapping[str, Content]) -> None:
    partial = f".eaptls-{secrets.token_hex(16)}"
    digests = {name: hashlib.sha256(content.data).hexdigest() for name, content in contents.items()}
    document = {"format": _FORMAT, "case": case_id, "partial": partial, "files": digests}
    _make(directories[""], MARKER, Content(f"{json.dumps(document, indent=1)}\n".encode()))
    for name, content in contents.items():
        folder, file = _split(name)
        try:
            directories[folder].make(partial, content)
            directories[folder].rename(partial, file)
        except OSError as error:
            raise _named(error, directories[folder].path / file) from error


def _make(directory: _Directory, name: str, content: Content) -> None:
    try:
        directory.make(name, content)
    except FileExistsError as error:
        raise _named(error, directory.path / name) from error
    except OSError as error:
        directory.remove(name)
        raise _named(error, directory.path / name) from error


def _require_free(directories: Mapping[str, _Directory], contents: Mapping[str, Content]) -> None:
    for name in (MARKER, *contents):
        folder, file = _split(name)
        if directories[folder].status(file) is not None:
            what = f"it is not as eaptls wrote it for this case; {_FIX}"
            raise FileExistsError(errno.EEXIST, what, str(directories[folder].path / file))


def remove(results: Path, case_id: str) -> None:
    """Remove the evidence that an earlier run wrote for a case, and the folder if that leaves it empty.

    Raises :class:`OSError` with the path.
    """
    folder = safe_folder(case_id)
    with ExitStack() as stack:
        try:
            above = _descend(stack, results, folder.parts[:-1], make=False)
            directory = _child(stack, above, folder.name, make=False)
        except (FileNotFoundError, NotADirectoryError):
            # Nothing is there, or a link or file that is not ours.
            return
        except OSError as error:
            raise _named(error, results / folder) from error
        try:
            _remove_own(stack, directory, case_id)
            above.remove_empty(folder.name)
        except OSError as error:
            raise _named(error, results / folder) from error


def _remove_own(stack: ExitStack, directory: _Directory, case_id: str) -> None:
    marker = _read_marker(directory)
    if marker is None or marker.case_id not in ("", case_id):
        return
    directories = {"": directory}
    for name in {_split(name)[0] for name in marker.files} - {""}:
        with suppress(FileNotFoundError, NotADirectoryError):
            directories[name] = _child(stack, directory, name, make=False)
    for name, digest in marker.files.items():
        folder, file = _split(name)
        if folder in directories:
            content = directories[folder].read(file)
            if content is not None and hashlib.sha256(content).hexdigest() == digest:
                directories[folder].remove(file)
    for name, each in directories.items():
        if marker.partial:
            each.remove(marker.partial)
        if name:
            directory.remove_empty(name)
    # Last: until now a run that is killed leaves the proof for what it did not get to.
    directory.remove(MARKER)


def _read_marker(directory: _Directory) -> _Marker | None:
    """Return the marker of a folder; one that is cut short proves nothing but itself."""
    text = directory.read(MARKER)
    if text is None:
        return None
    try:
        written = json.loads(text)
    except ValueError:
        return _Marker("", "", {})
    try:
        files = {str(name): str(digest) for name, digest in written["files"].items()}
        marker = _Marker(str(written["case"]), str(written["partial"]), files)
        known = written["format"] == _FORMAT
    except (KeyError, TypeError, AttributeError):
        return None
    right = known and _PARTIAL.fullmatch(marker.partial) and all(map(_is_evidence_name, files))
    return marker if right else None


def _is_evidence_name(name: str) -> bool:
    parts = name.split("/")
    return len(parts) <= 2 and all(map(_PART.fullmatch, parts))


def _split(name: str) -> tuple[str, str]:
    folder, _, file = name.rpartition("/")
    return folder, file


def _descend(stack: ExitStack, results: Path, parts: tuple[str, ...], *, make: bool = True) -> _Directory:
    """Open a folder below the results, which may be reached by a link; what is below may not."""
    descriptor = os.open(results, os.O_RDONLY | os.O_DIRECTORY)
    stack.callback(os.close, descriptor)
    directory = _Directory(descriptor, results)
    for part in parts:
        directory = _child(stack, directory, part, make=make)
    return directory


def _child(stack: ExitStack, directory: _Directory, name: str, *, make: bool) -> _Directory:
    """Open a folder in a folder. Raises NotADirectoryError for a symbolic link, as for a file."""
    path = directory.path / name
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=directory.descriptor)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    try:
        descriptor = os.open(name, flags, dir_fd=directory.descriptor)
    except OSError as error:
        if error.errno not in (errno.ENOTDIR, errno.ELOOP):
            raise
        what = f"it is no folder of its own; {_FIX}"
        raise NotADirectoryError(errno.ENOTDIR, what, str(path)) from None
    stack.callback(os.close, descriptor)
    return _Directory(descriptor, path)


def _named(error: OSError, path: Path) -> OSError:
    """Return the error with a whole path; below an open directory there are but names."""
    named = error.filename if isinstance(error.filename, str) and os.sep in error.filename else str(path)
    return OSError(error.errno, error.strerror, named)


def remove_all(results: Path) -> list[Path]:
    """Remove all evidence that runs wrote below a folder; return the folders it was removed from.

    Raises :class:`OSError`.
    """
    removed = []
    for case_id in list(_marked(results)):
        remove(results, case_id)
        folder = results / safe_folder(case_id)
        removed.append(folder)
        for emptied in folder.parents[: len(safe_folder(case_id).parts) - 1]:
            with suppress(OSError):
                emptied.rmdir()
    return removed


def _marked(results: Path) -> Iterator[str]:
    for path, _folders, names in os.walk(results):
        if MARKER not in names:
            continue
        with _open(Path(path)) as directory:
            marker = _read_marker(directory)
        if marker and marker.case_id and results / safe_folder(marker.case_id) == Path(path):
            yield marker.case_id


@contextmanager
def _open(path: Path) -> Iterator[_Directory]:
    with ExitStack() as stack:
        yield _descend(stack, path, ())
