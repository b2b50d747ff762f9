"""Certificates, servers, access points and devices of a scenario: completed, and their names checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from harness.device.checks import MAX_PASSWORD
from harness.errors import Place
from harness.pki.spec import CertificateSpec, Defect, Profile, SpecError, lineage
from harness.scenario import baseline
from harness.scenario.baseline import CertificateOrder
from harness.scenario.check_fleet import check_fleet_names
from harness.scenario.cipher_list import fault
from harness.scenario.complaints import Complaints, Path
from harness.scenario.document import Document
from harness.scenario.models import Scenario
from harness.scenario.part import key_of
from harness.scenario.texts import MOST_IN_ATTRIBUTE
from harness.scenario.wording import listed
from harness.scenario.world import AccessPoint, Certificate, Device, Security, Server, Start

_Item = TypeVar("_Item", Server, AccessPoint, Device)


@dataclass(frozen=True, slots=True)
class ConcreteWorld:
    """What exists when the first step begins."""

    certificates: Mapping[str, CertificateOrder]
    servers: Mapping[str, Server]
    server_places: Mapping[str, Place]
    access_points: Mapping[str, AccessPoint]
    devices: Mapping[str, Device]


def resolve_world(scenario: Scenario, complaints: Complaints) -> ConcreteWorld:
    """Return the world with the baseline put in; what is wrong with it goes to ``complaints``."""
    certificates = _certificates(scenario, complaints)
    servers = _named(scenario, complaints, baseline.SERVER, "server", Server())
    places = {}
    for name, server in servers.items():
        path: Path = ("servers", name) if scenario.servers else ("server",)
        check_server(server, path, certificates, complaints)
        places[name] = _server_place(path, server, scenario, complaints.document)
    written = _named(scenario, complaints, baseline.ACCESS_POINT, "access_point", AccessPoint())
    access_points = {}
    for name, access_point in written.items():
        path = ("access-points", name) if scenario.access_points else ("access-point",)
        if access_point.nas_identifier is None:
            _check_name_on_air(name, path, complaints)
        access_points[name] = _with_server(access_point, name, path, servers, complaints)
    devices = _named(scenario, complaints, baseline.DEVICE, "device", Device())
    for name, device in devices.items():
        _check_provisioning(device, certificates, complaints)
        _check_ciphers(device, ("devices", name) if scenario.devices else ("device",), complaints)
    check_fleet_names(devices, complaints)
    return ConcreteWorld(certificates, servers, places, access_points, devices)


def _check_ciphers(device: Device, path: Path, complaints: Complaints) -> None:
    """Check that a device's cipher list selects any; without one its library takes the usual ciphers."""
    wrong = fault(device.ciphers) if device.ciphers else None
    if wrong is not None:
        complaints.add((*path, "ciphers"), *wrong)


def _server_place(path: Path, server: Server, scenario: Scenario, document: Document) -> Place:
    """Return where a server is written; else its certificate, without which it is the baseline's; else the title."""
    certificate: Path = ("certificates", server.certificate)
    written = scenario.server or scenario.servers
    at = path if written else certificate if server.certificate in scenario.certificates else ("scenario",)
    return document.place(at, key=True)


def _check_provisioning(
    device: Device, certificates: Mapping[str, CertificateOrder], complaints: Complaints
) -> None:
    """Check the device's first install: a provisioned device holds the baseline's client certificate, so it must be one it takes."""
    order = certificates.get(baseline.THERMOSTAT)
    if order is None or device.starts is not Start.PROVISIONED:
        return
    if len((order.password or "").encode()) > MAX_PASSWORD:
        complaints.add(
            ("certificates", baseline.THERMOSTAT, "password"),
            f"a provisioned device refuses {baseline.THERMOSTAT!r}: its password has more than {MAX_PASSWORD} octets",
            "write a shorter one, or device: empty and install it in a step that expects the error",
        )
    if order.spec.defect is Defect.KEY_MISMATCH and device.check_key_match:
        complaints.add(
            ("certificates", baseline.THERMOSTAT, "defect"),
            f"a provisioned device refuses {baseline.THERMOSTAT!r}: its key belongs to another certificate",
            "write device: empty and install it in a step that expects the error, "
            "or device: {check-key-match: false}",
        )


