from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.scenario.schema import json_schema, schema_text
from harness.scenario.steps import VERBS

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "scenario.schema.json"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json_schema()


def test_the_committed_schema_is_that_of_the_models() -> None:
    assert COMMITTED.read_text() == schema_text(), "write harness.scenario.schema.schema_text() to it"


def test_every_property_is_described(schema: dict[str, Any]) -> None:
    assert all(part.get("description") for part in schema["properties"].values())


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    text = json.dumps(schema)
    targets = {part.split('"')[0] for part in text.split('"$ref": "#/$defs/')[1:]}
    assert targets <= set(schema["$defs"])


def test_short_forms_and_bare_verbs_are_known(schema: dict[str, Any]) -> None:
    definitions = schema["$defs"]
    short, long = definitions["ExpectAssociation"]["anyOf"]
    assert short["$ref"].endswith("Verdict")
    assert long["required"] == ["verdict"]
    steps = schema["properties"]["steps"]["anyOf"][0]["items"]["anyOf"]
    alone = {
        "persist",
        "reload",
        "reboot",
        "repair",
        "store",
        "status",
        "forget-all",
        "ready",
        "power-cut",
        "bootstrap",
    }
    on_a_device = {
        "attest",
        "contact",
        "disconnect",
        "join",
        "join-all",
        "re-enroll",
        "reauthenticate",
        "watch",
    }
    assert set(steps[0]["enum"]) == alone | on_a_device
    assert len(steps) == 1 + len(VERBS) + 1


def test_a_variable_may_stand_for_any_word(schema: dict[str, Any]) -> None:
    certificate = schema["$defs"]["Certificate"]["properties"]["defect"]
    assert {"$ref": "#/$defs/Variable"} in certificate["anyOf"]


def test_a_version_may_be_written_without_quotes(schema: dict[str, Any]) -> None:
    assert {"1.2", 1.2} <= set(schema["$defs"]["TlsVersion"]["enum"])
