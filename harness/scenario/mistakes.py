"""What the models find wrong, as one sentence for each mistake, with its place and the fix."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from harness.errors import ScenarioError
from harness.scenario.commandline import is_command, redacted
from harness.scenario.document import Document
from harness.scenario.models import STEP_MODELS, Scenario, StepModel, step_tag, verbs_in
from harness.scenario.part import Part, key_of
from harness.scenario.secrets import is_secret
from harness.scenario.values import MISTAKE, shown
from harness.scenario.wording import listed, nearest, suggestion

Path = tuple[str | int, ...]

_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number of usual size",
    "finite_number": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a mapping",
    "tuple_type": "a list",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least {}"),
    "less_than_equal": ("le", "at most {}"),
}


def mistakes(
    error: ValidationError,
    document: Document,
    root: type[Part] = Scenario,
    steps: Mapping[str, type[StepModel]] = STEP_MODELS,
) -> list[ScenarioError]:
    """Return what is wrong in a document, in the order in which it stands there; ``steps`` are its verbs' models."""
    details = [_Mistake(detail, document, root, steps) for detail in error.errors(include_url=False)]
    told = _without_noise(details)
    found = [error for detail in told for error in [detail.error()]]
    unique = {str(error): error for error in found}
    return sorted(unique.values(), key=lambda error: (error.place.line, error.place.column))


def _without_noise(details: Sequence[_Mistake]) -> list[_Mistake]:
    """Return the mistakes without those that are only the consequence of another one."""
    unknown: dict[Path, list[str]] = {}
    wrong_inside: Counter[Path] = Counter()
    for detail in details:
        if detail.kind == "extra_forbidden":
            unknown.setdefault(detail.path[:-1], []).append(str(detail.path[-1]))
        wrong_inside.update(detail.path[:length] for length in range(len(detail.path) + 1))
    return [
        detail
        for detail in details
        if not (detail.kind == "missing" and detail.is_misspelt(unknown.get(detail.path[:-1], ())))
        and not (detail.kind == "too_short" and wrong_inside[detail.path] > 1)
    ]


