"""The step by which an application renews its certificate with an EST service."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from harness.scenario.action import Action
from harness.scenario.expect_services import ExpectBootstrap
from harness.scenario.steps_services import Bootstrap
from harness.scenario.texts import Ssid
from harness.scenario.values import RealTime, Text
from harness.scenario.world_est import EstRequest

_SHARED = ("network", "service", "client_cert_id", "ssid", "request", "timeout")


class ReEnroll(Action):
    """Renew the client certificate with itself, at a service that speaks EST (``simplereenroll``).

    A bare word is the configuration name of the EAP-TLS network. The application presents the certificate that it
    enrolled, asks for one with the same names and a new key, and tries that in a copy of the network (``corp-next``)
    before it takes the old one's place. What it has not enrolled itself it cannot renew: the store gives no key back.
    """

    shorthand: ClassVar[str] = "network"
    alone: ClassVar[bool] = True
    expectation = ExpectBootstrap
    on_device = True
    by_application = True

    network: Text = "corp"
    """Configuration name of the EAP-TLS network."""
    over: Text = "corp"
    """Configuration name of the network over which it calls the service; it is joined unless the device is connected to it."""
    service: Text | None = None
    """Name of the issuing service; must be written where there are several."""
    client_cert_id: Text = "RadiusClient"
    """Certificate ID of the client certificate."""
    ssid: Ssid = "CORP"
    """SSID of the EAP-TLS network."""
    request: EstRequest = EstRequest()
    """How the certification request deviates from the device's own."""
    timeout: RealTime = timedelta(seconds=5)
    """How long it waits for a service."""

    @property
    def run(self) -> Bootstrap:
        """The same run, as the step of which it is a part."""
        changes = {name: getattr(self, name) for name in _SHARED}
        return Bootstrap().model_copy(
            update={**changes, "open_network": self.over, "leave_open_network": False}
        )

    @property
    def words(self) -> str:
        """What is done, in words."""
        return self.network
