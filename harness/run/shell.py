"""Command lines that a person can copy, whatever octets a file name has."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable


def command_line(words: Iterable[str]) -> str:
    r"""Return words as one line of printable text for bash, zsh and every shell of POSIX 2024.

    File names may hold line feeds, and octets that are no text; these are written as in ``$'\012'``.
    """
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    if word.isprintable():
        return shlex.quote(word)
    return f"$'{''.join(map(_escaped, word))}'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    # Three octal digits: a shell takes any hex digits that follow for its own.
    return "".join(f"\\{octet:03o}" for octet in os.fsencode(character))
