"""Which word of a device's command belongs to which flag: one answer for ``command:`` and for ``eaptls device``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SWITCH_VALUES = ("true", "false")


class WordProblem(ValueError):
    """A word that fits nowhere: what is wrong, the fix, and its place among the words (from 0).

    No value is repeated: it may be a secret.
    """

    def __init__(self, message: str, fix: str, index: int) -> None:
        super().__init__(message, fix, index)
        self.message = message
        self.fix = fix
        self.index = index


@dataclass(frozen=True, slots=True)
class Kind:
    """What a flag takes: ``name`` says which spellings mean the same.

    A ``switch`` may have ``true`` or ``false`` after it, a ``bare`` flag has no value at all, and one that is
    ``repeated`` may stand there more than once.
    """

    name: str
    switch: bool = False
    bare: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """A flag as it was given, with its value, and the places of both; a word of no flag has none of its own."""

    spelling: str
    value: str | None
    index: int
    value_index: int
    kind: Kind | None


def sort_words(words: Sequence[str], kinds: Mapping[str, Kind]) -> tuple[Given, ...]:
    """Return the flags in the order given; words that belong to none are left to the caller.

    A value follows its flag, or ``=``. Raises :class:`WordProblem` for a flag that stands there twice, lacks
    its value, or has one that it cannot have.
    """
    sorted_words: list[Given] = []
    seen: set[str] = set()
    index = 0
    while index < len(words):
        given = _given(words, index, kinds)
        if given.kind is not None and not given.kind.repeated:
            if given.kind.name in seen:
                raise WordProblem(f"{given.spelling} stands here twice", "remove one", index)
            seen.add(given.kind.name)
        sorted_words.append(given)
        index = max(index, given.value_index) + 1
    return tuple(sorted_words)


def _given(words: Sequence[str], index: int, kinds: Mapping[str, Kind]) -> Given:
    word = words[index]
    spelling, joined, value = word.partition("=")
    kind = kinds.get(spelling)
    if kind is None:
        if _attached(word, kinds):
            raise WordProblem(
                f"{word[:2]} and its value are one word", f"write {word[:2]} and its value", index
            )
        return Given(word, None, index, index, None)
    following = words[index + 1] if index + 1 < len(words) else None
    if joined:
        return _checked(Given(spelling, value, index, index, kind))
    if kind.bare:
        return Given(spelling, None, index, index, kind)
    if kind.switch:
        if following in SWITCH_VALUES:
            return Given(spelling, following, index, index + 1, kind)
        return Given(spelling, SWITCH_VALUES[0], index, index, kind)
    if following is None or following.startswith("--") or following.partition("=")[0] in kinds:
        # A value that looks like a flag is written behind an equals sign.
        raise WordProblem(f"{spelling} needs a value", f"write {spelling} and its value", index)
    return Given(spelling, following, index, index + 1, kind)


def _checked(given: Given) -> Given:
    if given.kind is not None and given.kind.bare:
        raise WordProblem(f"{given.spelling} takes no value", f"write {given.spelling} alone", given.index)
    if given.kind is not None and given.kind.switch and given.value not in SWITCH_VALUES:
        fix = f"write {given.spelling}=true or {given.spelling}=false"
        raise WordProblem(f"{given.spelling} is neither true nor false", fix, given.index)
    return given


def _attached(word: str, kinds: Mapping[str, Kind]) -> bool:
    """Whether a short flag and its value are written as one word, ``-sCORP``: a report could not hide a secret there."""
    return len(word) > 2 and not word.startswith("--") and word[:2] in kinds
