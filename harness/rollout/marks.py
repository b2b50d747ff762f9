"""Comments that say of a step that what it replaces is meant to be replaced."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MARK = re.compile(r"(?:#|\brem\b|//|::)\s*(?:eaptls:\s*)?intended\b", re.IGNORECASE)
_COMMENT = re.compile(r"\s*(?:#|rem\b|//|::)", re.IGNORECASE)


def is_comment(line: str) -> bool:
    """Whether a line is a comment, of a shell, of YAML, or of a Windows command file."""
    return bool(_COMMENT.match(line))


def is_marked(lines: Sequence[str], first: int, last: int) -> bool:
    """Whether a step in these lines, counted from 1, is marked: in one of them, or in the comment above."""
    above = first - 2
    if above >= 0 and is_comment(lines[above]) and _MARK.search(lines[above]):
        return True
    own = [line for line in lines[first - 1 : last] if not is_comment(line)]
    return any(_MARK.search(line) for line in own)
