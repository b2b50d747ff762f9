"""``eaptls server``: a ready EAP-TLS server to point other clients at."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from harness.cli import options
from harness.cli.exits import ExitCode, guarded
from harness.errors import EnvironmentUnavailable, UsageError

if TYPE_CHECKING:
    from harness.server.settings import TlsVersion


class TlsVersions(StrEnum):
    """Which TLS versions a server speaks."""

    BOTH = "both"
    ONLY_1_2 = "1.2"
    ONLY_1_3 = "1.3"


_RANGE: dict[TlsVersions, tuple[TlsVersion, TlsVersion]] = {
    TlsVersions.BOTH: ("1.2", "1.3"),
    TlsVersions.ONLY_1_2: ("1.2", "1.2"),
    TlsVersions.ONLY_1_3: ("1.3", "1.3"),
}


_LOOK = 0.2
"""Seconds between two looks at whether the server still runs."""
_LAST_LINES = 10


def build() -> typer.Typer:
    """Return the group of commands about a server that outlives one command."""
    app = typer.Typer(help="A ready EAP-TLS server to point other clients at.", no_args_is_help=True)
    app.callback()(_group)
    app.command("up")(guarded(up))
    return app


def _group() -> None:
    """A ready EAP-TLS server to point other clients at."""  # noqa: D401 - shown as the group's help


def up(
    *,
    server: options.Server = options.ServerKind.AUTO,
    freeradius_version: options.FreeradiusVersion = None,
    tls: Annotated[TlsVersions, typer.Option("--tls", help="TLS versions it speaks.")] = TlsVersions.BOTH,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write", metavar="DIR", help="Where its files go and stay; without it they go when it ends."
        ),
    ] = None,
    raddb: Annotated[
        Path | None,
        typer.Option(
            "--raddb", metavar="DIR", help="Run a private copy of this configuration, as a process."
        ),
    ] = None,
    virtual_server: Annotated[
        str,
        typer.Option(
            "--virtual-server",
            metavar="NAME",
            help="The one in --raddb that access points ask; default if left out.",
        ),
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Replace files of the same names that are in that folder.")
    ] = False,
) -> None:
    """Start a server, print how to reach it, stop it on Ctrl-C."""
    from harness.cli.interrupt import stop_on_signals
    from harness.cli.outfit import Outfit
    from harness.server.choose import choose_backend

    if raddb is not None:
        _up_raddb(raddb, virtual_server, write, force=force)
    if virtual_server:
        raise UsageError("--virtual-server is about a --raddb; name that, too")
    outfit = Outfit.make()
    with (
        stop_on_signals() as stop,
        _folder(write, force=force) as folder,
        closing(choose_backend(server.value, freeradius_version)) as backend,
    ):
        running = backend.launch(outfit.settings(*_RANGE[tls]))
        if stop.is_set():
            raise KeyboardInterrupt
        typer.echo(f"{backend.describe()}\n{outfit.write(folder, running)}\nCtrl-C stops it.")
        sys.stdout.flush()
        while not stop.wait(_LOOK):
            if not running.alive:
                raise EnvironmentUnavailable(
                    f"the server on {running.endpoint} has ended by itself, or somebody has ended it",
                    hint="start it again",
                    last_lines=running.tail(_LAST_LINES),
                )
    raise typer.Exit(ExitCode.PASSED)


def _up_raddb(raddb: Path, virtual_server: str, write: Path | None, *, force: bool) -> NoReturn:
    """Run a copy of a configuration until Ctrl-C; what had to change is told first."""
    from harness.cli.interrupt import stop_on_signals
    from harness.report import files
    from harness.report.words import printable
    from harness.run.shell import command_line
    from harness.server.copied import SOURCE, CopiedRaddb

    with (
        stop_on_signals() as stop,
        _folder(write, force=force) as folder,
        closing(CopiedRaddb(raddb, virtual_server)) as copy,
    ):
        lines = [f"reaches outside: {module}" for module in copy.outside]
        lines += [f"changed in the copy: {change}" for change in copy.changes]
        for line in lines:
            typer.echo(printable(line))
        copy.start()
        files.create(folder / "secret", f"{copy.secret}\n".encode(), mode=files.PRIVATE)
        words = ["eaptls", "device", "connect", "--server", str(copy.endpoint), "--source", SOURCE]
        words += ["--secret-file", str(folder / "secret"), "--server-log", str(copy.log), "--network", "ID"]
        rows = {"address": copy.endpoint.host, "port": str(copy.endpoint.port), "source": SOURCE}
        rows |= {"secret": str(folder / "secret"), "log": str(copy.log), "try it": command_line(words)}
        typer.echo(
            "\n".join(f"{name:<9} {printable(text)}" for name, text in rows.items()) + "\nCtrl-C stops it."
        )
        sys.stdout.flush()
        while not stop.wait(_LOOK):
            if not copy.alive:
                raise EnvironmentUnavailable(
                    f"the copy of {raddb} has ended by itself, or somebody has ended it",
                    hint="start it again",
                    last_lines=copy.tail(),
                )
    raise typer.Exit(ExitCode.PASSED)


@contextmanager
def _folder(wanted: Path | None, *, force: bool) -> Iterator[Path]:
    """Give a private folder: the one wanted, which stays, or one that goes away.

    Raises :class:`UsageError` when files would be replaced that nobody said could go.
    """
    if wanted is not None:
        _require_free(wanted, force=force)
        yield wanted.absolute()
        return
    from harness.server.folders import PrivateFolder

    # Should this process be killed, 'eaptls clean' knows whose folder it was.
    made = PrivateFolder()
    try:
        yield made.path
    finally:
        made.remove()


def _require_free(folder: Path, *, force: bool) -> None:
    from harness.cli.outfit import FILES
    from harness.report.destination import require_folder

    require_folder(folder, mode=0o700)
    there = [name for name in FILES if os.path.lexists(folder / name)]
    if there and not force:
        raise UsageError(
            f"{folder} holds {', '.join(there)}; name another folder, or --force to replace what is there"
        )
    for name in there:
        path = folder / name
        if not path.is_symlink() and not path.is_file():
            raise UsageError(f"cannot replace {path}: it is no file; name another folder")
