"""A YAML file as plain values that remember where they were written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from harness.errors import Place, ScenarioError
from harness.scenario.source import read_text

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]
"""What a YAML file can hold here. Dates stay the text they were written as."""

MOST_VALUES = 20_000
"""Values of a file, what aliases repeat included."""
_DEEPEST = 100
_ALIAS = re.compile(r"undefined alias .*")
_SECRET_KEY = re.compile(r"(?:password|psk|secret)\W*$")
"""A password that lacks its quotes may look like an alias, a tag or a number, and is then not repeated."""
_LARGEST = 1 << 63
_MOST_DIGITS = 66
"""Digits of a number in binary, with ``0b``; no other notation needs as many."""
_MOST_FOR_GOOD_WORDS = 100_000
"""Characters up to which a text that is no YAML is parsed once more for a better sentence."""
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its path, its values, and the YAML nodes that know their places."""

    file: Path
    value: Plain
    root: Node
    _pairs: dict[int, dict[str, tuple[Node, Node]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Keys and values of mapping nodes that were asked about, by the node's id."""

    def place(self, path: Sequence[str | int] = (), *, key: bool = False) -> Place:
        """Return where the value at ``path`` stands, or its key.

        A path may lead further than the file does, because short forms stand for mappings; then the
        place is that of the last value that exists.
        """
        node, found = self.root, self.root
        for part in path:
            step = self._child(node, part)
            if step is None:
                return _place(self.file, node)
            found, node = step
        empty = isinstance(node, ScalarNode) and not node.value and not node.style
        return _place(self.file, found if key or empty else node)

    def place_inside(self, path: Sequence[str | int], text: str, offset: int) -> Place:
        """Return the place of a character of the text at ``path``; its begin where that cannot be told."""
        node = self.root
        for part in self.known_part(path):
            step = self._child(node, part)
            node = step[1] if step else node
        begin = _place(self.file, node)
        in_one_line = node.start_mark.line == node.end_mark.line
        if not isinstance(node, ScalarNode) or node.value != text or not in_one_line:
            return begin
        quote = 1 if node.style in {"'", '"'} else 0
        return Place(self.file, begin.line, begin.column + quote + offset)

    def known_part(self, path: Sequence[str | int]) -> tuple[str | int, ...]:
        """Return as much of ``path`` as the file writes out."""
        node = self.root
        for index, part in enumerate(path):
            step = self._child(node, part)
            if step is None:
                return tuple(path[:index])
            node = step[1]
        return tuple(path)

    def _child(self, node: Node, part: str | int) -> tuple[Node, Node] | None:
        if isinstance(node, MappingNode):
            # Looked up, because a file can have thousands of keys, and a mistake in each.
            if id(node) not in self._pairs:
                self._pairs[id(node)] = {key.value: (key, value) for key, value in node.value}
            return self._pairs[id(node)].get(str(part))
        if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            return node.value[part], node.value[part]
        if isinstance(node, SequenceNode) and isinstance(part, str):
            return node, node  # the short form of a mapping: the list is what that key would hold
        return None


def _place(file: Path, node: Node) -> Place:
    return Place(file, node.start_mark.line + 1, node.start_mark.column + 1)


def read_document(file: Path) -> Document:
    """Read a YAML file.

    Raises :class:`ScenarioError` for a file that cannot be read, is not UTF-8, is empty, is not
    YAML, or uses YAML in a way that a test plan has no use for.
    """
    return parse_document(read_text(file), file)


def parse_document(text: str, file: Path) -> Document:
    """Read YAML from a text; ``file`` is what places name. Raises as :func:`read_document`."""
    nodes = _compose(text, file)
    if not nodes:
        raise ScenarioError(
            "the file is empty", place=Place(file), fix="`eaptls new` writes one to start from"
        )
    if len(nodes) > 1:
        raise ScenarioError(
            "a file holds one scenario, and here begins a second YAML document",
            place=_place(file, nodes[1]),
            fix="move it to a file of its own",
        )
    return Document(file, _Reader(file, text).plain(nodes[0]), nodes[0])


def _compose(text: str, file: Path) -> list[Node]:
    try:
        # In C where that is installed: five times as fast, yet its words for mistakes are poorer.
        return _nodes(text, file, YAML(typ="safe"))
    except YAMLError as error:
        if len(text) > _MOST_FOR_GOOD_WORDS and isinstance(error, MarkedYAMLError):
            raise _syntax_error(error, file, text) from None
        return _compose_slowly(text, file)


def _compose_slowly(text: str, file: Path) -> list[Node]:
    try:
        return _nodes(text, file, YAML(typ="safe", pure=True))
    except ReaderError as error:
        before = text[: error.position]
        place = Place(file, before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
        raise ScenarioError(
            f"the character U+{ord(text[error.position]):04X} cannot stand in YAML",
            place=place,
            fix="remove it",
        ) from None
    except MarkedYAMLError as error:
        raise _syntax_error(error, file, text) from None
    except (YAMLError, ValueError, AssertionError) as error:
        # The parser in Python raises the latter two for directives and escapes that make no sense.
        raise ScenarioError(
            f"this is not YAML: {str(error) or 'it cannot be parsed'}", place=Place(file)
        ) from None


def _nodes(text: str, file: Path, parser: YAML) -> list[Node]:
    _check_size(text, file, parser)
    return list(parser.compose_all(text))


def _check_size(text: str, file: Path, parser: YAML) -> None:
    """Refuse what is too deep or too much before nodes are made, which is recursive, in C without a bound."""
    depth = values = 0
    for event in parser.parse(text):
        if isinstance(event, CollectionStartEvent):
            depth += 1
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        if isinstance(event, NodeEvent):
            values += 1
        if depth > _DEEPEST or values > 2 * MOST_VALUES:  # keys are counted here, too
            mark = event.start_mark
            place = Place(file, mark.line + 1, mark.column + 1)
            raise _too_deep(place) if depth > _DEEPEST else _too_many(place)


def _too_deep(place: Place) -> ScenarioError:
    message = f"this is more than {_DEEPEST} lists and mappings deep"
    return ScenarioError(message, place=place, fix="no scenario needs more than ten")


def _too_many(place: Place) -> ScenarioError:
    return ScenarioError(f"the file has more than {MOST_VALUES} values", place=place, fix="split it")


def _syntax_error(error: MarkedYAMLError, file: Path, text: str) -> ScenarioError:
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if isinstance(mark, StringMark) else Place(file)
    context = f" {error.context}" if error.context else ""
    problem = error.problem or "it cannot be parsed"
    if isinstance(mark, StringMark) and _follows_a_secret_key(text, mark):
        problem = _ALIAS.sub("undefined alias", problem)
    return ScenarioError(f"this is not YAML:{context} {problem}", place=place, fix=_yaml_hint(problem))


def _follows_a_secret_key(text: str, mark: StringMark) -> bool:
    """Whether the key of a secret stands right before a place."""
    lines = text.split("\n")
    return mark.line < len(lines) and _SECRET_KEY.search(lines[mark.line][: mark.column]) is not None


def _yaml_hint(problem: str) -> str:
    if "\\t" in problem:
        return "indent with spaces, not with tabs"
    if "mapping values are not allowed" in problem:
        return "put quotes around a text that holds a colon, or mend the indentation"
    if "expected ',' or" in problem:
        return "a comma or a closing bracket is missing before this place"
    if "undefined alias" in problem:
        return "define the anchor above, or put quotes around a text that begins with *"
    return "check indentation, brackets and quotes just before this place"


class _Reader:
    """Turns nodes into plain values and counts them, because aliases can multiply."""

    def __init__(self, file: Path, text: str) -> None:
        self._text = text
        self._file = file
        self._left = MOST_VALUES
        self._open: set[int] = set()

    def plain(self, node: Node) -> Plain:
        self._left -= 1
        if self._left < 0:
            raise _too_many(_place(self._file, node))
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if id(node) in self._open:
            raise self._error(node, "an anchor contains itself", "remove the alias inside it")
        if len(self._open) == _DEEPEST:  # aliases lead deeper than the text does
            raise _too_deep(_place(self._file, node))
        self._open.add(id(node))
        value: Plain = dict(self._pairs(node)) if isinstance(node, MappingNode) else self._items(node)
        self._open.discard(id(node))
        return value

    def _items(self, node: Node) -> list[Plain]:
        return [self.plain(item) for item in node.value]

    def _pairs(self, node: MappingNode) -> Iterator[tuple[str, Plain]]:
        first: dict[str, Node] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise self._error(key, "a key must be a word", "put quotes around it if it is one")
            if key.value == "<<":
                raise self._error(key, "merge keys are not supported", "write the keys out")
            if key.value in first:
                line = first[key.value].start_mark.line + 1
                raise self._error(
                    key, f"the key {key.value!r} stands here twice, first in line {line}", "remove one"
                )
            first[key.value] = key
            self._check_unicode(key)
            yield key.value, self.plain(value)

    def _scalar(self, node: ScalarNode) -> Plain:
        convert = _SCALARS.get(str(node.tag).removeprefix(_TAG))
        if convert is None:
            if self._may_be_secret(node):
                fix = "put quotes around a text that begins with !"
                raise self._error(node, "this YAML tag has no meaning here", fix)
            raise self._error(node, f"the YAML tag {node.tag} has no meaning here", "remove it")
        text = str(node.value)
        self._check_unicode(node)
        try:
            return convert(text)
        except OverflowError:
            fix = "write a smaller one, or put quotes around it if it is text"
            raise self._error(node, "the number is too large", fix) from None
        except ValueError:
            said = "this" if self._may_be_secret(node) else repr(text)
            raise self._error(node, f"{said} is no number", "put quotes around it if it is text") from None

    def _check_unicode(self, node: ScalarNode) -> None:
        """Refuse halves of characters: no text holds them, and only escapes can write them."""
        half = next((ord(letter) for letter in node.value if "\ud800" <= letter <= "\udfff"), None)
        if half is not None:
            message = f"the escape \\u{half:04x} is half a character"
            raise self._error(node, message, "write the character itself, or its number as in \\U0001F600")

    def _may_be_secret(self, node: Node) -> bool:
        return _follows_a_secret_key(self._text, node.start_mark)

    def _error(self, node: Node, message: str, fix: str) -> ScenarioError:
        return ScenarioError(message, place=_place(self._file, node), fix=fix)


def _integer(text: str) -> int:
    digits = text.replace("_", "")
    if len(digits) > _MOST_DIGITS:  # Python itself refuses more than 4,300 of them
        raise OverflowError
    number = int(digits, 0) if not digits.lstrip("+-").isdigit() else int(digits)
    if abs(number) >= _LARGEST:
        raise OverflowError
    return number


def _float(text: str) -> float:
    return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))


_SCALARS: Mapping[str, Callable[[str], Plain]] = {
    "str": str,
    "timestamp": str,
    "int": _integer,
    "float": _float,
    "bool": lambda text: text.lower() == "true",
    "null": lambda _: None,
}
