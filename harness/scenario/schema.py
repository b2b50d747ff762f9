"""The JSON Schema of scenario files, for editors: completion, descriptions, mistakes while typing.

It is made from the models and knows what they cannot say by themselves: short forms, verbs that stand
alone, and variables of the matrix in the place of any value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from harness.scenario.meanings import meanings
from harness.scenario.models import STEP_MODELS, Scenario
from harness.scenario.part import Part, key_of
from harness.scenario.steps import VERBS
from harness.scenario.values import TlsVersion

Schema = dict[str, Any]

_VARIABLE = "Variable"


def json_schema() -> Schema:
    """Return the schema, ready for :func:`json.dumps`."""
    schema = Scenario.model_json_schema()
    definitions: dict[str, Schema] = schema["$defs"]
    _describe(Scenario, schema)
    for model in dict.fromkeys(_parts(Part)):  # a part with two bases is found twice
        if model.__name__ in definitions:
            _describe(model, definitions[model.__name__])
            definitions[model.__name__] = _with_short_form(model, definitions[model.__name__])
    definitions[_VARIABLE] = {
        "type": "string",
        "pattern": r"\$\{[^}]+\}",
        "description": "A variable of the matrix stands for the value.",
    }
    versions = definitions[TlsVersion.__name__]
    versions["enum"] += [float(version) for version in TlsVersion]  # 1.2 without quotes is a number
    del versions["type"]
    schema["properties"]["steps"]["items"] = _steps()
    _tidy(schema)
    _allow_variables(schema)
    head: Schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Scenario"}
    return head | schema


def schema_text() -> str:
    """Return the schema as it stands in the file ``scenario.schema.json``."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def stands_alone(verb: str) -> bool:
    """Whether a verb needs nothing more."""
    return VERBS[verb].stands_alone()


def _steps() -> Schema:
    alone = [verb for verb in VERBS if stands_alone(verb)]
    models = [{"$ref": f"#/$defs/{model.__name__}"} for model in STEP_MODELS.values()]
    return {"anyOf": [{"enum": alone}, *models]}


def _parts(model: type[Part]) -> Iterator[type[Part]]:
    for part in model.__subclasses__():
        yield part
        yield from _parts(part)


def _describe(model: type[Part], schema: Schema) -> None:
    for name, meaning in meanings(model).items():
        schema["properties"][key_of(name)]["description"] = meaning


def _with_short_form(model: type[Part], schema: Schema) -> Schema:
    if model.stands_alone():
        schema = _with_shorthand(model, schema)
        return {"anyOf": [{"type": "null"}, schema], "description": schema.get("description", "")}
    return _with_shorthand(model, schema)


def _with_shorthand(model: type[Part], schema: Schema) -> Schema:
    if not model.shorthand:
        return schema
    short = dict(schema["properties"][key_of(model.shorthand)])
    return {"anyOf": [short, schema], "description": schema.get("description", "")}


def _tidy(schema: Schema) -> None:
    """Drop titles, which repeat the keys, and write descriptions as Markdown."""
    for node in _nodes(schema):
        if isinstance(node.get("title"), str):
            del node["title"]
        if isinstance(node.get("description"), str):
            node["description"] = " ".join(node["description"].replace("``", "`").split())


def _allow_variables(schema: Schema) -> None:
    for node in _nodes(schema):
        for key, value in node.get("properties", {}).items():
            if key != "matrix":
                node["properties"][key] = _or_variable(value)
        # Values of lists, and of mappings whose keys are names that a scenario chooses.
        for of_each in ("items", "additionalProperties"):
            if isinstance(node.get(of_each), dict):
                node[of_each] = _or_variable(node[of_each])


def _or_variable(schema: Schema) -> Schema:
    variable = {"$ref": f"#/$defs/{_VARIABLE}"}
    if schema.get("type") == "string" and "pattern" not in schema and "enum" not in schema:
        return schema
    kept = {key: schema[key] for key in ("description", "default") if key in schema}
    inner = {key: value for key, value in schema.items() if key not in kept}
    choices = inner["anyOf"] if set(inner) == {"anyOf"} else [inner]
    merged: Schema = {"anyOf": [*choices, variable]}
    return merged | kept


def _nodes(schema: Any) -> Iterator[Schema]:
    """Return every schema inside a schema, innermost last."""
    if isinstance(schema, dict):
        yield schema
        for key, value in list(schema.items()):
            children = value.values() if key in {"properties", "$defs"} else [value]
            for child in list(children):
                yield from _nodes(child)
    elif isinstance(schema, list):
        for child in schema:
            yield from _nodes(child)
