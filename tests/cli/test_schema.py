from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def test_the_schema_is_json_and_knows_the_steps(eaptls: Callable[..., Any]) -> None:
    ended = eaptls("schema")
    assert (ended.code, ended.err) == (0, "")
    schema = json.loads(ended.out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"scenario", "why", "steps", "certificates"} <= set(schema["properties"])
