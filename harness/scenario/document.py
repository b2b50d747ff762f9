"""A YAML file as plain values that remember where they were written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from harness.errors import Place, ScenarioError

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]
"""What a YAML file can hold here. Dates stay the text they were written as."""

_MOST_VALUES = 20_000
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its path, its values, and the YAML nodes that know their places."""

    file: Path
    value: Plain
    root: Node

    def place(self, path: Sequence[str | int] = (), *, key: bool = False) -> Place:
        """Return where the value at ``path`` stands, or its key.

        A path may lead further than the file does, because short forms stand for mappings; then the
        place is that of the last value that exists.
        """
        node, found = self.root, self.root
        for part in path:
            step = _child(node, part)
            if step is None:
                return _place(self.file, node)
            found, node = step
        empty = isinstance(node, ScalarNode) and not node.value and not node.style
        return _place(self.file, found if key or empty else node)

    def place_inside(self, path: Sequence[str | int], text: str, offset: int) -> Place:
        """Return the place of a character of the text at ``path``; its begin where that cannot be told."""
        node = self.root
        for part in self.known_part(path):
            step = _child(node, part)
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
            step = _child(node, part)
            if step is None:
                return tuple(path[:index])
            node = step[1]
        return tuple(path)


def _child(node: Node, part: str | int) -> tuple[Node, Node] | None:
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None


def _place(file: Path, node: Node) -> Place:
    return Place(file, node.start_mark.line + 1, node.start_mark.column + 1)


def read_document(file: Path) -> Document:
    """Read a YAML file.

    Raises :class:`ScenarioError` for a file that cannot be read, is not UTF-8, is empty, is not
    YAML, or uses YAML in a way that a test plan has no use for.
    """
    return parse_document(_read_text(file), file)


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
    return Document(file, _Reader(file).plain(nodes[0]), nodes[0])


def _read_text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise ScenarioError(
            f"the file is not UTF-8: byte 0x{error.object[error.start]:02x}",
            place=Place(file, line, column),
            fix="save it as UTF-8",
        ) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ScenarioError(f"the file cannot be read: {reason}", place=Place(file)) from None


def _compose(text: str, file: Path) -> list[Node]:
    try:
        # In C where that is installed: five times as fast, yet its words for mistakes are poorer.
        return list(YAML(typ="safe").compose_all(text))
    except YAMLError:
        return _compose_slowly(text, file)


def _compose_slowly(text: str, file: Path) -> list[Node]:
    try:
        return list(YAML(typ="safe", pure=True).compose_all(text))
    except ReaderError as error:
        before = text[: error.position]
        place = Place(file, before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
        raise ScenarioError(
            f"the character U+{ord(text[error.position]):04X} cannot stand in YAML",
            place=place,
            fix="remove it",
        ) from None
    except MarkedYAMLError as error:
        raise _syntax_error(error, file) from None
    except YAMLError as error:
        raise ScenarioError(f"this is not YAML: {error}", place=Place(file)) from None


def _syntax_error(error: MarkedYAMLError, file: Path) -> ScenarioError:
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if isinstance(mark, StringMark) else Place(file)
    context = f" {error.context}" if error.context else ""
    problem = error.problem or "it cannot be parsed"
    return ScenarioError(f"this is not YAML:{context} {problem}", place=place, fix=_yaml_hint(problem))


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

    def __init__(self, file: Path) -> None:
        self._file = file
        self._left = _MOST_VALUES
        self._open: set[int] = set()

    def plain(self, node: Node) -> Plain:
        self._left -= 1
        if self._left < 0:
            raise self._error(node, f"the file has more than {_MOST_VALUES} values", "split it")
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if id(node) in self._open:
            raise self._error(node, "an anchor contains itself", "remove the alias inside it")
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
            yield key.value, self.plain(value)

    def _scalar(self, node: ScalarNode) -> Plain:
        convert = _SCALARS.get(str(node.tag).removeprefix(_TAG))
        if convert is None:
            raise self._error(node, f"the YAML tag {node.tag} has no meaning here", "remove it")
        text = str(node.value)
        try:
            return convert(text)
        except ValueError:
            raise self._error(node, f"{text!r} is no number", "put quotes around it if it is text") from None

    def _error(self, node: Node, message: str, fix: str) -> ScenarioError:
        return ScenarioError(message, place=_place(self._file, node), fix=fix)


def _integer(text: str) -> int:
    return int(text.replace("_", ""), 0) if not text.lstrip("+-").isdigit() else int(text)


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
