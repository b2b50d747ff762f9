"""A page that proves by itself that it was written by the harness and not changed since.

A run writes ``report.html`` into the results folder without being asked for that name, so it may replace
what it wrote itself and nothing else. The last line of a page is a comment with the SHA-256 of all lines above.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from harness.errors import UsageError

_SEAL = re.compile(rb"(.*\n)<!-- eaptls sha256 ([0-9a-f]{64}) -->\n", re.DOTALL)


def sealed(page: str) -> bytes:
    """Return the page as UTF-8, with its proof."""
    content = page.rstrip("\n").encode("utf-8", "backslashreplace") + b"\n"
    return content + f"<!-- eaptls sha256 {hashlib.sha256(content).hexdigest()} -->\n".encode()


def is_own(path: Path) -> bool:
    """Tell whether a file is a page as the harness wrote it. Raises :class:`OSError`."""
    if path.is_symlink() or not path.is_file():
        return False
    found = _SEAL.fullmatch(path.read_bytes())
    return found is not None and hashlib.sha256(found[1]).hexdigest().encode() == found[2]


def require_own(path: Path) -> None:
    """Make sure that a page may be written where nobody asked for it. Raises :class:`UsageError`."""
    try:
        free = not (path.exists() or path.is_symlink()) or is_own(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    if not free:
        reason = "it is not as eaptls wrote it; move it away, or name the page with --html"
        raise UsageError(f"cannot write {path}: {reason}")
