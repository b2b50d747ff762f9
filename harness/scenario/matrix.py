"""The matrix: which combinations of values a scenario is run over.

The rows of ``cases`` and the values of each variable are combined with one another, then ``exclude`` takes
some away and ``include`` adds some.
"""

from __future__ import annotations

import itertools
import math
import os
import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from harness.errors import ScenarioError, ScenarioErrors, UsageError
from harness.scenario.document import Document, Plain
from harness.scenario.mistakes import mistakes
from harness.scenario.models import Matrix
from harness.scenario.part import Part
from harness.scenario.values import shown
from harness.scenario.variables import Values, check_references, plain_word, secret_names
from harness.scenario.wording import listed, suggestion

MOST_CASES = 100_000
"""Cases of one file, and of all files of a call, unless :data:`LIMIT` says otherwise."""
LIMIT = "EAPTLS_MAX_CASES"
"""Environment variable that raises the limit."""
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Combination:
    """One value for each variable; ``label`` is what it adds to the case's id, ``""`` without a matrix."""

    values: Values
    label: str


@dataclass(frozen=True, slots=True)
class _Choice:
    """One way to set some of the variables, and how it is called."""

    values: dict[str, Plain]
    names: tuple[tuple[str, str], ...]


class _Holder(Part):
    """What the matrix is validated in, so that its errors have the path it has in the file."""

    matrix: Matrix


def most_cases() -> int:
    """Return how many cases are planned at most; raises :class:`UsageError` for a limit that is no number."""
    written = os.environ.get(LIMIT, "")
    if not written:
        return MOST_CASES
    if not re.fullmatch("[1-9][0-9]{0,9}", written):
        raise UsageError(f"{LIMIT} is {written!r}; write a number of cases, as in {LIMIT}={MOST_CASES}")
    return int(written)


def too_many_cases(count: int, most: int) -> tuple[str, str]:
    """Return that so many cases are too many, and what to do."""
    return f"{count:,} cases are more than the limit of {most:,}", f"set {LIMIT}={count} to have them"


def combinations(document: Document) -> list[Combination]:
    """Return the combinations a document asks for; one, without values, where it has no matrix.

    Raises :class:`ScenarioErrors` with all that is wrong in the matrix or in the use of it.
    """
    raw = document.value.get("matrix") if isinstance(document.value, dict) else None
    if not isinstance(document.value, dict) or "matrix" not in document.value:
        check_references(document, ())
        return [Combination({}, "")]
    try:
        matrix = _Holder.model_validate({"matrix": raw}).matrix
    except ValidationError as error:
        raise ScenarioErrors(mistakes(error, document, _Holder)) from None
    found = _MatrixReader(document, matrix).combinations()
    check_references(document, tuple(found[0].values))
    return found


