"""The good baseline: a network in which everything is right.

A scenario that says nothing runs in it, and its device connects with mutual authentication. What a
file writes replaces single settings of it, so that a file shows its one deviation and nothing else.

=============  =================================================================================
certificates   ``corp-root`` (root CA); ``corp-radius`` (server, ``radius.corp.example``) and
               ``thermostat`` (client, common name ``thermostat-7``), both issued by ``corp-root``
server         ``radius``: holds ``corp-radius``, trusts ``corp-root``, speaks TLS 1.2 and 1.3
access point   ``corp``: SSID ``CORP``, WPA2-Enterprise, asks the only server
device         ``device``: starts provisioned, speaks TLS 1.2 and 1.3
provisioned    client certificate ``corp-client``, root CA ``corp-root-ca``, network ``corp`` with both
               and the common name of ``thermostat`` as identity, saved and loaded
=============  =================================================================================

The identity is the certificate's common name, whatever the file writes for it, so that policies which compare
them let it in; a certificate without a common name leaves it at ``thermostat-7``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.pki.spec import CertificateSpec, Defect, Profile
from harness.scenario.action import Action
from harness.scenario.steps_store import Install
from harness.scenario.steps_wifi import Network
from harness.scenario.world import Certificate

ROOT, RADIUS, THERMOSTAT = "corp-root", "corp-radius", "thermostat"
SERVER_NAME = "radius.corp.example"
COMMON_NAME = "thermostat-7"
SERVER, ACCESS_POINT, DEVICE, NETWORK = "radius", "corp", "device", "corp"
"""What the only server, access point and device are called, and the network of a provisioned device."""

CERTIFICATES: Mapping[str, Certificate] = {
    name: Certificate.model_validate(written)
    for name, written in {
        ROOT: {"profile": "root-ca"},
        RADIUS: {"profile": "server", "issuer": ROOT, "dns": [SERVER_NAME]},
        THERMOSTAT: {"profile": "client", "issuer": ROOT, "cn": COMMON_NAME},
    }.items()
}


@dataclass(frozen=True, slots=True)
class CertificateOrder:
    """A certificate to make: its spec, and how it is handed out."""

    spec: CertificateSpec
    password: str | None = field(default=None, repr=False)
    send_chain: bool = True


def provisioning(certificates: Mapping[str, CertificateOrder]) -> tuple[Action, ...]:
    """Return what has been done on a provisioned device before the first step."""
    network = {
        "name": NETWORK,
        "ssid": "CORP",
        "client-cert-id": "corp-client",
        "root-ca-cert-id": "corp-root-ca",
        "client-id": _identity(certificates.get(THERMOSTAT)),
    }
    return (
        Install.model_validate({"id": "corp-root-ca", "type": "rootca", "certificate": ROOT}),
        Install.model_validate({"id": "corp-client", "type": "client", "certificate": THERMOSTAT}),
        Network.model_validate(network),
    )


def _identity(order: CertificateOrder | None) -> str:
    if order is None:
        return COMMON_NAME
    # The names of somebody else are the certificate's fault; the device knows who it is.
    wrong = order.spec.defect is Defect.WRONG_NAME
    return order.spec.cn or ("" if wrong else order.spec.names.cn) or COMMON_NAME


def complete(name: str, written: Certificate) -> CertificateOrder:
    """Return a certificate with all that the file leaves to the baseline.

    The profile must be known. Raises :class:`harness.pki.spec.SpecError` for what cannot be made.
    """
    base = CERTIFICATES.get(name, Certificate())
    merged = base.model_copy(update={key: getattr(written, key) for key in written.model_fields_set})
    if merged.profile is None:
        raise ValueError(f"the profile of certificate {name!r} is not known")
    options: dict[str, Any] = {"valid_from": merged.valid_from} if merged.valid_from is not None else {}
    spec = CertificateSpec(
        name,
        merged.profile,
        issuer=merged.issuer or _usual_issuer(merged, merged.profile),
        cn=merged.cn,
        dns=_usual_names(merged, merged.profile),
        email=merged.email or (),
        uri=merged.uri or (),
        key=merged.key,
        defect=merged.defect,
        valid_for=merged.valid_for,
        key_identifiers=merged.key_identifiers is not False,
        **options,
    )
    return CertificateOrder(spec, merged.password, send_chain=merged.send_chain is not False)


def _usual_issuer(written: Certificate, profile: Profile) -> str | None:
    if profile is Profile.ROOT_CA or written.defect is Defect.SELF_SIGNED:
        return None
    return ROOT


def _usual_names(written: Certificate, profile: Profile) -> tuple[str, ...]:
    if written.dns is None:
        return (SERVER_NAME,) if profile is Profile.SERVER else ()
    return written.dns
