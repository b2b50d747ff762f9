"""The command ``eaptls``: one function per command, each in a module of its own.

Nothing heavy is imported here or at the top of a command's module, so that ``--help`` is quick.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from harness.cli import (
    check,
    check_ids,
    clean,
    coverage,
    device,
    doctor,
    exits,
    explain,
    new,
    run,
    schema,
    security,
    server,
    streams,
)
from harness.cli import list as list_
from harness.cli.exits import ExitCode, guarded

_EPILOG = (
    "Exit codes: 0 all passed, 1 some failed, 2 wrong usage or scenario, 3 environment unavailable, "
    "70 defect in eaptls, 130 interrupted."
)


def _front(
    *,
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Test RADIUS / EAP-TLS networks end to end: who gets in, who does not, and why."""
    if version:
        from harness.report.version import harness_version

        typer.echo(f"eaptls {harness_version()}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(ExitCode.USAGE)


def build() -> typer.Typer:
    """Return the application with all its commands."""
    app = typer.Typer(
        add_completion=False,
        # rich would double the time of --help.
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback(invoke_without_command=True, epilog=_EPILOG)(_front)
    app.command("run")(guarded(run.run))
    app.command("check")(guarded(check.check))
    app.command("check-ids")(guarded(check_ids.check_ids))
    app.command("list")(guarded(list_.list_cases))
    app.command("coverage")(guarded(coverage.coverage))
    app.command("explain")(guarded(explain.explain))
    app.command("schema")(guarded(schema.schema))
    app.command("new")(guarded(new.new))
    app.add_typer(server.build(), name="server")
    app.add_typer(device.build(), name="device")
    security.register(app)
    app.command("doctor")(guarded(doctor.doctor))
    app.command("clean")(guarded(clean.clean))
    return app


def main() -> None:
    """Run the command line; never returns."""
    streams.prepare()
    sys.exit(streams.finish(_run()))


def _run() -> int:
    try:
        build()(prog_name="eaptls")
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):
            # typer answers a closed pipe with 1, which means here that a case failed.
            return ExitCode.PIPE_CLOSED
        return leaving.code if isinstance(leaving.code, int) else ExitCode.PASSED
    except (OSError, MemoryError, ImportError) as error:
        # Help and complaints about options are written before any command is there to guard.
        return exits.explain(error)
    return ExitCode.PASSED
