"""EST in a case: the service as its file writes it, and the device's application that talks to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from harness.device.application import Application
from harness.device.bootstrap.est_client import EstClient
from harness.device.bootstrap.est_machine import AskedNames, EstBootstrap
from harness.device.bootstrap.plan import Plan
from harness.device.device import Device
from harness.pki.est_messages import CERTS_ONLY, encode_certificates
from harness.pki.keys import KeyType, PrivateKey, generate
from harness.pki.signing_requests import common_name, make_request
from harness.run.tenants import device_id
from harness.scenario.world_est import EstRequest
from harness.scenario.world_services import Service
from harness.services.est.service import Careless, EstService, Operation
from harness.services.issuing.issuer import Issuer, device_uri, identity_of
from harness.services.issuing.policy import Policy
from harness.services.web.messages import Reply

if TYPE_CHECKING:
    from harness.run.world import World

_PORTAL = b"<!doctype html><title>Welcome</title><p>Please accept the terms of this network.</p>\n"


def est_service(world: World, policy: Policy, issuer: Issuer, note: Callable[[str], None]) -> EstService:
    """Make a service, which :func:`configure` then sets up; ``note`` is told the word of each refusal."""
    return EstService(policy, issuer, (), world.now, refused=note)


def configure(world: World, made: EstService, service: Service) -> None:
    """Set a service up as it is written now; what it has issued and whom it keeps waiting stays."""
    written, book = service.est, world.book
    if written.cacerts is None:
        made.cacerts = _path(world, service.issues_from)
    else:
        made.cacerts = tuple(book.certificate(name) for name in written.cacerts)
    made.keys = written.keys
    made.approval = written.approval
    made.labels = frozenset({written.label or ""})
    made.careless = frozenset(Careless(word) for word in written.careless)
    made.instead = {
        Operation(operation): _answer(made, kind, world) for operation, kind in written.instead.items()
    }


def _path(world: World, name: str) -> tuple[x509.Certificate, ...]:
    """Return a CA and those above it, up to the root."""
    found = []
    certificates = world.scenario.certificates
    at: str | None = name
    while at is not None and at not in found:
        found.append(at)
        spec = certificates[at].spec
        at = None if spec.signs_itself else spec.issuer
    return tuple(world.book.certificate(one) for one in found)


def _answer(made: EstService, kind: str, world: World) -> Reply:
    if kind == "pem":
        body = b"".join(one.public_bytes(Encoding.PEM) for one in made.cacerts)
        return Reply(200, "", {"content-type": "application/x-pem-file"}, body)
    if kind == "html":
        return Reply(200, "", {"content-type": "text/html"}, _PORTAL)
    if kind == "missing":
        return Reply.text(404, "there is no such thing here")
    if kind == "another-key":
        key = generate(KeyType.EC_P256).public_key()
        other = made.issuer.certify(key, common_name("another"), None, world.now())
        return Reply(200, "", {"content-type": CERTS_ONLY}, encode_certificates([other]))
    return Reply(200, "", {"content-type": CERTS_ONLY})


def machine(
    application: Application,
    plan: Plan,
    client: EstClient,
    device: Device,
    other: Device | None,
    *,
    request: EstRequest,
    label: str,
) -> EstBootstrap:
    """Make the application's machine; ``other`` is the device whose names it asks for."""
    client.sign = _broken if request.broken_signature else make_request
    names = AskedNames()
    if other is not None:
        uri = x509.UniformResourceIdentifier(device_uri(device_id(other)))
        names = AskedNames(identity_of(device_id(other)), x509.SubjectAlternativeName([uri]))
    return EstBootstrap(application, plan, client, device.clock.now, names, label)


def _broken(
    key: PrivateKey, subject: x509.Name, alternatives: x509.SubjectAlternativeName | None
) -> x509.CertificateSigningRequest:
    """Make a request and turn one bit of its signature."""
    der = bytearray(make_request(key, subject, alternatives).public_bytes(Encoding.DER))
    der[-3] ^= 1
    return x509.load_der_x509_csr(bytes(der))
