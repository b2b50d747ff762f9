"""``eaptls device wifi``: the networks of a device."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.device_command import TABLE, DeviceCommand, Output, answer
from harness.cli.device_common import (
    HERE,
    Directory,
    answering,
    must,
    opened,
    show_documents,
    show_fields,
    show_table,
    unlocked,
)
from harness.cli.exits import guarded
from harness.errors import UsageError
from harness.scenario.spellings import NETWORK_ID, WIFI_ADD, which

if TYPE_CHECKING:
    from harness.device.application_wifi import ApplicationWifi
    from harness.device.results import WifiResult


class YesNo(StrEnum):
    """A switch that may have a value."""

    TRUE = "true"
    FALSE = "false"


class Security(StrEnum):
    """What an access point asks for."""

    EAP_TLS = "eap-tls"
    PSK = "psk"
    OPEN = "open"


_COLUMNS = {
    "id": "ID",
    "configName": "NAME",
    "ssid": "SSID",
    "configState": "STATE",
    "connectionState": "CONNECTION",
    "securityState": "SECURITY",
    "targetedScan": "TARGETED",
    "clientCertStoreIdentifier": "CLIENT CERTIFICATE",
    "rootCaCertStoreIdentifier": "ROOT CA",
    "clientIdentity": "IDENTITY",
}
"""The fields of a network as the interface writes them, in the order of the list for people."""
_Id = Annotated[
    str, typer.Option(*NETWORK_ID.all, metavar="ID", help="Network ID, or its configuration name.")
]


def build() -> typer.Typer:
    """Return the group of commands on networks."""
    app = typer.Typer(help="Wi-Fi networks of the device.", no_args_is_help=True)
    app.command("add", cls=DeviceCommand)(guarded(add))
    app.command("list", cls=DeviceCommand)(guarded(list_networks))
    app.command("show", cls=DeviceCommand)(guarded(show))
    app.command("enable", cls=DeviceCommand)(guarded(enable))
    app.command("disable", cls=DeviceCommand)(guarded(disable))
    app.command("forget", cls=DeviceCommand)(guarded(forget))
    app.command("reload-config", cls=DeviceCommand)(guarded(reload_config))
    app.command("show-status", cls=DeviceCommand)(guarded(show_status))
    app.command("scan", cls=DeviceCommand)(guarded(scan))
    return app


def add(
    *,
    ssid: Annotated[str, typer.Option(*WIFI_ADD["ssid"].all, help="SSID, 1 to 32 bytes.")],
    psk: Annotated[
        str | None, typer.Option(*WIFI_ADD["psk"].all, help="Pre-shared key, 8 to 63 characters.")
    ] = None,
    client_cert_id: Annotated[
        str | None,
        typer.Option(*WIFI_ADD["client"].all, metavar="ID", help="Client certificate, for EAP-TLS."),
    ] = None,
    root_ca_cert_id: Annotated[
        str | None,
        typer.Option(
            *WIFI_ADD["root"].all, metavar="ID", help="Root CA of the server; none: it is not authenticated."
        ),
    ] = None,
    client_id: Annotated[
        str | None, typer.Option(*WIFI_ADD["identity"].all, metavar="USER", help="EAP identity.")
    ] = None,
    config_name: Annotated[
        str, typer.Option(*WIFI_ADD["name"].all, metavar="NAME", help="Name, up to 16 characters.")
    ] = "",
    targeted_scan: Annotated[
        YesNo, typer.Option(*WIFI_ADD["scan"].all, help="Ask for the SSID by name, for a hidden network.")
    ] = YesNo.FALSE,
    device: Directory = HERE,
    output: Output = TABLE,
) -> None:
    """Add a network and keep it; whether its certificates exist is not asked."""
    from harness.device.application_wifi import security_of
    from harness.device.network import Network
    from harness.rest.documents import network as document_of

    network = Network(
        name=config_name,
        ssid=ssid,
        client_cert_id=client_cert_id,
        root_ca_cert_id=root_ca_cert_id,
        client_id=client_id,
        security=security_of(psk, client_cert_id, root_ca_cert_id),
        psk=psk,
        targeted_scan=targeted_scan is YesNo.TRUE,
    )
    both = psk is not None and client_cert_id is not None
    with opened(device) as held:
        if both and not held.profile.psk_beside_certificate:
            raise UsageError("a network has a pre-shared key or a client certificate; leave one out")
        result = held.application(None).wifi.configure(network)
        document = {} if result.network is None else document_of(held, result.network)
    must(result)
    answer(output, document, lambda: typer.echo(f"network {result.network} added"))


def list_networks(*, device: Directory = HERE, output: Output = TABLE) -> None:
    """List the networks."""
    from harness.rest import wifi
    from harness.rest.calls import Call, Surroundings

    with opened(device) as held, answering():
        found = wifi.networks(held, Call(), Surroundings()).document["values"]
    networks = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    answer(output, {"values": networks}, lambda: show_documents(networks, _COLUMNS))


def show(*, network: _Id, device: Directory = HERE, output: Output = TABLE) -> None:
    """Show the settings and the state of one network."""
    from harness.rest.documents import network as document_of
    from harness.rest.documents import value_of

    with opened(device) as held, answering():
        wifi = held.application(None).wifi
        value_of(wifi.get_network(which(network)))
        document = document_of(held, value_of(held.wifi.find(which(network))))
    answer(output, document, lambda: show_fields(document))


def enable(*, network: _Id, device: Directory = HERE, output: Output = TABLE) -> None:
    """Let the device use a network; a wait after failures ends."""
    _change(device, network, output, "enabled", lambda wifi: wifi.set_network_enabled(which(network), True))


def disable(*, network: _Id, device: Directory = HERE, output: Output = TABLE) -> None:
    """Keep the device from using a network; a connection to it ends."""
    _change(device, network, output, "disabled", lambda wifi: wifi.set_network_enabled(which(network), False))


def forget(*, network: _Id, device: Directory = HERE, output: Output = TABLE) -> None:
    """Remove a network for good."""
    _change(device, network, output, "forgotten", lambda wifi: wifi.forget_network_by_id(which(network)))


def reload_config(*, device: Directory = HERE, output: Output = TABLE) -> None:
    """Load settings and certificates anew; do this after certificates were added or removed."""
    with opened(device) as held:
        result = held.application(None).wifi.reload_config()
        lost = sorted(held.wifi.lost)
    must(result)
    told = "settings and certificates are loaded anew"
    told = f"{told}; not persisted, and lost: {', '.join(lost)}" if lost else told
    answer(output, {}, lambda: typer.echo(told))


def show_status(*, device: Directory = HERE, output: Output = TABLE) -> None:
    """Show the state of the Wi-Fi interface."""
    from harness.rest import wifi
    from harness.rest.calls import Call, Surroundings

    with opened(device) as held:
        unlocked(held)
        document = wifi.interface(held, Call(), Surroundings()).document
    answer(output, document, lambda: show_fields(document))


def scan(
    *,
    access_point: Annotated[
        list[str] | None,
        typer.Option("--access-point", metavar="SSID", help="Tell of an access point; repeat it for more."),
    ] = None,
    security: Annotated[
        Security, typer.Option("--security", help="What the access points told of ask for.")
    ] = Security.EAP_TLS,
    hidden: Annotated[bool, typer.Option("--hidden", help="They do not announce their SSID.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Forget the access points told of before.")] = False,
    device: Directory = HERE,
    output: Output = TABLE,
) -> None:
    """Show the access points in reach: there is no radio, so those that eaptls was told of."""
    from harness.device.network import Security as Asked
    from harness.device.selection import Offer
    from harness.rest import air, documents
    from harness.rest.documents import value_of

    told = [Offer(ssid, Asked(security.value), hidden) for ssid in access_point or ()]
    for offer in told:
        if not 1 <= len(offer.ssid.encode()) <= 32:
            raise UsageError(f"an SSID has 1 to 32 bytes, {offer.ssid!r} has {len(offer.ssid.encode())}")
    with opened(device) as held, answering():
        value_of(held.application(None).wifi.get_network_ids())
        known = () if clear else air.load(device)
        offers = tuple(dict.fromkeys((*known, *told)))
        if told or clear:
            air.save(device, offers)
        found = documents.seen(held, offers)
    rows = [("" if one.hidden else one.ssid, one.security) for one in found]
    answer(output, {"values": documents.scan(found)}, lambda: show_table(rows, "SSID", "SECURITY"))


def _change(
    directory: Directory,
    network: str,
    output: Output,
    done: str,
    change: Callable[[ApplicationWifi], WifiResult],
) -> None:
    """Change a network and persist, as the device's own command line does."""
    from harness.rest.documents import network as document_of

    document = {}
    with opened(directory) as held:
        wifi = held.application(None).wifi
        result = change(wifi)
        if result.ok:
            result = wifi.persist_config()
        number = held.wifi.find(which(network)).value
        if result.ok and number is not None:
            document = document_of(held, number)
    must(result)
    answer(output, document, lambda: typer.echo(f"network {network!r} {done}"))
