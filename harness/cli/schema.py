"""``eaptls schema``: the JSON Schema of scenario files, for editors."""

from __future__ import annotations

import typer


def schema() -> None:
    """Print the JSON Schema of scenario files.

    Editors that know it complete and check scenario files while they are written.
    """
    from harness.scenario.schema import schema_text

    typer.echo(schema_text(), nl=False)