class _MatrixReader:
    """Multiplies out a matrix; every mistake is raised with the place of the row it is in."""

    def __init__(self, document: Document, matrix: Matrix) -> None:
        self._document = document
        self._matrix = matrix
        self._secret = secret_names(document)
        self._lists: dict[str, Plain] = dict(matrix.model_extra or {})

    def combinations(self) -> list[Combination]:
        factors = [self._rows()] if self._matrix.cases else []
        factors += [self._values(name, written) for name, written in self._lists.items()]
        if not factors:
            raise self._error("the matrix has no variables", 'name one, as in tls: ["1.2", "1.3"]')
        count = math.prod(map(len, factors))
        if count > most_cases():  # before they take memory
            raise self._error(*too_many_cases(count, most_cases()))
        chosen = [_joined(choices) for choices in itertools.product(*factors)]
        kept = self._without_excluded(chosen)
        kept += self._included(tuple(chosen[0].values))
        if not kept:
            raise self._error("exclude leaves no combination", "exclude less", "exclude")
        found = [Combination(choice.values, _label(choice.names)) for choice in kept]
        self._check_labels(found)
        return found

    def _values(self, name: str, written: Plain) -> list[_Choice]:
        if not _VARIABLE.fullmatch(name):
            raise self._error(f"{name!r} is no name for a variable", "use letters, digits and -", name)
        if isinstance(written, dict) and written:
            return [_Choice({name: value}, ((name, label),)) for label, value in written.items()]
        if not isinstance(written, list) or not written:
            raise self._error(
                f"the variable {name!r} must be a list of values, got {_what(written)}",
                f"write {name}: [...], or a mapping that gives each value a name",
                name,
            )
        if name in self._secret:
            raise self._error(
                f"the variable {name!r} holds secrets, which would stand in the ids of cases",
                f"write {name} as a mapping that gives each value a name",
                name,
            )
        for index, value in enumerate(written):
            if isinstance(value, list | dict):
                raise self._error(
                    f"a value of {name!r} is {shown(value)} and cannot name a case",
                    f"write {name} as a mapping that gives each value a name",
                    name,
                    index,
                )
        return [_Choice({name: value}, ((name, _word(value)),)) for value in written]

    def _rows(self) -> list[_Choice]:
        rows: Sequence[dict[str, Plain]] = self._matrix.cases
        for index, row in enumerate(rows):
            self._check_row(index, row, tuple(rows[0]))
        named = _telling_columns(rows, self._secret)
        return [_Choice(row, tuple((name, _word(row[name])) for name in named)) for row in rows]

    def _check_row(self, index: int, row: Mapping[str, Plain], names: Sequence[str]) -> None:
        if not row:
            raise self._error(f"row {index + 1} of 'cases' is empty", "remove it", "cases", index)
        for name in row:
            if name not in names:
                raise self._error(
                    f"row {index + 1} of 'cases' sets {name!r}, row 1 does not",
                    suggestion(name, names),
                    "cases",
                    index,
                    name,
                )
            if name in self._lists:
                raise self._error(f"{name!r} is set by 'cases' and by a list", "remove one", name)
        lacking = [name for name in names if name not in row]
        if lacking:
            raise self._error(
                f"row {index + 1} of 'cases' lacks {listed(map(repr, lacking))}", "add it", "cases", index
            )

    def _without_excluded(self, chosen: list[_Choice]) -> list[_Choice]:
        kept = chosen
        if not self._matrix.exclude:
            return kept
        groups = _Groups(chosen)
        gone: set[int] = set()
        for index, row in enumerate(self._matrix.exclude):
            for name in row:
                if name not in chosen[0].values:
                    raise self._unknown("exclude", index, name, chosen[0].values)
            matching = groups.matching(row) - gone
            if not matching:
                raise self._error(
                    f"row {index + 1} of 'exclude' excludes nothing",
                    "write a value the variable has, or remove the row",
                    "exclude",
                    index,
                )
            gone |= matching
        return [choice for index, choice in enumerate(chosen) if index not in gone]

    def _included(self, names: Sequence[str]) -> list[_Choice]:
        found = []
        for index, row in enumerate(self._matrix.include):
            for name in row:
                if name not in names:
                    raise self._unknown("include", index, name, names)
            lacking = [name for name in names if name not in row]
            if lacking:
                raise self._error(
                    f"row {index + 1} of 'include' lacks {listed(map(repr, lacking))}",
                    "add it",
                    "include",
                    index,
                )
            plain = [name for name in names if self._may_be_shown(row, name)]
            found.append(_Choice(dict(row), tuple((name, _word(row[name])) for name in plain)))
        return found

    def _may_be_shown(self, row: Mapping[str, Plain], name: str) -> bool:
        return name not in self._secret and not isinstance(row[name], list | dict)

    def _check_labels(self, found: Sequence[Combination]) -> None:
        labels = [combination.label for combination in found]
        twice = next((label for label, count in Counter(labels).items() if count > 1), None)
        if twice is not None:
            raise self._error(f"two combinations are called {twice}", "remove one, or make them differ")

    def _unknown(self, section: str, index: int, name: str, names: Iterable[str]) -> ScenarioErrors:
        return self._error(
            f"{name!r} in '{section}' is no variable of the matrix",
            suggestion(name, names),
            section,
            index,
            name,
        )

    def _error(self, message: str, fix: str, *path: str | int) -> ScenarioErrors:
        place = self._document.place(("matrix", *path), key=bool(path) and isinstance(path[-1], str))
        return ScenarioErrors([ScenarioError(message, place=place, fix=fix)])


class _Groups:
    """Finds the choices that have certain values, without a look at all the others for each question."""

    def __init__(self, choices: Sequence[_Choice]) -> None:
        self._choices = choices
        self._indices: dict[tuple[str, ...], dict[tuple[str, ...], set[int]]] = {}

    def matching(self, row: Mapping[str, Plain]) -> set[int]:
        """Return which choices have the values of the row."""
        names = tuple(sorted(row))
        if names not in self._indices:
            index: dict[tuple[str, ...], set[int]] = {}
            for number, choice in enumerate(self._choices):
                index.setdefault(tuple(_word(choice.values[name]) for name in names), set()).add(number)
            self._indices[names] = index
        return self._indices[names].get(tuple(_word(row[name]) for name in names), set())


def _telling_columns(rows: Sequence[Mapping[str, Plain]], secret: Container[str]) -> tuple[str, ...]:
    """Return as many leading variables as tell the rows apart; others need not stand in an id, secrets never do."""
    names = [
        name
        for name in rows[0]
        if name not in secret and not any(isinstance(row[name], list | dict) for row in rows)
    ]
    for count in range(1, len(names) + 1):
        seen = {tuple(_word(row[name]) for name in names[:count]) for row in rows}
        if len(seen) == len(rows):
            return tuple(names[:count])
    return tuple(names)


def _joined(choices: Iterable[_Choice]) -> _Choice:
    values: dict[str, Plain] = {}
    names: list[tuple[str, str]] = []
    for choice in choices:
        values |= choice.values
        names += choice.names
    return _Choice(values, tuple(names))


def _label(names: Iterable[tuple[str, str]]) -> str:
    return "[" + ",".join(f"{name}={value}" for name, value in names) + "]"


def _word(value: Plain) -> str:
    """Return a value as one word of a case's id."""
    return re.sub(r"[\s,\[\]]+", "_", plain_word(value))


def _what(value: Plain) -> str:
    return "an empty list" if value == [] else shown(value)
