"""Which call is answered by which function."""

from __future__ import annotations

from dataclasses import dataclass

from harness.rest import certificates, machine, wifi
from harness.rest.calls import Handler


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path; ``{part}`` stands for its variable part.

    ``body`` says that a JSON body is needed, ``free`` that a locked device answers too, ``stirs`` that
    the device may find something to join afterwards.
    """

    method: str
    path: str
    handler: Handler
    body: bool = False
    free: bool = False
    stirs: bool = False


ROUTES = (
    Route("GET", "/status", machine.status, free=True),
    Route("GET", "/osversion", machine.os_version, free=True),
    Route("GET", "/device/security_state", machine.security_state, free=True),
    Route("GET", "/device/capabilities", machine.capabilities, free=True),
    Route("GET", "/device/manufacturing_state", machine.manufacturing_state),
    Route("GET", "/telemetry", machine.telemetry),
    Route("DELETE", "/telemetry", machine.clear_telemetry),
    Route("GET", "/log", machine.log),
    Route("POST", "/restart", machine.restart, stirs=True),
    Route("GET", "/certstore/certs", certificates.identifiers),
    Route("GET", "/certstore/certs/{part}", certificates.show),
    Route("POST", "/certstore/certs/{part}", certificates.install, body=True),
    Route("DELETE", "/certstore/certs/{part}", certificates.delete),
    Route("GET", "/certstore/space", certificates.space),
    Route("GET", "/wifi/config/networks", wifi.networks),
    Route("POST", "/wifi/config/networks", wifi.add, body=True, stirs=True),
    Route("GET", "/wifi/config/networks/{part}", wifi.show),
    Route("PATCH", "/wifi/config/networks/{part}", wifi.change, body=True, stirs=True),
    Route("DELETE", "/wifi/config/networks/{part}", wifi.delete, stirs=True),
    Route("GET", "/wifi/diagnostics/networks", wifi.all_diagnostics),
    Route("GET", "/wifi/diagnostics/networks/{part}", wifi.diagnostics),
    Route("GET", "/wifi/interface", wifi.interface),
    Route("PATCH", "/wifi/interface", wifi.change_interface, body=True, stirs=True),
    Route("GET", "/wifi/scan", wifi.scan),
    Route("GET", "/net/status", machine.net_status, free=True),
    Route("GET", "/net/interfaces", machine.interfaces),
    Route("GET", "/net/interfaces/{part}", machine.interface),
    Route("PATCH", "/net/interfaces/{part}", machine.change_interface, body=True, stirs=True),
)
"""All calls that are answered; every other one gets "invalid request URI"."""
