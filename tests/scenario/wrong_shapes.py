"""Scenarios with one value replaced by something nobody should write there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from harness.scenario.document import Plain, read_document

SCENARIOS = Path(__file__).parents[2] / "scenarios"
_MARK = "put the wrong shape here"

Position = tuple[str | int, ...]

SHAPES: dict[str, str] = {
    "number": "5",
    "negative": "-1",
    "zero": "0",
    "fraction": "0.5",
    "one": "1.0",
    "nan": ".nan",
    "infinity": "-.inf",
    "huge": "9" * 5000,
    "huge in hex": "0x" + "f" * 5000,
    "beyond 64 bits": str(1 << 64),
    "big": str(10**15),
    "null": "null",
    "nothing": "",
    "true": "true",
    "list": "[a, b]",
    "empty list": "[]",
    "list of null": "[null]",
    "list of numbers": "[1, 2]",
    "nested list": "[[x: 1], [[2]]]",
    "mapping": "{a: b}",
    "empty mapping": "{}",
    "mapping of numbers": "{1: {2: [3]}}",
    "mapping without a name": "{'': x, null: 1}",
    "empty text": "''",
    "blank": "' '",
    "long text": '"' + "x" * 1_000_000 + '"',
    "longer than any field": '"' + "é" * 300 + '"',
    "control characters": r'"a\x01\x1b[31m\x7f\x85z"',
    "NUL": r'"\0"',
    "backslash": r"'a\b\'",
    "line feed": r'"a\nb"',
    "half a character": r'"\ud83d"',
    "bidi": r'"\u202e\u2066abc\u2028"',
    "outside the BMP": r'"\U0001F600"',
    "quotes": """'a"b''c`d$'""",
    "expansion": "'%{User-Name} ${a} $ENV{x}'",
    "variable": "'${nobody}'",
    "date": "2000-13-45",
    "far date": "9999-12-31",
    "long time": "999999999d",
    "longer time": "'" + "9" * 400 + "d'",
    "long way back": "'-999999999d'",
    "verb": "reload",
    "anchor": "&a [*a]",
    "tag": "!!python/object:os.system x",
    "binary": "!!binary aGVsbG8=",
    "deep": "[" * 300 + "]" * 300,
}
"""YAML by what is odd about it."""


def positions(value: Plain, path: Position = ()) -> Iterator[Position]:
    """Give where every value of a document stands, the document itself first."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from positions(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from positions(item, (*path, index))


def distinct_positions() -> dict[Position, tuple[Plain, Position]]:
    """Return a document and a position for each place of the language that the built-in suite writes.

    Two places are the same when they differ in indices and in names that the scenario chose itself.
    """
    found: dict[Position, tuple[Plain, Position]] = {}
    for file in sorted(SCENARIOS.rglob("*.yaml")):
        value = read_document(file).value
        for position in positions(value):
            kind = tuple(
                0 if isinstance(part, int) or before in {"certificates", "reply", "devices"} else part
                for before, part in zip(("", *position), position, strict=False)
            )
            found.setdefault(kind, (value, position))
    return found


def with_shape(document: Plain, position: Position, shape: str) -> str:
    """Return a document as YAML with a shape in place of one of its values."""
    return json.dumps(_replaced(document, position)).replace(f'"{_MARK}"', shape)


def _replaced(value: Plain, position: Position) -> Plain:
    if not position:
        return _MARK
    first, *rest = position
    if isinstance(value, dict):
        return {key: _replaced(item, tuple(rest)) if key == first else item for key, item in value.items()}
    assert isinstance(value, list)
    return [_replaced(item, tuple(rest)) if index == first else item for index, item in enumerate(value)]
