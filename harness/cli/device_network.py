"""``eaptls device network``: interfaces, and why the last attempts failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from harness.cli.device_command import TABLE, DeviceCommand, Output, answer
from harness.cli.device_common import (
    HERE,
    Directory,
    answering,
    opened,
    show_fields,
    show_table,
    unlocked,
)
from harness.cli.exits import guarded
from harness.scenario.spellings import DIAGNOSED, which


def build() -> typer.Typer:
    """Return the group of commands on the network."""
    app = typer.Typer(help="Interfaces, and why attempts failed.", no_args_is_help=True)
    app.command("show-diagnostics", cls=DeviceCommand)(guarded(show_diagnostics))
    app.command("list-interfaces", cls=DeviceCommand)(guarded(list_interfaces))
    app.command("show-status", cls=DeviceCommand)(guarded(show_status))
    return app


def show_diagnostics(
    *,
    network: Annotated[
        str | None,
        typer.Option(
            *DIAGNOSED.all, metavar="ID", help="Network ID or configuration name; without it all networks."
        ),
    ] = None,
    device: Directory = HERE,
    output: Output = TABLE,
) -> None:
    """Show the last failure of each network that ever failed."""
    from harness.rest import documents
    from harness.rest.documents import value_of

    with opened(device) as held, answering():
        wifi = held.application(None).wifi
        if network is None:
            value_of(wifi.get_network_ids())
            found = documents.all_diagnostics(held)
        else:
            found = [documents.diagnostics(held, value_of(wifi.get_network_diagnostics(which(network))))]
    answer(output, {"values": found} if network is None else found[0], lambda: _tell(found))


def _tell(found: Sequence[Mapping[str, object]]) -> None:
    if not found:
        typer.echo("no failure is recorded for any network")
    for place, document in enumerate(found):
        if place:
            typer.echo()
        show_fields(_flat(document))


def _flat(document: Mapping[str, object]) -> dict[str, object]:
    info = document.get("certInfo")
    return {
        **{name: value for name, value in document.items() if name != "certInfo"},
        **(info if isinstance(info, dict) else {}),
    }


def list_interfaces(*, device: Directory = HERE, output: Output = TABLE) -> None:
    """List the network interfaces."""
    from harness.rest.calls import Surroundings
    from harness.rest.documents import interfaces

    with opened(device) as held:
        unlocked(held)
        documents = list(interfaces(held, Surroundings().address))
    columns = ("interfaceName", "interfaceUp", "connectedToNetwork", "hardwareAddress")
    rows = [[document.get(name) for name in columns] for document in documents]
    answer(output, {"interfaces": documents}, lambda: show_table(rows, "NAME", "UP", "CONNECTED", "ADDRESS"))


def show_status(*, device: Directory = HERE, output: Output = TABLE) -> None:
    """Show whether the device has the time and its own certificate."""
    from harness.rest.documents import net_status

    with opened(device) as held:
        document = net_status(held)
    answer(output, document, lambda: show_fields(document))
