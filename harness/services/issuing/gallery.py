"""The JSON of the public sample solution: one GET for root CA, client certificate, or both.

``GET /api/certs?needRootCACertificate=true&needClientCertificate=true`` is answered with seven fields, all of
them strings, those that were not asked for empty: the sample's client cannot read a null. A refusal has a status, and
says why in the same media type.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from harness.services.issuing.issuer import Issued, Issuer
from harness.services.issuing.policy import Permit, Policy, Refusal, RefusalWord
from harness.services.web.messages import Reply, Request, phrase

PATH = "/api/certs"
FIELDS = (
    "timestamp",
    "rootCACertificate",
    "eapTlsNetworkSsid",
    "clientIdentity",
    "clientPublicCertificate",
    "clientPrivateKey",
    "clientPrivateKeyPass",
)
_NEEDS = ("needRootCACertificate", "needClientCertificate")
_JSON = "application/json; charset=utf-8"


class Careless(StrEnum):
    """What the service of the public sample does, or one like it."""

    ALWAYS_TRUE = "always-true"
    """It believes every certificate that is presented."""
    ALWAYS_200 = "always-200"
    """A refusal has status 200 and nulls."""
    NULLS = "nulls"
    """What was not asked for is null."""
    ONE_CERTIFICATE = "one-certificate"
    """All devices get the same client certificate and key."""
    CHAIN = "chain"
    """The client certificate comes with the CAs above it in one PEM text."""
    PASSWORD_MISSING = "password-missing"
    """The key is encrypted, and its password is empty."""
    PASSWORD_NEEDLESS = "password-needless"
    """The key is in clear and comes with a password."""


@dataclass(frozen=True, slots=True)
class Tampering:
    """How an answer is spoiled on its way out, field by field or as a whole; by default it is not."""

    drop: tuple[str, ...] = ()
    """Fields that are missing."""
    put: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    """Fields with another value, of any type of JSON."""
    pad: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Fields that line ends make as long as that, in octets."""
    reverse: bool = False
    """Whether the fields come in the opposite order."""
    status: int | None = None
    """Another status."""
    body: str | None = None
    """Another body."""
    content_type: str = _JSON


@dataclass(slots=True)
class GalleryService:
    """The service as a handler. ``ssid`` and what else is written can be changed while it serves.

    ``policy`` decides, ``issuer`` issues, ``root_ca`` is that of the RADIUS server; ``now`` is the service's clock.
    """

    policy: Policy
    issuer: Issuer
    root_ca: x509.Certificate
    ssid: str
    now: Callable[[], datetime]
    careless: frozenset[Careless] = frozenset()
    tampering: Tampering = Tampering()

    def __call__(self, request: Request) -> Reply:
        """Answer a request."""
        return _spoilt(self._answer(request), self.tampering)

    def _answer(self, request: Request) -> Reply:
        if request.path != PATH:
            return _refused(404, "not-found", f"there is nothing at {request.path[:80]!r}")
        if request.method != "GET":
            return _refused(405, "method-not-allowed", "use GET", {"allow": "GET"})
        needs = _needs(request)
        if needs is None:
            text = f"the query is not understood; write {_NEEDS[0]}=true&{_NEEDS[1]}=true"
            return _refused(400, "query-malformed", text)
        root, client = needs
        now = self.now()
        decided = self.policy.decide(request.peer_chain, None, now, issues=client)
        if isinstance(decided, Refusal):
            return self._declined(decided)
        fields = dict.fromkeys(FIELDS, None if Careless.NULLS in self.careless else "")
        fields["timestamp"] = now.astimezone(UTC).isoformat(timespec="seconds")
        fields["eapTlsNetworkSsid"] = self.ssid
        if root:
            fields["rootCACertificate"] = self.root_ca.public_bytes(Encoding.PEM).decode()
        if client:
            issued = self._issued(decided, now)
            if issued is None:
                text = "this device has a client certificate and gets no second one"
                return self._declined(Refusal(409, RefusalWord.ALREADY_ISSUED, text))
            fields |= self._handed_out(issued)
        return Reply(200, "OK", {"content-type": _JSON}, json.dumps(fields).encode())

    def _issued(self, permit: Permit, now: datetime) -> Issued | None:
        if Careless.ONE_CERTIFICATE in self.careless:
            return self.issuer.fixed(now)
        return self.issuer.issue(permit.device_id, now)

    def _handed_out(self, issued: Issued) -> dict[str, str | None]:
        credential, password = issued.credential, issued.password
        chain = Careless.CHAIN in self.careless
        certificate = credential.chain_pem() if chain else credential.certificate_pem()
        if chain and not credential.chain:
            certificate += self.issuer.authority.certificate_pem()
        said = password
        if Careless.PASSWORD_MISSING in self.careless:
            password, said = password or "forgotten", None
        if Careless.PASSWORD_NEEDLESS in self.careless:
            password, said = None, "needless"
        return {
            "clientIdentity": issued.identity,
            "clientPublicCertificate": certificate.decode(),
            "clientPrivateKey": credential.key_pem(password).decode(),
            "clientPrivateKeyPass": said or "",
        }

    def _declined(self, refusal: Refusal) -> Reply:
        if Careless.ALWAYS_200 in self.careless:
            return Reply(200, "OK", {"content-type": _JSON}, json.dumps(dict.fromkeys(FIELDS)).encode())
        headers = {} if refusal.retry_after is None else {"retry-after": str(refusal.retry_after)}
        return _refused(refusal.status, refusal.word, refusal.reason, headers)


def root_ca_handler(root_ca: Callable[[], x509.Certificate]) -> Callable[[Request], Reply]:
    """Return the service of an endpoint that gives the RADIUS server's root CA and nothing else: ``GET /root-ca``."""

    def answer(request: Request) -> Reply:
        if request.path != "/root-ca" or request.method != "GET":
            return _refused(404, "not-found", "the root CA is at GET /root-ca")
        body = root_ca().public_bytes(Encoding.PEM)
        return Reply(200, "OK", {"content-type": "application/x-pem-file"}, body)

    return answer


def _needs(request: Request) -> tuple[bool, bool] | None:
    """Return whether root CA and client certificate are asked for; ``None`` for a query that is none.

    What is left out is false. A second question mark shows a query that was appended to a query.
    """
    given = request.parameters()
    words = {name: given.get(name, "false").lower() for name in _NEEDS}
    if "?" in request.query or not set(words.values()) <= {"true", "false"}:
        return None
    return words[_NEEDS[0]] == "true", words[_NEEDS[1]] == "true"


def _refused(status: int, word: str, reason: str, headers: Mapping[str, str] = MappingProxyType({})) -> Reply:
    body = json.dumps({"error": word, "reason": reason}).encode()
    return Reply(status, phrase(status), {"content-type": _JSON, **headers}, body)


def _spoilt(reply: Reply, how: Tampering) -> Reply:
    if how == Tampering():
        return reply
    status = how.status or reply.status
    headers = {**reply.headers, "content-type": how.content_type}
    if how.body is not None:
        return Reply(status, phrase(status), headers, how.body.encode())
    fields = json.loads(reply.body)
    for name, length in how.pad.items():
        fields[name] = f"{fields.get(name) or ''}".ljust(length, "\n")
    fields = {name: value for name, value in {**fields, **how.put}.items() if name not in how.drop}
    if how.reverse:
        fields = dict(reversed(fields.items()))
    return Reply(status, phrase(status), headers, json.dumps(fields).encode())
