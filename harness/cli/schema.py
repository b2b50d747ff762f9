"""``eaptls schema``: the JSON Schema of scenario files, for editors."""

from __future__ import annotations

import typer


def schema() -> None:
    """Print the JSON Schema of scenario files.

    Editors that know it complete and check scenario files while they are written.
    """
    import json

    from harness.scenario.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
