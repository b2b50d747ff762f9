"""``eaptls explain``: what a server's log proves, and what a cause means."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.exits import ExitCode
from harness.errors import UsageError


class Output(StrEnum):
    """The form of the answer."""

    TEXT = "text"
    JSON = "json"


_STDIN = "-"
_MOST_OCTETS = 512 * 2**20


def explain(
    *,
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="A FreeRADIUS log, whole or in parts, - for standard input; or a cause.",
        ),
    ],
    output: Annotated[Output, typer.Option("--output", help="Text for people, or JSON.")] = Output.TEXT,
    every: Annotated[
        bool,
        typer.Option("--all", help="Each attempt by itself, with the whole timeline; also those let in."),
    ] = False,
) -> None:
    """Say what a server's log proves about each attempt to join: who decided, why, what to do.

    Reads debug logs (-X, -Xx), radius.log with auth = yes, and both as syslog, journald or containers
    pass them on. Given a cause, it prints what is known of that.
    """
    from harness.cli import explained

    cause = None if what == _STDIN or Path(what).exists() else explained.cause_named(what)
    if cause is not None:
        told = explained.cause_json(cause) if output is Output.JSON else explained.cause_text(cause)
    else:
        log = explained.read(what, _text(what))
        told = explained.log_json(log) if output is Output.JSON else explained.log_text(log, every=every)
    typer.echo(told)
    raise typer.Exit(ExitCode.PASSED)


def _text(what: str) -> str:
    """Return the text of a log; raises :class:`UsageError` for what is none or cannot be read."""
    try:
        if what == _STDIN:
            data = sys.stdin.buffer.read(_MOST_OCTETS + 1)
        else:
            with Path(what).open("rb") as file:
                data = file.read(_MOST_OCTETS + 1)
    except OSError as error:
        raise UsageError(f"cannot read {what}: {(error.strerror or str(error)).lower()}") from None
    if len(data) > _MOST_OCTETS:
        raise UsageError(f"{what} has more than {_MOST_OCTETS >> 20} MB; cut out the time that matters")
    if b"\0" in data:
        raise UsageError(f"{what} is no text; unpack it first if it is compressed")
    return data.decode(errors="replace")
