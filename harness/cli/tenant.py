"""``eaptls tenant``: the tenants of a Security Service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from harness.cli.device_command import TABLE, Output, answer
from harness.cli.device_common import show_table
from harness.cli.security_common import HERE, At, Group, Service, Trusts, commands_of, office
from harness.errors import UsageError
from harness.scenario.spellings import TENANT_NAME, TENANT_SELECTED


def commands() -> dict[str, Any]:
    """Return the commands by name."""
    return commands_of(
        {"create": create, "list": list_tenants, "select": select, "show-selected": show_selected}
    )


def _interval(name: str, words: str) -> Any:
    return typer.Option(f"--{name}", metavar="SPAN", help=words)


def create(
    *,
    name: Annotated[str, typer.Option(*TENANT_NAME.all, metavar="NAME", help="Name of the tenant.")],
    life: Annotated[str | None, _interval("life", "How long its CAs are valid; 730d.")] = None,
    renewal: Annotated[
        str | None, _interval("renewal", "How long before the end of a CA the next one is issued; 90d.")
    ] = None,
    activation: Annotated[
        str | None, _interval("activation", "How long after its issue a CA becomes the Active one; 45d.")
    ] = None,
    attestation: Annotated[
        str | None, _interval("attestation", "How long a device's certificate is valid; 24h.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="KIND", help="Keys of its CAs: ec-p384 or ec-p256; ec-p384."),
    ] = None,
    resource_group: Group = None,
    service: Service = HERE,
    service_trust: Trusts = None,
    at: At = None,
    output: Output = TABLE,
) -> None:
    """Create a tenant; its first CA is issued at once. The first tenant makes the service."""
    _ = resource_group
    intervals = {"life": life, "renewal": renewal, "activation": activation, "attestation": attestation}
    settings = {"key": key, **intervals}
    body = {"name": name, **{one: value for one, value in settings.items() if value is not None}}
    beginning = _beginning(at)
    with office(service, service_trust, at, beginning=beginning) as desk:
        made = desk.ask("/v2/tenants", method="POST", body=body)
    told = f"tenant {name!r} created, its first CA issued: {made['id']}"
    answer(output, made, lambda: typer.echo(told))


def _beginning(at: str | None) -> datetime:
    """Return when a service begins that this tenant is the first of."""
    from harness.services.security.moments import parse_moment

    now = datetime.now(UTC)
    if at is None:
        return now

    def no_end() -> datetime:
        raise ValueError(at)

    try:
        return min(now, parse_moment(at, now, no_end))
    except ValueError:
        if at.startswith("E"):
            return now  # the service, if there is one, knows its end
        raise UsageError(
            f"--at {at!r} is no moment; write a date as in 2026-01-31, or a shift as in -700d"
        ) from None


def list_tenants(
    *,
    resource_group: Group = None,
    service: Service = HERE,
    service_trust: Trusts = None,
    output: Output = TABLE,
) -> None:
    """List the tenants."""
    _ = resource_group
    with office(service, service_trust, None) as desk:
        document = desk.ask("/v2/tenants")
    rows = [(one["id"], one["name"], one["selected"]) for one in document["tenants"]]
    answer(output, document, lambda: show_table(rows, "ID", "NAME", "SELECTED"))


def select(
    *,
    tenant: Annotated[
        str, typer.Option(*TENANT_SELECTED.all, metavar="TENANT", help="Name or ID of the tenant.")
    ],
    service: Service = HERE,
    service_trust: Trusts = None,
    output: Output = TABLE,
) -> None:
    """Select the tenant that later commands mean."""
    with office(service, service_trust, None) as desk:
        document = desk.ask("/v2/selected", method="PUT", body={"tenant": tenant})
    answer(output, document, lambda: typer.echo(f"tenant {document['name']!r} is selected"))


def show_selected(*, service: Service = HERE, service_trust: Trusts = None, output: Output = TABLE) -> None:
    """Show the selected tenant; the only one is selected by itself."""
    with office(service, service_trust, None) as desk:
        document = desk.ask("/v2/selected")
    answer(output, document, lambda: typer.echo(f"{document['name']}  {document['id']}"))
