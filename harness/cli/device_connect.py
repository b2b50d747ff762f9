"""``eaptls device connect``: one association of a device to a server that somebody runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.device_common import HERE, Directory, opened, show_json
from harness.cli.device_link import (
    RequireMessageAuthenticator,
    SecretFile,
    ServerAddress,
    associate_once,
    far_server,
)
from harness.cli.exits import ExitCode
from harness.scenario.spellings import which

if TYPE_CHECKING:
    from harness.outcome import Outcome


def connect(
    *,
    network: Annotated[
        str, typer.Option("--network", "-n", metavar="ID", help="Network ID, or its configuration name.")
    ],
    server: ServerAddress,
    secret_file: SecretFile = None,
    ssid: Annotated[
        str, typer.Option("--ssid", help="SSID of the access point; the network's own if left out.")
    ] = "",
    require_message_authenticator: RequireMessageAuthenticator = True,
    device: Directory = HERE,
    as_json: Annotated[bool, typer.Option("--json", help="Write the outcome as JSON.")] = False,
) -> None:
    """Join a network once, and say why that worked or did not.

    The server's log is not read: what is said is proven by what the device and its access point saw.
    Exit code 0: connected.
    """
    from harness.outcome import Verdict

    far = far_server(server, secret_file, require_message_authenticator=require_message_authenticator)
    with opened(device) as held:
        ready = held.prepare(which(network))
    # The device is let go meanwhile: a server that does not answer takes half a minute.
    outcome = associate_once(ready, far, ssid, lambda: False)
    with opened(device) as held:
        held.record_outcome(which(network), outcome)
    _show(outcome, as_json=as_json)
    raise typer.Exit(ExitCode.PASSED if outcome.verdict is Verdict.CONNECTED else ExitCode.FAILED)


def _show(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        from harness.report.values import record

        show_json(record(outcome) | {"mutual_authentication": outcome.mutual_authentication})
        return
    for line in lines(outcome):
        typer.echo(line)


def lines(outcome: Outcome) -> list[str]:
    """Return verdict and cause, explanation and remedy, what proves them, and what else was found."""
    from harness.report.words import judgement, printable

    told = [judgement(outcome), f"  {outcome.explanation}"]
    if outcome.remedy:
        told.append(f"  remedy: {outcome.remedy}")
    told += [f"  proof, {proof.side}: {proof.text}" for proof in outcome.proof]
    told += [f"  {finding.severity}: {finding.text}" for finding in outcome.findings]
    return [printable(line) for line in told]
