"""Renewal of a root CA with a second network, as the documents advise (behaviour reference, section 4.2).

A knife-edge change-over is impossible: devices may be offline at that moment. So the new root CA is installed
under an ID of its own, and a copy of the network that names it waits beside the first. When the server
changes over, the first network fails and the device moves to the second by itself. Then the new root CA takes
the old one's ID, the copy goes, and the first network is used again.

The order of R4 and R5 matters: forgetting the copy first leaves, after a power cut, the old root CA alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.device.application import Application
from harness.device.error_numbers import Errno, WifiError
from harness.device.procedure import Result, Step, connected_to, persist, reload, room_for
from harness.device.results import Answer, Refusal


@dataclass(frozen=True, slots=True)
class RootRenewal:
    """What is renewed: the network, its copy's name, old and new certificate ID, and the new root CA in PEM."""

    network: str
    copy: str
    root_id: str
    new_root_id: str
    root_ca: bytes


def _check(application: Application, plan: RootRenewal) -> Result:
    network = application.wifi.get_network(plan.network)
    if network.value is None:
        return Answer(None, network.errno, network.text, network.number)
    if network.value.root_ca_cert_id == plan.root_id and network.value.enabled:
        return Answer()
    text = f"network {plan.network!r} is not enabled with the root CA ID {plan.root_id!r}"
    return Answer.refused(Refusal(Errno.EINVAL, WifiError.INVALID_NETWORK_PROPERTIES, text))


def _space(application: Application, plan: RootRenewal) -> Result:
    return room_for(application, len(plan.root_ca))


def _install(application: Application, plan: RootRenewal) -> Result:
    return application.certificates.install_root_ca_certificate(plan.new_root_id, plan.root_ca)


def _duplicate(application: Application, plan: RootRenewal) -> Result:
    return application.wifi.add_duplicate_network(plan.network, plan.copy)


def _point(application: Application, plan: RootRenewal) -> Result:
    return application.wifi.set_root_ca_cert_store_identifier(plan.copy, plan.new_root_id)


def _enable(application: Application, plan: RootRenewal) -> Result:
    return application.wifi.set_network_enabled(plan.copy, True)


def _changed_over(application: Application, plan: RootRenewal) -> Result:
    return connected_to(application, plan.copy)


def _move(application: Application, plan: RootRenewal) -> Result:
    return application.certificates.move_certificate(plan.new_root_id, plan.root_id)


def _forget(application: Application, plan: RootRenewal) -> Result:
    return application.wifi.forget_network_by_id(plan.copy)


ROOT_RENEWAL: tuple[Step[RootRenewal], ...] = (
    Step("R0.check", "the network is enabled and names the old root CA", _check),
    Step("R1.space", "there is room for the new root CA beside the old one", _space),
    Step("R1.install", "install the new root CA under an ID of its own", _install),
    Step("R2.duplicate", "copy the network", _duplicate),
    Step("R2.point", "let the copy name the new root CA", _point),
    Step("R2.enable", "enable the copy", _enable),
    Step("R2.persist", "save the settings", persist),
    Step("R2.reload", "load the new root CA", reload),
    Step("R3.check", "the device is connected to the copy: the server has changed over", _changed_over),
    Step("R4.move", "give the new root CA the old one's ID", _move),
    Step("R5.forget", "remove the copy", _forget),
    Step("R5.persist", "save the settings", persist),
    Step("R5.reload", "load the new root CA under the old ID", reload),
)
"""The procedure in its right order. R3 is asked again and again until the server has changed over."""
