"""The EST service as a handler: paths, media types, statuses (RFC 7030 3.2.2, 4).

``cacerts`` and ``csrattrs`` are for everybody (4.1.2, 4.5.1). ``simpleenroll`` is for clients that the policy admits,
here devices with an attestation certificate of their tenant; ``simplereenroll`` for holders of a certificate of
this CA, which has to be valid still.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock
from types import MappingProxyType

from cryptography import x509

from harness.pki.credential import Credential
from harness.pki.csr_attributes import encode_csr_attributes
from harness.pki.est_messages import CERTS_ONLY, CSR_ATTRIBUTES, encode_certificates
from harness.pki.keys import KeyType
from harness.pki.signing_requests import (
    PublicKey,
    alternative_names,
    issue_client_certificate,
    spki,
)
from harness.services.est.judge import Entitled, Refusal, judge_names, read_request
from harness.services.web.messages import Reply, Request, phrase
from harness.services.web.trust import ClientTrust

WELL_KNOWN = "/.well-known/est/"
BACKDATED = timedelta(minutes=5)
"""How far a certificate begins in the past, for devices whose clocks are slow."""

Admit = Callable[[Request, datetime], Entitled | Refusal]
"""Who may enrol for the first time, and for which names."""


class Operation(StrEnum):
    """What the last part of a path asks for (RFC 7030 3.2.2)."""

    CACERTS = "cacerts"
    CSRATTRS = "csrattrs"
    SIMPLEENROLL = "simpleenroll"
    SIMPLEREENROLL = "simplereenroll"

    @property
    def method(self) -> str:
        """The only HTTP method it has."""
        return "POST" if self in {Operation.SIMPLEENROLL, Operation.SIMPLEREENROLL} else "GET"


@dataclass(frozen=True, slots=True)
class Authority:
    """The CA that certifies: its credential, what ``cacerts`` gives, how long certificates last."""

    issuer: Credential
    certificates: tuple[x509.Certificate, ...]
    """The root, and every CA between it and what is issued; more where a root is being renewed (RFC 7030 4.1.3)."""
    lifetime: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Issued:
    """One line of the register of what was issued."""

    at: datetime
    holder: str
    certificate: x509.Certificate


@dataclass(slots=True)
class EstService:
    """Answers requests; called from several threads at once.

    ``admit`` decides on first enrolment; ``readmit`` is asked at re-enrolment with what the certificate says, and
    may refuse (an allow list that no longer has the device). ``keys`` are the kinds certified, the preferred one
    first. ``approval`` is how long a request waits for somebody's consent: until then the answer is 202 with
    Retry-After (4.2.3). ``labels`` are the CA labels served (3.2.2); the empty one is the path without label.
    ``instead`` replaces answers of operations, for services that answer something else. ``random`` gives that
    many octets.
    """

    authority: Authority
    admit: Admit
    now: Callable[[], datetime]
    random: Callable[[int], bytes]
    readmit: Callable[[Request, Entitled, datetime], Refusal | None] | None = None
    keys: tuple[KeyType, ...] = (KeyType.EC_P256, KeyType.EC_P384, KeyType.RSA_2048, KeyType.RSA_3072)
    approval: timedelta = timedelta()
    labels: frozenset[str] = frozenset({""})
    verifies_possession: bool = True
    checks_names: bool = True
    instead: Mapping[Operation, Reply] = field(default_factory=lambda: MappingProxyType({}))
    register: list[Issued] = field(default_factory=list)
    _waiting: dict[bytes, datetime] = field(default_factory=dict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def __call__(self, request: Request) -> Reply:
        """Answer one request."""
        operation = self._operation(request)
        if isinstance(operation, Reply):
            return operation
        if operation in self.instead:
            return self.instead[operation]
        if operation is Operation.CACERTS:
            return _base64(CERTS_ONLY, encode_certificates(self.authority.certificates))
        if operation is Operation.CSRATTRS:
            return _base64(CSR_ATTRIBUTES, encode_csr_attributes(self.keys[:1]))
        return self._enrol(request, again=operation is Operation.SIMPLEREENROLL)

    def _operation(self, request: Request) -> Operation | Reply:
        rest = request.path.removeprefix(WELL_KNOWN)
        label, _, name = rest.rpartition("/")
        if rest == request.path or label not in self.labels or name not in set(Operation):
            return Reply.text(404, f"there is no {request.path} here")
        operation = Operation(name)
        if request.method != operation.method:
            answer = Reply.text(405, f"{operation} is asked for with {operation.method}")
            headers = {**answer.headers, "allow": operation.method}
            return Reply(answer.status, answer.reason, headers, answer.body)
        return operation

    def _enrol(self, request: Request, *, again: bool) -> Reply:
        # The time of the request is one time: what was valid when it came is valid until it is answered.
        now = self.now()
        entitled = self._holder(request, now) if again else self.admit(request, now)
        if isinstance(entitled, Refusal):
            return refused(entitled)
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        read = read_request(content_type, request.body, self.keys, verifies=self.verifies_possession)
        if isinstance(read, Refusal):
            return refused(read)
        wrong = judge_names(read, entitled) if self.checks_names else None
        if wrong:
            return refused(wrong)
        waits = self._waits(spki(read), now)
        if waits:
            return later(waits)
        certificate = self._issue(read, entitled, now)
        return _base64(CERTS_ONLY, encode_certificates([certificate]))

    def _holder(self, request: Request, now: datetime) -> Entitled | Refusal:
        """Return what the holder of one of this CA's certificates is entitled to: the same names again."""
        chain = request.peer_chain
        if not chain:
            return Refusal(401, "no client certificate was presented")
        own, *between = self._own_path()
        trust = ClientTrust((own,), tuple(between), partial_chain=True)
        if chain[0].issuer != self.authority.issuer.certificate.subject:
            return Refusal(403, "the certificate presented is not of this CA: nothing that it could renew")
        failure = trust.failure(chain, now)
        if failure:
            return Refusal(401, f"the certificate presented cannot be renewed: {failure}")
        entitled = Entitled(
            key=chain[0].subject.rfc4514_string(),
            holder="the certificate presented",
            subject=chain[0].subject,
            alternatives=alternative_names(chain[0]),
            may_leave_out=False,
        )
        return (self.readmit(request, entitled, now) if self.readmit else None) or entitled

    def _own_path(self) -> tuple[x509.Certificate, ...]:
        """Return the CA itself, which ends the path of what it issued, and what it shows above."""
        return (self.authority.issuer.certificate, *self.authority.issuer.chain)

    def _waits(self, key: bytes, now: datetime) -> timedelta:
        """Return how long a request for that key still waits; a request counts from its first coming."""
        if not self.approval:
            return timedelta()
        with self._lock:
            ready = self._waiting.setdefault(key, now + self.approval)
            if ready <= now:
                del self._waiting[key]
            return max(ready - now, timedelta())

    def _issue(
        self, request: x509.CertificateSigningRequest, entitled: Entitled, now: datetime
    ) -> x509.Certificate:
        subject = request.subject if list(request.subject) else entitled.subject
        alternatives = alternative_names(request) or entitled.alternatives
        issuer = self.authority.issuer
        # Nothing outlives its issuer (RFC 5280 6.1.3 would end it there anyway).
        end = min(now + self.authority.lifetime, issuer.certificate.not_valid_after_utc)
        key = request.public_key()
        assert isinstance(key, PublicKey)  # judged before
        certificate = issue_client_certificate(
            key, subject, tuple(alternatives or ()), issuer, (now - BACKDATED, end), self.random
        )
        with self._lock:
            self.register.append(Issued(now, entitled.key, certificate))
        return certificate


