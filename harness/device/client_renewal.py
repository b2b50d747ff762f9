"""Renewal of a client certificate, in three ways (behaviour reference, section 4.3).

*In place*: one install and a reload; no way back if the server refuses. *By trial*: the new certificate
proves itself in a copy of the network, under an ID of its own, before it takes the old one's place. *By
bootstrap*: for a certificate that has expired, with another network to fetch the new one over.

A power cut between any two steps of the trial leaves a network that can connect: the original keeps its
certificate until the new one has proven itself; while it is disabled, that is not persisted; its identity
is persisted before the certificate moves, when the copy still works.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.device.application import Application
from harness.device.procedure import Result, Step, connected_to, nothing, persist, reload, room_for


@dataclass(frozen=True, slots=True)
class ClientRenewal:
    """What is renewed; PEM octets, ``password`` for an encrypted key alone.

    ``identity`` is the new client identity, ``None`` when it stays. ``copy`` and ``new_id`` are needed by
    the trial, ``bootstrap``, the name of another network, by the third way.
    """

    network: str
    client_id: str
    certificate: bytes
    key: bytes = field(repr=False)
    password: str | None = field(default=None, repr=False)
    identity: str | None = None
    copy: str = ""
    new_id: str = ""
    bootstrap: str = ""


def _install(application: Application, plan: ClientRenewal) -> Result:
    return application.certificates.install_client_certificate(
        plan.client_id, plan.certificate, plan.key, plan.password
    )


def _identity(application: Application, plan: ClientRenewal) -> Result:
    if plan.identity is None:
        return nothing()
    return application.wifi.set_client_identity(plan.network, plan.identity)


def _space(application: Application, plan: ClientRenewal) -> Result:
    return room_for(application, len(plan.certificate) + len(plan.key) + len((plan.password or "").encode()))


def _install_beside(application: Application, plan: ClientRenewal) -> Result:
    return application.certificates.install_client_certificate(
        plan.new_id, plan.certificate, plan.key, plan.password
    )


def _duplicate(application: Application, plan: ClientRenewal) -> Result:
    return application.wifi.add_duplicate_network(plan.network, plan.copy)


def _point(application: Application, plan: ClientRenewal) -> Result:
    return application.wifi.set_client_cert_store_identifier(plan.copy, plan.new_id)


def _copy_identity(application: Application, plan: ClientRenewal) -> Result:
    if plan.identity is None:
        return nothing()
    return application.wifi.set_client_identity(plan.copy, plan.identity)


def _enable_copy(application: Application, plan: ClientRenewal) -> Result:
    return application.wifi.set_network_enabled(plan.copy, True)


def _disable_original(application: Application, plan: ClientRenewal) -> Result:
    return application.wifi.set_network_enabled(plan.network, False)


def _enable_original(application: Application, plan: ClientRenewal) -> Result:
    return application.wifi.set_network_enabled(plan.network, True)


def _accepted(application: Application, plan: ClientRenewal) -> Result:
    return connected_to(application, plan.copy)


def _move(application: Application, plan: ClientRenewal) -> Result:
    return application.certificates.move_certificate(plan.new_id, plan.client_id)


def _forget_copy(application: Application, plan: ClientRenewal) -> Result:
    return application.wifi.forget_network_by_id(plan.copy)


def _delete_new(application: Application, plan: ClientRenewal) -> Result:
    return application.certificates.delete_certificate(plan.new_id)


def _enable_bootstrap(application: Application, plan: ClientRenewal) -> Result:
    return application.wifi.set_network_enabled(plan.bootstrap, True)


def _on_bootstrap(application: Application, plan: ClientRenewal) -> Result:
    return connected_to(application, plan.bootstrap)


def _disable_bootstrap(application: Application, plan: ClientRenewal) -> Result:
    return application.wifi.set_network_enabled(plan.bootstrap, False)


CLIENT_IN_PLACE: tuple[Step[ClientRenewal], ...] = (
    Step("A1.install", "install the new certificate over the old one", _install),
    Step("A2.identity", "set the new identity, if it changes", _identity),
    Step("A2.persist", "save the settings", persist),
    Step("A3.reload", "load the new certificate", reload),
)
"""One entry is replaced whole; if the server refuses the new certificate, the old one is gone."""

CLIENT_BY_TRIAL: tuple[Step[ClientRenewal], ...] = (
    Step("B1.space", "there is room for the new certificate beside the old one", _space),
    Step("B1.install", "install the new certificate under an ID of its own", _install_beside),
    Step("B2.duplicate", "copy the network", _duplicate),
    Step("B2.point", "let the copy name the new certificate", _point),
    Step("B2.identity", "set the copy's identity, if it changes", _copy_identity),
    Step("B2.enable", "enable the copy", _enable_copy),
    Step("B2.persist", "save the settings", persist),
    Step("B2.reload", "load the new certificate", reload),
    Step(
        "B3.disable",
        "disable the original until the next reload, so that the copy is tried",
        _disable_original,
    ),
    Step(
        "B4.check", "the device is connected to the copy: the server accepts the new certificate", _accepted
    ),
    Step("B5.enable", "enable the original again", _enable_original),
    Step("B5.identity", "set the original's identity, if it changes", _identity),
    Step("B5.persist", "save the settings", persist),
    Step("B6.move", "give the new certificate the old one's ID", _move),
    Step("B7.forget", "remove the copy", _forget_copy),
    Step("B7.persist", "save the settings", persist),
    Step("B7.reload", "load the new certificate under the old ID", reload),
)
"""The way that can be taken back as long as B4 does not succeed: :data:`CLIENT_TRIAL_BACK`."""

CLIENT_TRIAL_BACK: tuple[Step[ClientRenewal], ...] = (
    Step("X1.forget", "remove the copy", _forget_copy),
    Step("X2.enable", "enable the original again", _enable_original),
    Step("X3.persist", "save the settings", persist),
    Step("X4.delete", "delete the new certificate", _delete_new),
    Step("X5.reload", "load what is left", reload),
)
"""How a trial that the server refused is undone: one network, the old certificate, no space lost."""

CLIENT_BY_BOOTSTRAP: tuple[Step[ClientRenewal], ...] = (
    Step("C1.enable", "enable the bootstrap network until the next reload", _enable_bootstrap),
    Step("C2.check", "the device is connected to the bootstrap network", _on_bootstrap),
    Step("C3.install", "install the new certificate over the old one", _install),
    Step("C4.identity", "set the new identity, if it changes", _identity),
    Step("C5.disable", "disable the bootstrap network", _disable_bootstrap),
    Step("C5.persist", "save the settings", persist),
    Step("C5.reload", "load the new certificate", reload),
)
"""For a certificate that has expired. Without such a network there is only the cable: in place."""
