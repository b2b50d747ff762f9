"""The published schema against the language itself: what is right is right in an editor, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.scenario.document import parse_document, read_document
from harness.scenario.reader import from_document
from harness.scenario.schema import json_schema
from harness.scenario.template import template
from tests.docs.test_examples import Example, examples

SCENARIOS = Path(__file__).parents[2] / "scenarios"
VALIDATOR = jsonschema.Draft202012Validator(json_schema())
HEAD = "scenario: x\n"
STEPS = "steps: [reload]\n"


def complaints(value: Any) -> list[str]:
    return [jsonschema.exceptions.best_match([error]).message for error in VALIDATOR.iter_errors(value)]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("file", sorted(SCENARIOS.rglob("*.yaml")), ids=lambda file: file.stem)
def test_a_built_in_scenario_is_accepted(file: Path) -> None:
    assert complaints(read_document(file).value) == []


@pytest.mark.parametrize("example", list(examples()), ids=str)
def test_a_documented_scenario_is_accepted(example: Example) -> None:
    assert complaints(parse_document(example.text, Path("page.md")).value) == []


@pytest.mark.parametrize("title", ["A title", "5", "${x}", 'odd: "title" #'])
def test_a_new_scenario_is_accepted(title: str) -> None:
    assert complaints(parse_document(template(title), Path("new.yaml")).value) == []


@pytest.mark.parametrize(
    "text",
    [
        "matrix: {certs: {a: {}}}\ncertificates: ${certs}\n" + STEPS,
        "matrix: {cert: {a: {defect: expired}}}\ncertificates: {thermostat: '${cert}'}\n" + STEPS,
        "matrix: {server: {a: {}}}\nservers: {radius: '${server}'}\n" + STEPS,
        "matrix: {list: {a: [reload]}}\nsteps: ${list}\n",
        "matrix: {step: [reload]}\nsteps: ['${step}']\n",
        "matrix: {size: [64]}\nserver: {fragment-size: '${size}', tls: {min: 1.2}}\n" + STEPS,
        "matrix: {value: [a]}\nserver: {reply: {Filter-Id: '${value}', Class: 5}}\n" + STEPS,
        "matrix: {has: {a: [CertStore]}}\ndevice: {applications: {app: '${has}'}}\n" + STEPS,
        "matrix: {n: [1, 2]}\nsteps: [{associate: corp, expect: {verdict: connected, requests: '>=${n}'}}]\n",
        "certificates: {thermostat-next: {profile: client}}\nsteps: [{client-renewal: A1, expect: {error: ENOENT}}, {client-renewal: [A1], expect: error}]\n",
        "server: {crl: null, tls: 1.3, vlan: 7}\n" + STEPS,
        "device: empty\naccess-point: CORP\n" + STEPS,
    ],
)
def test_what_the_language_takes_the_schema_takes(text: str) -> None:
    document = parse_document(HEAD + text, Path("case.yaml"))
    from_document(document, "case")
    assert complaints(document.value) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "steps: []\n",
        "steps: reload\n",
        "steps: [relod]\n",
        "steps: [5]\n",
        "steps: [{associate: corp}]\n",
        "steps: [{associate: corp, expect: conected}]\n",
        "steps: [{associate: corp, expect: {verdict: connected, colour: red}}]\n",
        "steps: [{wait: 5}]\n",
        "server: {fragment-size: 5}\n" + STEPS,
        "server: {fragment-size: '500'}\n" + STEPS,
        "server: {vlan: true}\n" + STEPS,
        "server: {tls: '1.4'}\n" + STEPS,
        "certificates: {thermostat: {defect: expird}}\n" + STEPS,
        "certificates: [thermostat]\n" + STEPS,
        "device: full\n" + STEPS,
        "colour: red\n" + STEPS,
    ],
)
def test_a_mistake_is_one_in_an_editor_too(text: str) -> None:
    document = parse_document(HEAD + text, Path("case.yaml"))
    assert complaints(document.value)
