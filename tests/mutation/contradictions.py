"""Takes an expectation apart into its single assertions, and turns each into ones that contradict it."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from harness.outcome import Cause
from harness.scenario.expect import (
    ExpectAction,
    ExpectAssociation,
    Expectation,
    ExpectFleet,
    ExpectStart,
    LogWord,
)
from harness.scenario.part import Part, key_of
from harness.scenario.values import Count
from harness.scenario.values_fleet import Share, Shares, Times

_OTHER = "something-else"
_NONE = "none"
_OPPOSITE = {">=": "<", "<=": ">", "<": ">=", ">": "<="}
ERROR_KEYS = ("result", "error", "code", "number", "reason")
ENDS = "ends"
"""A key whose words say as well whether the step succeeds."""
FINDINGS = {"findings": "no_findings", "no_findings": "findings"}
"""Each says the opposite of the other, word by word."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """One written key of an expectation and its value; a path of two leads into a part or a mapping."""

    path: tuple[str, ...]
    value: Any

    @property
    def field(self) -> str:
        """What a mismatch calls it."""
        return ".".join(map(key_of, self.path))


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An expectation that cannot hold where the original does, and the fields of which one must be complained of."""

    words: str
    expect: Expectation
    fields: frozenset[str]


def assertions(expect: Expectation) -> Iterator[Assertion]:
    """Give every single assertion of an expectation, in model order."""
    for name in expect.written():
        value = getattr(expect, name)
        if isinstance(value, Part):
            yield from (Assertion((name, *inner), getattr(value, *inner)) for inner in zip(value.written()))
        elif isinstance(value, Mapping):
            yield from (Assertion((name, key), one) for key, one in value.items())
        elif value is not None:
            yield Assertion((name,), value)


def contradictions(
    expect: Expectation, said: Assertion, log: tuple[str, ...] = ()
) -> Iterator[Contradiction]:
    """Give expectations that contradict one assertion and keep the others; ``log`` is what the server did log."""
    if isinstance(expect, ExpectAction) and said.path[0] in ERROR_KEYS:
        yield from _other_result(expect, said)
    elif isinstance(expect, ExpectStart) and said.path == ("server",):
        other = {"starts": "does-not-start", "does-not-start": "starts"}[said.value]
        yield Contradiction(
            other, ExpectStart.model_construct({"server"}, server=other), frozenset({"server"})
        )
    elif isinstance(expect, ExpectAssociation) and said.path[0] in FINDINGS:
        yield from _other_findings(expect, said.path[0], said.value)
    elif isinstance(expect, ExpectFleet) and said.path == ("cause_of_loss",):
        for causes in _other_causes(said.value):
            changed = expect.model_copy(update={"cause_of_loss": causes})
            yield Contradiction(_words(causes), changed, frozenset({said.field}))
    else:
        fields = frozenset({said.field, "result"} if said.path == (ENDS,) else {said.field})
        for other in _others(expect, said, log):
            yield Contradiction(_words(other), _put(expect, said.path, other), fields)


def implied(expect: Expectation | None, verb: str) -> Contradiction | None:
    """Contradict what nobody wrote: a step succeeds, and a server that is started starts."""
    if expect is None and verb == "server":
        start = ExpectStart.model_construct({"server"}, server="does-not-start", says=None)
        return Contradiction("does-not-start", start, frozenset({"server"}))
    if expect is None or (isinstance(expect, ExpectAction) and not expect.fails):
        wrong = ExpectAction(result="error")
        return Contradiction("error", wrong, frozenset({"result"}))
    return None


def alone(expect: Expectation, said: Assertion) -> Iterator[tuple[Any, Expectation]]:
    """Give expectations that say nothing but this assertion: one, or one for each word of a set; and their values."""
    kind = type(expect)
    if said.path[0] in FINDINGS or said.path == ("server", "log"):
        for word in said.value:
            yield (word,), _only(kind, said.path, (word,))
    else:
        yield said.value, _only(kind, said.path, said.value)


def _only(kind: type[Expectation], path: tuple[str, ...], value: Any) -> Expectation:
    name, *inner = path
    if inner:
        model = _part_of(kind, name)
        value = {inner[0]: value} if model is None else model.model_construct({inner[0]}, **{inner[0]: value})
    fields = dict.fromkeys(kind.model_fields) | {name: value}
    if issubclass(kind, ExpectAction) and name != "result":
        fields["result"] = "ok"
    if issubclass(kind, ExpectStart) and name == "says":
        fields["server"] = "does-not-start"
    if issubclass(kind, ExpectFleet) and name != "connected":
        fields["connected"] = Shares(Share(0.0), Share(100.0))
    return kind.model_construct({name}, **fields)


