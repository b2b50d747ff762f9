"""Selecting cases: words of their ids and titles joined by and, or, not; tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from harness.errors import UsageError

Matcher = Callable[[str], bool]

_TOKEN = re.compile(r"[()]|[^\s()]+")


def keyword_matcher(expression: str) -> Matcher:
    """Return a test for texts: whether a keyword expression holds for them, in any case of letters.

    ``expired and not tls=1.3`` holds for a text that contains the first word and not the second.
    ``not`` binds more tightly than ``and``, ``and`` more than ``or``; parentheses group. An empty
    expression holds always. Raises :class:`UsageError` for an incomplete one.
    """
    tokens = _TOKEN.findall(expression)
    if not tokens:
        return lambda _: True
    parser = _Parser(expression, tokens)
    matcher = parser.any_of()
    parser.expect_end()
    return lambda text: matcher(text.lower())


class _Parser:
    """A descent over the tokens of one expression."""

    def __init__(self, expression: str, tokens: list[str]) -> None:
        self._expression = expression
        self._tokens = tokens

    def any_of(self) -> Matcher:
        operands = [self._all_of()]
        while self._take("or"):
            operands.append(self._all_of())
        return lambda text: any(operand(text) for operand in operands)

    def _all_of(self) -> Matcher:
        operands = [self._one()]
        while self._take("and"):
            operands.append(self._one())
        return lambda text: all(operand(text) for operand in operands)

    def _one(self) -> Matcher:
        if self._take("not"):
            negated = self._one()
            return lambda text: not negated(text)
        if self._take("("):
            inside = self.any_of()
            if not self._take(")"):
                raise self._error("a parenthesis is not closed")
            return inside
        return self._word()

    def _word(self) -> Matcher:
        if not self._tokens or self._tokens[0].lower() in {"and", "or", ")"}:
            found = f"before {self._tokens[0]!r}" if self._tokens else "at its end"
            raise self._error(f"a word is missing {found}")
        word = self._tokens.pop(0).lower()
        return lambda text: word in text

    def _take(self, token: str) -> bool:
        if self._tokens and self._tokens[0].lower() == token:
            self._tokens.pop(0)
            return True
        return False

    def expect_end(self) -> None:
        if self._tokens:
            raise self._error(f"'and' or 'or' is missing before {self._tokens[0]!r}")

    def _error(self, message: str) -> UsageError:
        return UsageError(
            f"the keyword expression {self._expression!r} is wrong: {message}; "
            f"write it as in `expired and not (crl or tls=1.3)`"
        )


def tag_matcher(tags: Iterable[str]) -> Callable[[Iterable[str]], bool]:
    """Return a test for a case's tags: one of the wanted is there, and none of those with ``!`` before them."""
    wanted = {tag for tag in tags if not tag.startswith("!")}
    unwanted = {tag.removeprefix("!") for tag in tags if tag.startswith("!")}

    def matches(present: Iterable[str]) -> bool:
        found = set(present)
        return (not wanted or bool(wanted & found)) and not unwanted & found

    return matches
