"""The renewals that a plan runs, call by call, so that each call has its place among what others do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from harness.device.application import Application
from harness.device.procedure import Result, connected_to, nothing
from harness.rollout.plan import Call, PlanStep
from harness.run.devices import Certificates
from harness.scenario.expect_device import ExpectProcedure
from harness.scenario.steps_renewal import ClientRenewal, Procedure

_ON_THE_COPY = ("R3.check", "B4.check")
_ON_BOOTSTRAP = ("C2.check",)
_LONGEST_NAME = 16


@dataclass(frozen=True, slots=True)
class GalleryRenewal:
    """A renewal as the Gallery's EAP-TLS client does it: ``root`` and ``client`` name certificates, empty: not renewed.

    Its trial network uses the IDs that are in use (behaviour reference, section 5.3).
    """

    network: str
    root_id: str
    client_id: str
    root: str
    client: str

    @property
    def copy(self) -> str:
        """The name of the trial network: the old one behind an underscore, cut to the longest that there may be."""
        return f"_{self.network}"[:_LONGEST_NAME]


def calls_of(step: PlanStep, procedure: Procedure, name: str) -> Iterator[PlanStep]:
    """Yield the calls of a procedure as steps of their own; the device is taken to be where a check wants it."""
    expected = step.expect if isinstance(step.expect, ExpectProcedure) else None
    for call in procedure.steps():
        if expected is not None and expected.at == call.id:
            return  # what its file says of the network is believed
        joins = ""
        if call.id in _ON_THE_COPY:
            joins = procedure.copy_
        elif call.id in _ON_BOOTSTRAP and isinstance(procedure, ClientRenewal):
            joins = procedure.bootstrap
        single: Any = procedure.model_copy(update={"do": (call.id,), "until": None})
        yield replace(
            step, does=single, procedure=f"{name} {call.id}", joins=joins, expect=None, refused=False
        )


def gallery_calls(step: PlanStep, renewal: GalleryRenewal) -> Iterator[PlanStep]:
    """Yield the calls of a Gallery renewal as steps."""

    def call(name: str, act: Callable[[Application, Certificates], Result], **more: Any) -> PlanStep:
        joins = renewal.copy if name == "swap.check" else ""
        return replace(step, does=Call(act, **more), procedure=f"gallery-renewal {name}", joins=joins)

    old, copy = renewal.network, renewal.copy
    yield call("clone", lambda app, _: app.wifi.add_duplicate_network(old, copy))
    if renewal.root:
        yield call(
            "install.root",
            lambda app, book: app.certificates.install_root_ca_certificate(
                renewal.root_id, book.credential(renewal.root).certificate_pem()
            ),
        )
    if renewal.client:
        yield call("install.client", lambda app, book: _install_client(app, book, renewal))
    yield call(
        "configure.ids",
        lambda app, _: app.wifi.set(copy, root_ca_cert_id=renewal.root_id, client_cert_id=renewal.client_id),
    )
    yield call("connect.enable", lambda app, _: app.wifi.set_network_enabled(copy, True))
    yield call("connect.disable-others", lambda app, _: _disable_others(app, copy), networks=(old,))
    yield call("connect.persist", lambda app, _: app.wifi.persist_config())
    yield call("connect.reload", lambda app, _: app.wifi.reload_config(), loads=True)
    yield call("swap.check", lambda app, _: connected_to(app, copy))
    yield call("swap.forget", lambda app, _: app.wifi.forget_network_by_id(old), networks=(old,))
    yield call("swap.rename", lambda app, _: app.wifi.set_config_name(copy, old), networks=(copy,))
    yield call("swap.persist", lambda app, _: app.wifi.persist_config())
    yield call("swap.reload", lambda app, _: app.wifi.reload_config(), loads=True)
    for name, used, identifier in (
        ("root", renewal.root, renewal.root_id),
        ("client", renewal.client, renewal.client_id),
    ):
        if used:
            yield call(f"swap.move-{name}", _onto_itself(identifier))


def _install_client(application: Application, book: Certificates, renewal: GalleryRenewal) -> Result:
    certificate = book.credential(renewal.client).certificate_pem()
    key, password = book.key_pem(renewal.client), book.password(renewal.client)
    return application.certificates.install_client_certificate(renewal.client_id, certificate, key, password)


def _disable_others(application: Application, kept: str) -> Result:
    """Disable every network but one, as the client does while it connects."""
    result = nothing()
    for number in application.wifi.get_network_ids().value or ():
        network = application.wifi.get_network(number).value
        if network is not None and network.name != kept:
            result = application.wifi.set_network_enabled(number, False)
    return result


def _onto_itself(identifier: str) -> Callable[[Application, Certificates], Result]:
    """Return the move that is left of the swap, as the trial had the right ID from the beginning."""
    return lambda application, _: application.certificates.move_certificate(identifier, identifier)
