"""Steps on services: an application that gets certificates from one, and changes of a service."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Literal

from harness.device.bootstrap.plan import Defect
from harness.scenario.action import Action
from harness.scenario.expect_services import ExpectBootstrap
from harness.scenario.part import key_of
from harness.scenario.texts import Ssid
from harness.scenario.values import Flag, RealTime, Text
from harness.scenario.world_est import EstRequest
from harness.scenario.world_services import Service


class Bootstrap(Action):
    """Run the bootstrap application once: certificates over an open network, then the EAP-TLS network.

    A bare word is the configuration name of the EAP-TLS network. What is there is not asked for; what is missing comes
    from the issuing service, over mutual TLS with the device's certificate of the day. All new certificates
    are installed or none, the network is configured and joined, and the open network is left. Where the EAP-TLS network
    cannot be joined, the device's diagnostics tell what to get anew: after 101 the root CA, after 102 and 103 the client
    certificate, after other certificate errors both, on trial in a copy of the network; after error 2 both.

    Without ``by`` the application has all capabilities, its device's tenant and every service in its manifest.
    """

    shorthand: ClassVar[str] = "network"
    alone: ClassVar[bool] = True
    expectation = ExpectBootstrap
    on_device = True
    by_application = True

    network: Text = "corp"
    """Configuration name of the EAP-TLS network, which it makes where there is none."""
    open_network: Text = "bootstrap"
    """Configuration name of the network over which it calls the service."""
    interface: Literal["wifi", "ethernet"] = "wifi"
    """How it reaches the service; ``ethernet`` has internet and time, and needs no network to be joined."""
    service: Text | None = None
    """Name of the issuing service; must be written where there are several."""
    root_ca_from: Text | None = None
    """Name of a service that gives the root CA, where that is another one."""
    path: Text = "/api/certs"
    """Path of the issuing service, and a query if the application is built with one."""
    root_ca_cert_id: Text = "RadiusRootCA"
    """Certificate ID of the root CA."""
    client_cert_id: Text = "RadiusClient"
    """Certificate ID of the client certificate."""
    mutual_authentication: Flag = True
    """Whether the network gets a root CA."""
    connect: Flag = True
    """Whether it joins the EAP-TLS network in the end."""
    leave_open_network: Flag = True
    """Whether it disables the open network when all is done."""
    application: Literal["careful", "gallery"] = "careful"
    """``gallery``: the public sample with all its defects."""
    defects: tuple[Defect, ...] = ()
    """Single defects of the public sample."""
    ssid: Ssid = "CORP"
    """SSID of the EAP-TLS network, where the service speaks EST and tells none."""
    request: EstRequest = EstRequest()
    """How the certification request (EST) deviates from the device's own."""
    timeout: RealTime = timedelta(seconds=5)
    """How long it waits for a service."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        kind = "as the public sample" if self.application == "gallery" else ""
        defects = f"which {', '.join(self.defects)}" if self.defects else ""
        return " ".join(filter(None, [self.network, kind, defects]))


class ChangeService(Service, Action):
    """Change a service. Settings that are written count from the next call on. A bare word is its name."""

    shorthand: ClassVar[str] = "name"
    alone: ClassVar[bool] = False

    name: Text | None = None
    """Name of the service; must be written where there are several."""

    @property
    def changes(self) -> tuple[str, ...]:
        """The settings that are written, by field name."""
        return tuple(name for name in self.written() if name in Service.model_fields)

    @property
    def words(self) -> str:
        """What is done, in words."""
        changed = [key_of(name) for name in self.changes]
        return " ".join(filter(None, [self.name, f"with {', '.join(changed)}" if changed else ""]))
