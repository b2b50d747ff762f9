"""Finds the command lines in what a person or a shell is told to do: a script, a runbook, a page of Markdown.

A line that begins with one of the device's programs is a command, whatever prompt or bullet stands before it.
Continued lines are joined, several commands of one line are taken apart, and names that the file itself gives a
value are replaced. Words of a shell before a command (``do``, ``then``, ``if !``, ``NAME=value``, parentheses) are
passed over; neither loops nor conditions are followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.rollout.marks import is_comment

_WORDS = (
    r"(?:(?:do|then|else|elif|if|while|until|time|exec|command|call|sudo|env)\s+|[!({&]\s*"
    r"|[A-Za-z_]\w*=[\"']?\$\(\s*|[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|[^\s\"'$]*)\s+)*"
)
_BEFORE = re.compile(
    r"^\s*(?:(?:[-*+]|\d+[.)])\s+)?(?:`{1,3})?(?:(?:\$|%|>|PS [^>]*>|[A-Z]:[^>]*>)\s+)?"
    # A condition is told from a sentence that begins with the same word by what ends it.
    rf"(?!(?:if|elif|while|until)\s[^;]*$)(?P<words>{_WORDS})(?=az(?:sphere(?:\.exe)?)?\s)"
)
_LEAD = re.compile(rf"^(?P<words>{_WORDS})(?=az(?:sphere(?:\.exe)?)?\s)")
_PROGRAM = re.compile(r"^azsphere\.exe(?=\s)")
_COMMAND = re.compile(r"^az(?:sphere| sphere)\s")
_ASSIGNMENT = re.compile(
    r"""^\s*(?:export\s+|set\s+|\$(?:env:)?)?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>"[^"]*"|'[^']*'|[^\s;&|]*)\s*(?:;.*|\#.*)?$""",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(?:env:)?([A-Za-z_]\w*)|%(\w+)%", re.IGNORECASE)
_CONTINUED = re.compile(r"[\\^`]\s*$")
_REDIRECTION = re.compile(r"\s(?:\d?>{1,2}\s*(?:&\d|[^\s<>]+)|\d?>&\d)(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Written:
    """A command line, the lines of the file that it stands in, counted from 1, and names that have no value."""

    text: str
    line: int
    last: int
    unknown: tuple[str, ...] = ()


def command_lines(lines: Sequence[str]) -> Iterator[Written]:
    """Yield the commands of the device's programs, in order."""
    values: dict[str, str] = {}
    number = 0
    while number < len(lines):
        first = number
        text = lines[number]
        begin = _BEFORE.match(text)
        if begin is None:
            _learn(text, values)
            pieces = [] if is_comment(text) else _separated(text)
            inner = [piece for piece in map(_bare, pieces[1:]) if _COMMAND.match(piece)]
            yield from (_written(piece, first, first, values) for piece in inner)
            number += 1
            continue
        text = text[begin.start("words") :]
        while _CONTINUED.search(text) and number + 1 < len(lines) and not _is_inline(lines[first]):
            number += 1
            text = _CONTINUED.sub("", text).rstrip() + " " + lines[number].strip()
        for piece in map(_bare, _separated(text.rstrip().rstrip("`") if _is_inline(lines[first]) else text)):
            if _COMMAND.match(piece):
                yield _written(piece, first, number, values)
        number += 1


def _bare(piece: str) -> str:
    """Return a command without the words of the shell before it and the parenthesis that they open."""
    lead = _LEAD.match(piece)
    if lead is None:
        return piece
    words, text = lead["words"], piece[lead.end() :].rstrip()
    quote = next((mark for mark in "\"'" if words.count(mark) % 2), "")
    text = text.removesuffix(quote) if quote else text
    text = text.rstrip(") ") if "(" in words else text
    return _PROGRAM.sub("azsphere", text)


def _is_inline(line: str) -> bool:
    """Whether a command stands in backticks, as Markdown writes code."""
    begin = _BEFORE.match(line)
    return bool(begin and "`" in begin[0])


def _learn(line: str, values: dict[str, str]) -> None:
    assigned = _ASSIGNMENT.match(line)
    if assigned:
        values[assigned["name"].lower()] = assigned["value"].strip("\"'")


def _written(text: str, first: int, last: int, values: dict[str, str]) -> Written:
    unknown: list[str] = []

    def value(match: re.Match[str]) -> str:
        name = next(group for group in match.groups() if group)
        if name.lower() not in values:
            unknown.append(match[0])
            return match[0]
        return values[name.lower()]

    return Written(
        _VARIABLE.sub(value, _REDIRECTION.sub("", text)).strip(), first + 1, last + 1, tuple(unknown)
    )


def _separated(line: str) -> list[str]:
    """Return the commands of one line, without what a shell takes as a comment."""
    pieces, current, quote = [], "", ""
    index = 0
    while index < len(line):
        letter = line[index]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "#" and (not current or current[-1].isspace()):
            break
        elif letter == ";" or line.startswith(("&&", "||", "|"), index):
            pieces.append(current.strip())
            current = ""
            index += 2 if line.startswith(("&&", "||"), index) else 1
            continue
        current += letter
        index += 1
    return [*pieces, current.strip()]
