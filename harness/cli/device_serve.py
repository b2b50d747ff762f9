"""``eaptls device serve``: a device's own REST interface."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.device_common import HERE, Directory, opened
from harness.cli.device_link import (
    FarServer,
    RequireMessageAuthenticator,
    SecretFile,
    associate_once,
    far_server,
)
from harness.cli.exits import ExitCode
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from harness.device.device import Device
    from harness.device.selection import Offer
    from harness.device.supplication import NotReady, Supplication
    from harness.outcome import Outcome
    from harness.rest.joiner import Associate

_WAIT = 2.0
"""Seconds that a request waits for another command to let the device go."""


def serve(
    *,
    device: Directory = HERE,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="TCP port to listen on; 0: any that is free.")
    ] = 8443,
    address: Annotated[
        str,
        typer.Option(
            "--address", metavar="IP", help="Address to listen on; others than this machine can be let in."
        ),
    ] = "127.0.0.1",
    server: Annotated[
        str,
        typer.Option(
            "--server",
            metavar="HOST:PORT",
            help="RADIUS server behind the access points; none: no network is joined.",
        ),
    ] = "",
    secret_file: SecretFile = None,
    require_message_authenticator: RequireMessageAuthenticator = True,
    ssid: Annotated[
        list[str] | None,
        typer.Option(
            "--ssid",
            help="SSID of an access point; repeat it for more. Without it, those that the device looks for.",
        ),
    ] = None,
) -> None:
    """Serve the device's REST interface over HTTPS until Ctrl-C; the other commands work meanwhile."""
    from harness.cli.interrupt import stop_on_signals
    from harness.rest.calls import Surroundings
    from harness.rest.identity import fingerprint, identity, server_context
    from harness.rest.listen import serve as listen

    _check_address(address)
    demand = require_message_authenticator
    far = far_server(server, secret_file, require_message_authenticator=demand) if server else None
    with opened(device) as held:
        name, certificate = held.name, identity(device, held.name, address)
    around = Surroundings(address, partial(_offers, device, tuple(ssid or ()) if far else None))

    def ready(number: int) -> None:
        where = f"[{address}]" if ":" in address else address
        _say(f"device {name!r} at https://{where}:{number}")
        _say(f"certificate {device / 'rest-certificate.pem'}")
        _say(f"SHA-256 {fingerprint(certificate)}")
        _say(f"RADIUS server {far.endpoint}" if far else "no RADIUS server: no network is joined")
        _say("Ctrl-C stops it.")

    with stop_on_signals() as stop:
        associate = _associating(far, stop.is_set) if far else None
        listen(
            partial(_held, device),
            around,
            port,
            server_context(device),
            associate=associate,
            ready=ready,
            say=_say,
            stop=stop,
        )
    raise typer.Exit(ExitCode.PASSED)


def _check_address(address: str) -> None:
    from ipaddress import ip_address

    try:
        ip_address(address)
    except ValueError:
        raise UsageError(f"--address {address!r} is no IP address; write 127.0.0.1") from None


def _held(directory: Path) -> AbstractContextManager[Device]:
    from harness.device.directory import open_device

    return open_device(directory, lambda: datetime.now(UTC), wait=_WAIT)


def _offers(directory: Path, ssids: tuple[str, ...] | None, device: Device) -> tuple[Offer, ...]:
    """Return the access points in the air: those told of, and those in front of the RADIUS server.

    The latter have the SSIDs asked for; without any, and when no access point was told of, every one
    that an EAP-TLS network of the device names. ``ssids`` is ``None`` where there is no such server.
    """
    from harness.device.network import Security
    from harness.device.selection import Offer
    from harness.rest import air

    told = air.load(directory)
    if ssids is None:
        return told
    if not ssids and not told:
        wanted = [one.ssid for one in device.wifi.networks() if one.security is Security.EAP_TLS]
        ssids = tuple(dict.fromkeys(filter(None, wanted)))
    return (*told, *(Offer(ssid) for ssid in ssids))


def _associating(far: FarServer, stopped: Callable[[], bool]) -> Associate:
    """Return how the interface runs an association; ``None`` comes back when it was stopped."""
    from harness.drivers.blocking import Stopped

    def associate(ready: Supplication | NotReady) -> Outcome | None:
        try:
            return associate_once(ready, far, "", stopped)
        except Stopped:
            return None

    return associate


def _say(line: str) -> None:
    from harness.report.words import printable

    typer.echo(printable(line))
    sys.stdout.flush()
