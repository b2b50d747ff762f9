"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class ServerKind(StrEnum):
    """Where the server under test runs."""

    AUTO = "auto"
    CONTAINER = "container"
    PROCESS = "process"


class EvidenceFor(StrEnum):
    """Which cases leave an evidence folder."""

    FAILURES = "failures"
    ALL = "all"
    NONE = "none"


Paths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATH", help="Scenario files or folders; the built-in suite without one."),
]
Tags = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="TAG",
        help="Only cases with this tag; repeat it for any of several; !TAG: without it.",
    ),
]
Keyword = Annotated[
    str,
    typer.Option(
        "-k",
        metavar="WORDS",
        help="Only cases whose id or title fits, e.g. 'expired and not tls=1.3'; a whole id selects that case.",
    ),
]
Server = Annotated[
    ServerKind, typer.Option("--server", help="Where the server runs; auto takes the first that works.")
]
FreeradiusVersion = Annotated[
    str | None,
    typer.Option(
        "--freeradius-version",
        metavar="X.Y.Z",
        help="Run on this version of FreeRADIUS, or a Debian release of the image; bookworm in containers without it.",
    ),
]
