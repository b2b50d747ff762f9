"""What the commands on a Security Service share: where it is, what time it is there, how it is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn
from urllib.parse import quote, urlencode, urlsplit

import typer

from harness.cli.device_command import DeviceCommand
from harness.cli.exits import ExitCode, guarded
from harness.errors import EnvironmentUnavailable, UsageError
from harness.scenario import spellings

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.services.web.messages import Handler, Reply

HERE = "security-service"
_HTTPS = "https://"
TRUST = "service.pem"
"""The certificate of a served service, in its directory: what its users trust."""

Service = Annotated[
    str,
    typer.Option(
        "--service",
        metavar="WHERE",
        envvar="EAPTLS_SERVICE",
        help="Directory that keeps the Security Service, or where it is served, as in https://localhost:8444.",
    ),
]
Trusts = Annotated[
    Path | None,
    typer.Option(
        "--service-trust",
        metavar="FILE",
        envvar="EAPTLS_SERVICE_TRUST",
        help="Certificate of a service that is served, PEM; eaptls services up tells which file that is.",
    ),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="MOMENT",
        help="Ask as if it were then: 2026-01-31, +641d, or E-89d for 89 days before the end of the first CA.",
    ),
]
Tenant = Annotated[
    str | None,
    typer.Option(
        *spellings.OF_TENANT.all, metavar="TENANT", help="Name or ID of the tenant; the selected one."
    ),
]
Group = Annotated[
    str | None,
    typer.Option(
        *spellings.RESOURCE_GROUP.all,
        metavar="NAME",
        help="Taken and not used: there are no resource groups here.",
    ),
]


@dataclass(frozen=True, slots=True)
class Office:
    """How the service is asked, whether it is here or elsewhere; ``at`` moves its clock."""

    handler: Handler
    at: str | None = None

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: object = None,
        query: Mapping[str, object] | None = None,
    ) -> Any:
        """Return the document of the answer; a refusal ends the command with its sentence."""
        from harness.services.web.messages import Request

        asked = {name: str(value) for name, value in (query or {}).items() if value is not None}
        if self.at is not None:
            asked["at"] = self.at
        data = b"" if body is None else json.dumps(body).encode()
        return _document(self.handler(Request(method, path, urlencode(asked), body=data)))


def _document(reply: Reply) -> Any:
    try:
        document = json.loads(reply.body)
    except ValueError:
        document = None
    if document is None:
        message = f"the service answered {reply.status} {reply.reason} and no JSON"
        raise EnvironmentUnavailable(message, hint="is it a Security Service of eaptls?")
    if reply.status >= 400:
        _refuse(document if isinstance(document, Mapping) else {})
    return document


def _refuse(document: Mapping[str, Any]) -> NoReturn:
    """End with what the service answered: a sentence, what to do, and its word for it."""
    reason, message, fix = (str(document.get(name, "")) for name in ("error", "message", "fix"))
    if reason == "request-invalid":
        raise UsageError(f"{message}; {fix}")
    told = f"{message}; {fix}" if fix else message
    typer.echo(f"eaptls: {told} ({reason})", err=True)
    raise typer.Exit(ExitCode.FAILED)


def of_tenant(tenant: str | None, *parts: str) -> str:
    """Return the path of something of a tenant; ``None`` stands for the selected one."""
    return "/".join(["/v2/tenants", *(quote(part, safe="") for part in (tenant or "-", *parts))])


@contextmanager
def office(
    service: str, trusts: Path | None, at: str | None, *, beginning: datetime | None = None
) -> Iterator[Office]:
    """Give the service that is in a directory or served; with a ``beginning`` it is made if it is not there.

    Raises :class:`UsageError` and :class:`EnvironmentUnavailable`.
    """
    if service.startswith(_HTTPS):
        yield Office(_served(service, trusts), at)
        return
    from harness.services.security.store import ServiceMissing, ServiceUnusable, open_service

    try:
        with open_service(Path(service), lambda: datetime.now(UTC), beginning=beginning) as desk:
            yield Office(desk, at)
    except ServiceMissing as missing:
        fix = f"make a tenant with eaptls tenant create --name NAME --service {service}"
        raise UsageError(f"{missing.file}: {missing.what}; {fix}") from None
    except ServiceUnusable as unusable:
        raise EnvironmentUnavailable(f"{unusable.file}: {unusable.what}", hint=unusable.fix) from None


def _served(url: str, trusts: Path | None) -> Handler:
    from cryptography import x509

    from harness.services.web.caller import Caller, CallFailure, call
    from harness.services.web.messages import Request

    if trusts is None:
        raise UsageError(
            "a service that is served needs --service-trust FILE; eaptls services up tells which"
        )
    try:
        roots = tuple(x509.load_pem_x509_certificates(trusts.read_bytes()))
    except OSError as error:
        raise UsageError(f"cannot read {trusts}: {error.strerror}") from None
    except ValueError:
        raise UsageError(
            f"{trusts} holds no certificate; name the one that eaptls services up tells"
        ) from None

    try:
        target = urlsplit(url)
        hosts = {target.hostname or "": (target.hostname or "", target.port or 443)}
    except ValueError:
        raise UsageError(f"{url!r} is no URL; write it as in https://localhost:8444") from None

    def ask(request: Request) -> Reply:
        caller = Caller(datetime.now(UTC), roots, hosts=hosts, versions=("1.2", "1.3"))
        whole = f"{url.rstrip('/')}{request.path}{'?' if request.query else ''}{request.query}"
        reply = call(caller, whole, method=request.method, headers=request.headers, body=request.body)
        if isinstance(reply, CallFailure):
            message = f"{url}: {reply.detail} ({reply.cause})"
            raise EnvironmentUnavailable(message, hint="is eaptls services up running there?")
        return reply

    return ask


def commands_of(named: Mapping[str, Callable[..., None]]) -> dict[str, Any]:
    """Return commands by name, as the library under typer has them."""
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    for name, function in named.items():
        app.command(name, cls=DeviceCommand)(guarded(function))
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return dict(group.commands)
