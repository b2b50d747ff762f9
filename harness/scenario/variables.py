"""Variables in a scenario: ``${name}`` stands for a value of the matrix.

Where a text is nothing but a variable, the value itself takes its place, so a number stays a number;
inside a longer text it is written out. ``$${`` is the text ``${``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from harness.errors import ScenarioError, ScenarioErrors
from harness.scenario.document import Document, Plain
from harness.scenario.secrets import is_secret, secret_variables
from harness.scenario.wording import suggestion

_REFERENCE = re.compile(r"\$(\$\{)|\$\{([^}]*)\}")

Values = Mapping[str, Plain]


def substitute(value: Plain, values: Values) -> Plain:
    """Return a value with every ``${name}`` in it replaced; unknown names are left as they are."""
    if isinstance(value, dict):
        return {key: substitute(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, values) for item in value]
    if not isinstance(value, str) or "$" not in value:
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole and whole[2] in values:
        return values[whole[2]]
    return _REFERENCE.sub(lambda match: _written_out(match, values), value)


def _written_out(match: re.Match[str], values: Values) -> str:
    if match[1]:
        return match[1]
    return plain_word(values[match[2]]) if match[2] in values else match[0]


def plain_word(value: Plain) -> str:
    """Return a value as it is written inside a longer text."""
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_references(document: Document, names: Sequence[str]) -> None:
    """Compare the variables that a document uses with those it has; every difference is an error.

    Raises :class:`ScenarioErrors`.
    """
    used: set[str] = set()
    errors = []
    for path, name in _references(document.value):
        used.add(name)
        if name not in names and is_secret(path):  # what looks like a name may be part of the secret
            message = "this holds ${...}, and that is no variable of the matrix"
            fix = "write $${ for the text itself"
            errors.append(ScenarioError(message, place=document.place(path), fix=fix))
        elif name not in names:
            fix = suggestion(name, names) if names else "write $${ for the text itself, or add a matrix"
            message = f"${{{name}}} is no variable of the matrix" if names else f"${{{name}}} has no matrix"
            errors.append(ScenarioError(message, place=document.place(path), fix=fix))
    errors += [_unused(document, name) for name in names if name not in used]
    if errors:
        raise ScenarioErrors(errors)


def secret_names(document: Document) -> frozenset[str]:
    """Return the variables that stand for secrets: their values must not be shown."""
    found: frozenset[str] = frozenset()
    for path, text in _texts(document.value):
        found |= secret_variables(text, path)
    return found


def _unused(document: Document, name: str) -> ScenarioError:
    listing = ("matrix", name)
    in_rows = ("matrix", "cases", 0, name)
    path = listing if document.known_part(listing) == listing else in_rows
    return ScenarioError(
        f"the variable {name!r} is never used",
        place=document.place(path, key=True),
        fix=f"write ${{{name}}} where its value belongs, or remove it",
    )


def _references(value: Plain) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for path, text in _texts(value):
        for match in _REFERENCE.finditer(text):
            if not match[1]:
                yield path, match[2]


def _texts(value: Plain, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Give the texts of a document outside its matrix that may hold a variable."""
    if isinstance(value, dict):
        for key, item in value.items():
            if path or key != "matrix":
                yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))
    elif isinstance(value, str) and "$" in value:
        yield path, value