def check_server(
    server: Server, path: Path, certificates: Mapping[str, CertificateOrder], complaints: Complaints
) -> None:
    """Check the certificates that a server's settings name."""
    complaints.check_name((*path, "certificate"), server.certificate, certificates, "certificate")
    for index, name in enumerate(server.trusts):
        complaints.check_name((*path, "trusts", index), name, certificates, "certificate")
    for index, name in enumerate(server.crl.publish if server.crl else ()):
        at = (*path, "crl", "publish", index)
        if complaints.check_name(at, name, certificates, "certificate"):
            spec = certificates[name].spec
            if not spec.profile.is_ca:
                complaints.add(at, f"{name!r} is a {spec.profile} and publishes no CRL", "name a CA")


def _certificates(scenario: Scenario, complaints: Complaints) -> Mapping[str, CertificateOrder]:
    names = [
        *baseline.CERTIFICATES,
        *(name for name in scenario.certificates if name not in baseline.CERTIFICATES),
    ]
    orders = {}
    for name in names:
        order = _order(name, scenario.certificates.get(name, Certificate()), complaints)
        if order:
            orders[name] = order
        else:
            complaints.broken.add(name)
    specs = {name: order.spec for name, order in orders.items()}
    for name in orders:
        _check_lineage(name, specs, complaints)
    return {name: orders[name] for name in _issuers_first(specs)}


def _order(name: str, written: Certificate, complaints: Complaints) -> CertificateOrder | None:
    path = ("certificates", name)
    if written.profile is None and name not in baseline.CERTIFICATES:
        known = f"{listed(baseline.CERTIFICATES)} are in the baseline"
        profiles = listed(Profile, "or")
        complaints.add(
            path, f"certificate {name!r} lacks 'profile'", f"write {profiles}; only {known}", key=True
        )
        return None
    try:
        return baseline.complete(name, written)
    except SpecError as error:
        at = (*path, key_of(error.field)) if error.field else path
        there = at != path and complaints.document.known_part(at) == at
        complaints.add(at if there else path, str(error), key=not there)
        return None


def _check_lineage(name: str, specs: Mapping[str, CertificateSpec], complaints: Complaints) -> None:
    issuer = specs[name].issuer
    if issuer is not None and issuer not in specs:
        complaints.check_name(("certificates", name, "issuer"), issuer, specs, "certificate")
        return
    try:
        lineage(name, specs)
    except SpecError as error:
        if f"certificate {name!r}" in str(error):  # an issuer's mistake is told where the issuer stands
            complaints.add(("certificates", name, "issuer"), str(error))


def _issuers_first(specs: Mapping[str, CertificateSpec]) -> list[str]:
    ordered: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        issuer = specs[name].issuer
        if issuer in specs and issuer is not None and issuer not in (*above, name):
            visit(issuer, (*above, name))
        if name not in ordered:
            ordered.append(name)

    for name in specs:
        visit(name, ())
    return ordered


def _named(
    scenario: Scenario, complaints: Complaints, name: str, field: str, default: _Item
) -> Mapping[str, _Item]:
    """Return what a file writes as one or as several, by name."""
    one: _Item | None = getattr(scenario, field)
    several: dict[str, _Item] | None = getattr(scenario, f"{field}s")
    if one is not None and several is not None:
        key = key_of(field)
        complaints.add((key,), f"{key!r} and '{key}s' stand here both", f"move it into {key}s", key=True)
    return several or {name: one or default}


def _check_name_on_air(name: str, path: Path, complaints: Complaints) -> None:
    """Check the name of an access point, which is its NAS-Identifier as well."""
    octets = len(name.encode())
    if not 1 <= octets <= MOST_IN_ATTRIBUTE:
        message = f"the access point's name has {octets} octets and is its NAS-Identifier"
        complaints.add(path, message, f"give it a name of 1 to {MOST_IN_ATTRIBUTE} octets", key=True)


def _with_server(
    access_point: AccessPoint, name: str, path: Path, servers: Mapping[str, Server], complaints: Complaints
) -> AccessPoint:
    if access_point.server is not None:
        complaints.check_name((*path, "server"), access_point.server, servers, "server")
        return access_point
    if len(servers) > 1 and access_point.security not in {Security.OPEN, Security.WPA2_PSK}:
        choice = listed(servers, "or")
        complaints.add(
            path, f"access point {name!r} does not say which server it asks", f"add server: {choice}"
        )
    return access_point.model_copy(update={"server": next(iter(servers))})