class _Mistake:
    """One error of pydantic's, beside the document and the models it is about."""

    def __init__(
        self,
        detail: ErrorDetails,
        document: Document,
        root: type[Part],
        steps: Mapping[str, type[StepModel]],
    ) -> None:
        self._verbs = tuple(steps)
        self._tags = {step_tag(verb): model for verb, model in steps.items()}
        self.kind = detail["type"]
        self.input = detail["input"]
        self.context: Mapping[str, Any] = detail.get("ctx") or {}
        self.loc = detail["loc"]
        self.path = tuple(part for part in detail["loc"] if part not in self._tags)
        self._document = document
        self._root = root

    def is_misspelt(self, unknown: Iterable[str]) -> bool:
        """Whether one of the keys that nobody knows means this one."""
        return any(nearest(key, [str(self.path[-1])]) for key in unknown)

    def error(self) -> ScenarioError:
        """Return the mistake in words."""
        if self.kind == MISTAKE:
            return self._at(str(self.context["message"]), str(self.context["fix"]))
        if self.kind == "extra_forbidden":
            return self._unknown_key()
        if self.kind == "missing":
            return self._missing()
        if self.kind == "union_tag_not_found":
            return self._no_step()
        if self.kind in {"enum", "literal_error"}:
            words = re.findall(r"'([^']*)'", str(self.context["expected"]))
            return self._at(f"{self._noun} cannot be {self._shown}", _fix(self.input, words))
        return self._wrong_type()

    def _wrong_type(self) -> ScenarioError:
        if self.kind in _KINDS:
            return self._at(f"{self._noun} must be {_KINDS[self.kind]}, got {self._shown}")
        if self.kind in _BOUNDS:
            key, words = _BOUNDS[self.kind]
            return self._at(f"{self._noun} is {self._shown}; it must be {words.format(self.context[key])}")
        if self.kind in {"too_short", "string_too_short"}:
            return self._at(f"{self._noun} is empty", "write at least one, or leave it out")
        if self.kind in {"model_type", "model_attributes_type"}:
            return self._at(*self._wrong_mapping())
        return self._at(f"{self._noun} is wrong: {self.context.get('error', self.kind)}")

    def _wrong_mapping(self) -> tuple[str, str]:
        part = self._part(self.loc)
        shape = "a mapping"
        if part and part.shorthand:
            shape = f"a mapping, or its {key_of(part.shorthand)} alone"
        return f"{self._noun} must be {shape}, got {self._shown}", _keys_hint(part)

    def _unknown_key(self) -> ScenarioError:
        part = self._part(self.loc[:-1])
        key = redacted(str(self.path[-1]))
        where = f" in {_quoted(self.path[:-1])}" if self.path[:-1] else ""
        known = [word for word in part.known_keys() if word != key] if part else []
        place = self._document.place(self.path, key=True)
        return ScenarioError(f"unknown key {key!r}{where}", place=place, fix=suggestion(key, known))

    def _missing(self) -> ScenarioError:
        key, owner = self.path[-1], self.path[:-1]
        verb = next(
            (part[1:-1] for part in self.loc[-2:-1] if part in self._tags and isinstance(part, str)), ""
        )
        who = repr(verb) if verb else _quoted(owner) if owner else "the scenario"
        example = "add expect: connected, or what it must end in" if key == "expect" else f"add {key}: ..."
        return ScenarioError(f"{who} lacks {str(key)!r}", place=self._document.place(owner), fix=example)

    def _no_step(self) -> ScenarioError:
        verbs = verbs_in(self.input, self._verbs)
        if len(verbs) > 1:
            return self._at(f"a step has one verb, here are {listed(verbs)}", "make each a step of its own")
        words = [key for key in _keys(self.input) if key not in {"device", "expect", "by", "power-cut-at"}]
        if not words:
            return self._at("a step needs a verb", "write it as in `- reload` or `- associate: corp`")
        place = self._document.place((*self.path, words[0]), key=True)
        if is_command(words[0]):
            return ScenarioError(
                "a command line alone is no step", place=place, fix="write it as in `- command: azsphere ...`"
            )
        return ScenarioError(f"{words[0]!r} is no step", place=place, fix=suggestion(words[0], self._verbs))

    @property
    def _noun(self) -> str:
        if self.loc[-2:-1] and self.loc[-2] in self._tags:
            return repr(self.loc[-1])  # a verb may stand alone, and is then no key of the file
        return _quoted(self._document.known_part(self.path))

    @property
    def _shown(self) -> str:
        """The value as a sentence names it, unless it may be a secret."""
        return "this value" if is_secret(self.path) else shown(self.input)

    def _at(self, message: str, fix: str = "") -> ScenarioError:
        return ScenarioError(message, place=self._document.place(self.path), fix=fix)

    def _part(self, loc: Sequence[str | int]) -> type[Part] | None:
        current: Any = self._root
        for part in loc:
            current = self._tags.get(str(part)) or _inside(current, part)
        model = _bare(current)
        return model if isinstance(model, type) and issubclass(model, Part) else None


def _keys(step: object) -> list[str]:
    """Return the keys of a step as it is written; a bare word is one, other shapes have none."""
    if isinstance(step, str):
        return [step]
    return [str(key) for key in step] if isinstance(step, Mapping) else []


def _inside(annotation: Any, part: str | int) -> Any:
    """Return the type of what an annotation holds under a key or an index."""
    bare = _bare(annotation)
    if isinstance(bare, type) and issubclass(bare, Part):
        fields = {key_of(name): field.annotation for name, field in bare.model_fields.items()}
        return fields.get(str(part))
    arguments = get_args(bare)
    if get_origin(bare) is dict:
        return arguments[1]
    return arguments[0] if arguments else None


def _bare(annotation: Any) -> Any:
    """Return an annotation without ``| None``."""
    if get_origin(annotation) in {Union, UnionType}:
        return next(item for item in get_args(annotation) if item is not NoneType)
    return annotation


def _quoted(path: Sequence[str | int]) -> str:
    """Name a value by its key; an item of a list by the list's key."""
    if path and isinstance(path[-1], int):
        owner = next((part for part in reversed(path) if isinstance(part, str)), "")
        if owner == "steps":
            return f"step {path[-1] + 1}"
        return f"item {path[-1] + 1} of {owner!r}"
    return repr(path[-1]) if path else "the scenario"


def _fix(value: object, words: Sequence[str]) -> str:
    return suggestion(value if isinstance(value, str) else str(value), words)


def _keys_hint(part: type[Part] | None) -> str:
    return f"its keys are: {', '.join(part.known_keys())}" if part else ""
