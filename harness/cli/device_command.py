"""How a command of the device reads its words, and in which format it answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from harness.cli.device_common import DiscreetCommand, show_json, word
from harness.scenario.spellings import OUTPUT, OUTPUT_FORMATS, WIFI_ADD
from harness.scenario.words import Given, Kind, WordProblem, sort_words

_JSON = "--json"

Format = StrEnum("Format", {name.upper(): name for name in OUTPUT_FORMATS})  # type: ignore[misc]
"""What ``--output`` can be; ``table`` is the text for people."""
Output = Annotated[
    Format,
    typer.Option(
        *OUTPUT.all,
        metavar=f"[{'|'.join(OUTPUT_FORMATS)}]",
        help=f"How the answer is written; {_JSON} is short for {OUTPUT.all[0]} json.",
    ),
]
TABLE = Format("table")


class DeviceCommand(DiscreetCommand):
    """A command that takes its words as the step ``command`` of a scenario does.

    typer brings its own click or takes another, whose context it does not name.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Write every flag as ``--flag=value``, then let typer read them."""
        own, rest = _until_separator(args)
        longest = dict(self._kinds())
        try:
            given = sort_words(own, longest)
        except WordProblem as problem:
            ctx.fail(f"{problem.message}; {problem.fix}")
        return super().parse_args(ctx, [*map(_written, given), *rest])

    def _kinds(self) -> Iterator[tuple[str, Kind]]:
        for parameter in self.params:
            if parameter.param_type_name != "option":
                continue
            spellings = [*parameter.opts, *parameter.secondary_opts]
            bare, repeated = getattr(parameter, "is_flag", False), getattr(parameter, "multiple", False)
            switch = WIFI_ADD["scan"].all[0] in spellings
            kind = Kind(spellings[0], switch=switch, bare=bare, repeated=repeated or bare)
            yield from ((spelling, kind) for spelling in spellings)
            if OUTPUT.all[0] in spellings:
                yield _JSON, Kind(spellings[0], bare=True)


def _until_separator(args: Sequence[str]) -> tuple[list[str], list[str]]:
    end = args.index("--") if "--" in args else len(args)
    return list(args[:end]), list(args[end:])


def _written(given: Given) -> str:
    if given.kind is None:
        return given.spelling
    if given.spelling == _JSON and given.kind.name == OUTPUT.all[0]:
        return f"{OUTPUT.all[0]}=json"
    return given.spelling if given.value is None else f"{given.kind.name}={given.value}"


def answer(output: Format, document: Mapping[str, Any], for_people: Callable[[], None]) -> None:
    """Write what was answered: ``document`` as the device's REST interface has it, or the text for people."""
    match output:
        case "json" | "jsonc":
            show_json(document)
        case "yaml" | "yamlc":
            _show_yaml(document)
        case "tsv":
            for row in _rows(document):
                typer.echo("\t".join(map(_cell, row)))
        case "table":
            for_people()


def _show_yaml(document: Mapping[str, Any]) -> None:
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    # Through JSON, so that what the document is made of does not matter.
    yaml.dump(json.loads(json.dumps(document)), sys.stdout)


def _rows(document: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    """Yield a row for each thing listed; a document that lists nothing is one row."""
    values = list(document.values())
    if len(values) == 1 and isinstance(values[0], list | tuple):
        for one in values[0]:
            yield list(one.values()) if isinstance(one, Mapping) else [one]
    elif values:
        yield values


def _cell(value: object) -> str:
    return json.dumps(value) if isinstance(value, Mapping | list | tuple) else word(value)
