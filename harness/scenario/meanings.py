"""What the docstrings below a part's fields say: the reference and the schema show it.

They are read from the source when somebody asks. Pydantic can do that while it makes the models, and then
every command takes half as long again to start.
"""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from textwrap import dedent

from harness.scenario.part import Part


def meanings(part: type[Part]) -> dict[str, str]:
    """Return what each field means, by its name; a field's ``description`` goes before its docstring."""
    found: dict[str, str] = {}
    for model in reversed(part.__mro__):
        if issubclass(model, Part):
            found |= _docstrings(model)
    fields = part.model_fields.items()
    told = {name: field.description or found.get(name, "") for name, field in fields}
    return {name: meaning for name, meaning in told.items() if meaning}


def _docstrings(model: type[Part]) -> dict[str, str]:
    try:
        source = inspect.getsource(model)
    except OSError:  # a model of a verb is made from its action and is written nowhere
        return {}
    [definition] = ast.parse(dedent(source)).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
