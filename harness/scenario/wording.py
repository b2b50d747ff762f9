"""Helpers for the sentences a user reads: the nearest right word, and lists in prose."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_ENOUGH_LETTERS = 3  # below that every word looks like every other, and numbers always do

_MOST_LETTERS = 200  # no word of the language is as long, and comparing costs the square of it


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that looks most like ``word``, or an empty text if none does.

    A word that has all parts of the wrong one goes first: ``client-expired`` is
    ``client-certificate-expired`` and not ``crl-expired``.
    """
    by_lower = {candidate.lower(): candidate for candidate in known}
    wrong = word.lower()
    if len(wrong) > _MOST_LETTERS:
        return ""
    if sum(letter.isalpha() for letter in wrong) < _ENOUGH_LETTERS:
        return ""
    parts = set(wrong.split("-"))
    holding = (
        [candidate for candidate in by_lower if parts < set(candidate.split("-"))] if len(parts) > 1 else []
    )
    found = holding[:1] or difflib.get_close_matches(wrong, list(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else ""


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the fix for a wrong word: the nearest right one, or all there are."""
    words = list(known)
    near = nearest(word, words)
    if near:
        return f"did you mean {near!r}?"
    return f"use one of: {', '.join(words)}" if words else "there is none to choose from"


def listed(words: Iterable[str], joint: str = "and") -> str:
    """Return words as prose: ``a``, ``a and b``, ``a, b and c``."""
    *head, last = list(words)
    return f"{', '.join(head)} {joint} {last}" if head else last
