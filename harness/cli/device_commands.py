"""All commands of ``eaptls device``, for the group that asks for them late."""

from __future__ import annotations

from typing import Any

import typer

from harness.cli import (
    device_certificate,
    device_connect,
    device_init,
    device_network,
    device_serve,
    device_wifi,
)
from harness.cli.device_command import DeviceCommand
from harness.cli.exits import guarded


def commands() -> dict[str, Any]:
    """Return the commands and groups by name, as the library under typer has them."""
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command("init")(guarded(device_init.init))
    app.command("restart", cls=DeviceCommand)(guarded(device_init.restart))
    app.add_typer(device_certificate.build(), name="certificate")
    app.add_typer(device_wifi.build(), name="wifi")
    app.add_typer(device_network.build(), name="network")
    app.command("connect")(guarded(device_connect.connect))
    app.command("serve")(guarded(device_serve.serve))
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return dict(group.commands)