def _part_of(kind: type[Part], name: str) -> type[Part] | None:
    inside = get_args(kind.model_fields[name].annotation)
    return next((one for one in inside if isinstance(one, type) and issubclass(one, Part)), None)


def _put(expect: Expectation, path: tuple[str, ...], value: Any) -> Expectation:
    name, *inner = path
    if inner:
        held = getattr(expect, name)
        change = {inner[0]: value}
        value = {**held, **change} if isinstance(held, Mapping) else held.model_copy(update=change)
    return expect.model_copy(update={name: value})


def _other_result(expect: ExpectAction, said: Assertion) -> Iterator[Contradiction]:
    kind = type(expect)
    result = frozenset({"result"})
    if not expect.fails:
        yield Contradiction("error", ExpectAction(result="error"), result)
        return
    yield Contradiction("ok", kind(), result)
    if said.path != ("result",):
        for other in _others(expect, said, ()):
            yield Contradiction(_words(other), _put(expect, said.path, other), frozenset({said.field}))


def _other_findings(expect: ExpectAssociation, name: str, value: tuple[str, ...]) -> Iterator[Contradiction]:
    opposite = FINDINGS[name]
    for word in value:
        words = (_OTHER,) if word == "any" else (word,)
        changed = expect.model_copy(update={name: None, opposite: words})
        yield Contradiction(f"{key_of(opposite)} {words[0]}", changed, frozenset({key_of(opposite)}))
    if name == "findings":
        more = expect.model_copy(update={name: (*value, _OTHER)})
        yield Contradiction(f"also {_OTHER}", more, frozenset({name}))


def _others(expect: Expectation, said: Assertion, log: tuple[str, ...]) -> Iterator[Any]:
    """Give values that the assertion's key cannot have where it has this one."""
    value = said.value
    if said.path == ("server", "log"):
        yield from ((*value, word) for word in get_args(LogWord) if word not in log)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, timedelta):
        yield timedelta()
    elif isinstance(value, Shares):
        yield from (Shares(end, end) for end in (Share(0.0), Share(100.0)) if not _within(end, value))
    elif isinstance(value, Times):
        yield Times(value.high + timedelta(seconds=1), timedelta.max)
    elif isinstance(value, Count):
        yield from _other_counts(value)
    elif isinstance(value, tuple):
        yield from _other_lists(value)
    elif isinstance(value, int):
        yield value + 1
        if _has_none(expect, said):
            yield _NONE
    else:
        words = _vocabulary(expect, said)
        yield from (word for word in words or _other_texts(value) if word != value)


def _within(share: Share, shares: Shares) -> bool:
    return shares.low.percent <= share.percent <= shares.high.percent


def _other_causes(causes: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Give other sets of causes: one more, one less, none at all."""
    unlikely = Cause.NETWORK_DISABLED
    if causes == (_NONE,):
        yield (unlikely,)
        return
    yield (_NONE,)
    yield (*causes, unlikely)
    if len(causes) > 1:
        yield causes[1:]


def _other_counts(value: Count) -> Iterator[Count]:
    if value.comparison:
        yield Count(_OPPOSITE[value.comparison], value.number)
    else:
        yield Count("<", value.number)
        yield Count(">", value.number)


def _other_lists(value: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield (*value, value[-1] if value else _OTHER)
    if value:
        yield value[:-1]
        yield value[1:]
    if value != value[::-1]:
        yield value[::-1]


def _other_texts(value: object) -> Iterator[str]:
    yield f"{value}-{_OTHER}"
    if value != _NONE:
        yield _NONE


def _annotation(expect: Expectation, said: Assertion) -> Any:
    kind: type[Part] = type(expect)
    inside = _part_of(kind, said.path[0]) if len(said.path) > 1 else kind
    name = said.path[-1]
    return inside.model_fields[name].annotation if inside is not None else None


def _members(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) in {Union, UnionType}:
        for inner in get_args(annotation):
            yield from _members(inner)
    elif get_origin(annotation) is typing.Annotated:
        yield from _members(get_args(annotation)[0])
    else:
        yield annotation


def _vocabulary(expect: Expectation, said: Assertion) -> tuple[Any, ...]:
    """Return the words that a key may have; none where it takes any text."""
    for member in _members(_annotation(expect, said)):
        if get_origin(member) is Literal:
            return get_args(member)
        if isinstance(member, type) and issubclass(member, Enum):
            return tuple(member)
    return ()


def _has_none(expect: Expectation, said: Assertion) -> bool:
    members = list(_members(_annotation(expect, said)))
    return int in members and str in members


def _words(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)
