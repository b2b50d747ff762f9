"""``eaptls device``: a virtual device kept in a directory, driven as the real one is."""

from __future__ import annotations

import typer

from harness.cli import (
    device_certificate,
    device_connect,
    device_init,
    device_network,
    device_serve,
    device_wifi,
)
from harness.cli.exits import guarded

_HELP = "A virtual device kept in a directory, with the commands of a real one."


def build() -> typer.Typer:
    """Return the group of commands on a device."""
    app = typer.Typer(help=_HELP, no_args_is_help=True)
    app.command("init")(guarded(device_init.init))
    app.command("restart")(guarded(device_init.restart))
    app.add_typer(device_certificate.build(), name="certificate")
    app.add_typer(device_wifi.build(), name="wifi")
    app.add_typer(device_network.build(), name="network")
    app.command("connect")(guarded(device_connect.connect))
    app.command("serve")(guarded(device_serve.serve))
    return app
