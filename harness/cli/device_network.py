"""``eaptls device network``: interfaces, and why the last attempts failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from harness.cli.device_common import (
    HERE,
    AsJson,
    Directory,
    answering,
    opened,
    show_fields,
    show_json,
    show_table,
    which,
)
from harness.cli.exits import guarded
from harness.scenario.spellings import DIAGNOSED


def build() -> typer.Typer:
    """Return the group of commands on the network."""
    app = typer.Typer(help="Interfaces, and why attempts failed.", no_args_is_help=True)
    app.command("show-diagnostics")(guarded(show_diagnostics))
    app.command("list-interfaces")(guarded(list_interfaces))
    app.command("show-status")(guarded(show_status))
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
    as_json: AsJson = False,
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
    if as_json:
        show_json({"values": found} if network is None else found[0])
    else:
        for document in found:
            show_fields(_flat(document))


def _flat(document: Mapping[str, object]) -> dict[str, object]:
    info = document.get("certInfo")
    return {
        **{name: value for name, value in document.items() if name != "certInfo"},
        **(info if isinstance(info, dict) else {}),
    }


def list_interfaces(*, device: Directory = HERE, as_json: AsJson = False) -> None:
    """List the network interfaces."""
    from harness.rest.calls import Surroundings
    from harness.rest.documents import interfaces

    with opened(device) as held:
        documents = list(interfaces(held, Surroundings().address))
    if as_json:
        show_json({"interfaces": documents})
    else:
        columns = ("interfaceName", "interfaceUp", "connectedToNetwork", "hardwareAddress")
        rows = [[document.get(name) for name in columns] for document in documents]
        show_table(rows, "NAME", "UP", "CONNECTED", "ADDRESS")


def show_status(*, device: Directory = HERE, as_json: AsJson = False) -> None:
    """Show whether the device has the time and its own certificate."""
    from harness.rest.documents import net_status

    with opened(device) as held:
        document = net_status(held)
    (show_json if as_json else show_fields)(document)
