"""``eaptls device connect``: one association of a device to a server that somebody runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.device_common import HERE, Directory, opened, show_json
from harness.cli.device_link import (
    RequireMessageAuthenticator,
    SecretFile,
    ServerAddress,
    attempt_once,
    far_server,
)
from harness.cli.exits import ExitCode
from harness.scenario.spellings import which

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.observation import Observation
    from harness.outcome import Outcome
    from harness.protocol.radius_client import RetryPolicy
    from harness.trace import Recorder


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
    server_log: Annotated[
        Path | None,
        typer.Option(
            "--server-log", metavar="FILE", help="A file that the server logs to, read for the cause."
        ),
    ] = None,
    source: Annotated[
        str,
        typer.Option(
            "--source", metavar="IP", help="Local address to send from; the system's choice if left out."
        ),
    ] = "",
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout", metavar="SECONDS", min=0.1, max=600, help="How long a request waits for an answer."
        ),
    ] = 30.0,
    retries: Annotated[
        int,
        typer.Option(
            "--retries", metavar="N", min=0, max=20, help="How often a request is sent again in that time."
        ),
    ] = 4,
    capture: Annotated[
        Path | None,
        typer.Option("--capture", metavar="FILE", help="Write the packets as pcapng, without TLS secrets."),
    ] = None,
    device: Directory = HERE,
    as_json: Annotated[bool, typer.Option("--json", help="Write the outcome as JSON.")] = False,
) -> None:
    """Join a network once, and say why that worked or did not.

    Without the server's log, what is said is proven by what the device and its access point saw.
    Exit code 0: connected.
    """
    from harness.outcome import Verdict

    far = far_server(
        server,
        secret_file,
        require_message_authenticator=require_message_authenticator,
        retry=_retry(timeout, retries),
        log=server_log,
        source=source,
    )
    if server_log is not None:
        from harness.server.logs.follow import require_log

        require_log(server_log)
    with opened(device) as held:
        ready = held.prepare(which(network))
    # The device is let go meanwhile: a server that does not answer takes half a minute.
    attempt = attempt_once(ready, far, ssid, lambda: False, record=capture is not None)
    outcome = attempt.outcome
    with opened(device) as held:
        held.record_outcome(which(network), outcome)
    _show(outcome, as_json=as_json)
    if capture is not None:
        _write_capture(capture, attempt.recorder)
    raise typer.Exit(ExitCode.PASSED if outcome.verdict is Verdict.CONNECTED else ExitCode.FAILED)


def _retry(timeout: float, retries: int) -> RetryPolicy:
    from harness.protocol.radius_client import DEFAULT_RETRY, RetryPolicy

    first = min(DEFAULT_RETRY.initial, timeout / (retries + 1))
    return RetryPolicy(initial=first, count=retries + 1, duration=timeout)


def _write_capture(file: Path, recorder: Recorder | None) -> None:
    import time

    from harness.report import files, pcapng

    packets = [recorder] if recorder is not None else []
    # A recorder's times are those of the monotonic clock.
    offset = time.time() - time.monotonic()
    files.create(
        file, pcapng.encode(packets, offset=offset, comment="eaptls device connect"), mode=files.PRIVATE
    )


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
    told += [f"  {fact}" for fact in _facts(outcome.observation)]
    told += [f"  {finding.severity}: {finding.text}" for finding in outcome.findings]
    return [printable(line) for line in told]


def _facts(seen: Observation | None) -> Iterator[str]:
    """Give what was negotiated and granted."""
    from harness.diagnosis.chain import subject

    if seen is None:
        return
    if seen.tls is not None and seen.tls.version:
        yield f"TLS {seen.tls.version}, {seen.tls.cipher}"
    if seen.tls is not None and seen.tls.peer_chain:
        yield f"server chain: {' < '.join(map(subject, seen.tls.peer_chain))}"
    for attribute in seen.reply_attributes:
        if attribute.name == "Tunnel-Private-Group-Id":
            yield f"VLAN {attribute.value}"
