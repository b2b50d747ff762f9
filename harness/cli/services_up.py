"""``eaptls services up``: serve a Security Service on the loopback, until interrupted."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.interrupt import stop_on_signals
from harness.cli.security_common import HERE, TRUST, At, Service, commands_of
from harness.errors import EnvironmentUnavailable, UsageError

if TYPE_CHECKING:
    from harness.pki.credential import Credential
    from harness.services.security.desk import Desk

_HOST, _ADDRESS = "localhost", "127.0.0.1"


def commands() -> dict[str, Any]:
    """Return the commands by name."""
    return commands_of({"up": up})


def up(
    *,
    service: Service = HERE,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="TCP port to listen on; 0: any that is free.")
    ] = 8444,
    at: At = None,
) -> None:
    """Serve the Security Service of a directory over HTTPS, on this machine alone, until interrupted."""
    from harness.services.security.store import ServiceMissing, ServiceUnusable, open_service
    from harness.services.web.listener import ClientCertificates, Listener

    if service.startswith("https://"):
        raise UsageError("a service that is served already cannot be served again; name its directory")
    directory = Path(service)
    start = datetime.now(UTC)
    ahead = timedelta()
    try:
        with stop_on_signals() as stop, open_service(directory, lambda: datetime.now(UTC) + ahead) as desk:
            if at is not None:
                ahead = _moment(desk, at, start) - start
            root, credential = _credentials(start)
            trust = directory / TRUST
            trust.write_bytes(root.certificate_pem())
            listener = Listener(
                desk,
                credential,
                now=lambda: datetime.now(UTC),
                certificates=ClientCertificates.NEVER,
                address=_ADDRESS,
                port=port,
            )
            with listener:
                where = f"https://{_HOST}:{listener.port}"
                typer.echo(f"Security Service at {where}; its users need --service-trust {trust}")
                sys.stdout.flush()
                stop.wait()
    except ServiceMissing as missing:
        fix = f"make a tenant with eaptls tenant create --name NAME --service {service}"
        raise UsageError(f"{missing.file}: {missing.what}; {fix}") from None
    except ServiceUnusable as unusable:
        raise EnvironmentUnavailable(f"{unusable.file}: {unusable.what}", hint=unusable.fix) from None


def _moment(desk: Desk, at: str, start: datetime) -> datetime:
    from harness.services.security.moments import parse_moment
    from harness.services.security.refusal import Refused

    try:
        return parse_moment(at, start, desk.end)
    except (ValueError, Refused) as error:
        raise UsageError(f"--at: {error}") from None


def _credentials(now: datetime) -> tuple[Credential, Credential]:
    """Return a root for this session, and the certificate that the service shows."""
    from harness.pki.keys import KeyPool
    from harness.pki.mint import Mint
    from harness.pki.spec import CertificateSpec, Profile

    specs = {
        "root": CertificateSpec("root", Profile.ROOT_CA),
        "service": CertificateSpec("service", Profile.SERVER, "root", dns=(_HOST,)),
    }
    mint = Mint(KeyPool(), now)
    return mint.issue("root", specs), mint.issue("service", specs)