def refused(refusal: Refusal) -> Reply:
    """Write a refusal as plain text for people (RFC 7030 4.2.3)."""
    answer = Reply.text(refusal.status, refusal.reason)
    if refusal.status != 401:
        return answer
    # RFC 9110 15.5.2 asks for a challenge; there is no registered word for "present a certificate in TLS".
    headers = {**answer.headers, "www-authenticate": 'ClientCertificate realm="est"'}
    return Reply(answer.status, answer.reason, headers, answer.body)


def later(wait: timedelta) -> Reply:
    """Say that the request was taken and when to come again, in whole seconds (RFC 9110 10.2.3)."""
    seconds = -(-wait // timedelta(seconds=1))
    answer = Reply.text(202, f"the request waits for approval; repeat it in {seconds} s")
    return Reply(202, answer.reason, {**answer.headers, "retry-after": str(seconds)}, answer.body)


def _base64(content_type: str, body: bytes) -> Reply:
    # RFC 7030 sends this header, RFC 8951 3.1 ignores it; clients of both kinds are content.
    headers = {"content-type": content_type, "content-transfer-encoding": "base64"}
    return Reply(200, phrase(200), headers, body)


def tenant_admission(
    trust: ClientTrust, names: Callable[[Sequence[x509.Certificate]], Entitled | Refusal]
) -> Admit:
    """Admit whoever presents a chain that ``trust`` verifies; ``names`` says which names are its own."""

    def admit(request: Request, now: datetime) -> Entitled | Refusal:
        if not request.peer_chain:
            return Refusal(401, "no client certificate was presented")
        failure = trust.failure(request.peer_chain, now)
        if failure:
            return Refusal(401, f"the attestation certificate is not accepted: {failure}")
        return names(request.peer_chain)

    return admit
