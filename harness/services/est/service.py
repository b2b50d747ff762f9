"""The EST service as a handler: paths, media types, statuses (RFC 7030 3.2.2, 4).

``cacerts`` and ``csrattrs`` are for everybody (4.1.2, 4.5.1). ``simpleenroll`` is for clients that the policy admits,
here devices with an attestation certificate of their tenant; ``simplereenroll`` for holders of a certificate of
this CA, which has to be valid still.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock
from types import MappingProxyType

from cryptography import x509

from harness.pki.csr_attributes import encode_csr_attributes
from harness.pki.est_messages import CERTS_ONLY, CSR_ATTRIBUTES, encode_certificates
from harness.pki.keys import KeyType
from harness.pki.signing_requests import PublicKey, alternative_names, common_name, spki
from harness.services.est.judge import Entitled, EstRefusal, NotAnswered, judge_names, read_request
from harness.services.issuing.issuer import Issuer, device_of, device_uri, identity_of
from harness.services.issuing.policy import Policy, Refusal
from harness.services.web.messages import Reply, Request, phrase
from harness.services.web.trust import ClientTrust

WELL_KNOWN = "/.well-known/est/"
_EXPIRED = 10
"""X509_V_ERR_CERT_HAS_EXPIRED."""


class Careless(StrEnum):
    """What a service does that leaves out a check."""

    NO_PROOF = "no-proof-of-possession"
    """It does not verify the signature of a request."""
    ANY_NAME = "any-name"
    """It certifies whatever name is asked for."""


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


def _nobody(_word: str) -> None:
    """Hear of a refusal and do nothing."""


@dataclass(slots=True)
class EstService:
    """Answers requests; called from several threads at once.

    ``policy`` decides who gets a certificate, ``issuer`` signs it; both are those of every protocol of the issuing service.
    ``cacerts`` are the root CA, every CA between it and what is issued, and more while a root is being renewed
    (RFC 7030 4.1.3). ``keys`` are the kinds certified, the preferred one first. ``approval`` is how long a request
    waits for somebody's consent: until then the answer is 202 with Retry-After (4.2.3). ``labels`` are the CA
    labels served (3.2.2); the empty one is the path without a label. What is written can be changed while it serves.
    """

    policy: Policy
    issuer: Issuer
    cacerts: tuple[x509.Certificate, ...]
    now: Callable[[], datetime]
    keys: tuple[KeyType, ...] = (KeyType.EC_P256, KeyType.EC_P384, KeyType.RSA_2048, KeyType.RSA_3072)
    approval: timedelta = timedelta()
    labels: frozenset[str] = frozenset({""})
    careless: frozenset[Careless] = frozenset()
    instead: Mapping[Operation, Reply] = field(default_factory=lambda: MappingProxyType({}))
    refused: Callable[[str], None] = field(default=_nobody, repr=False)
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
            return _base64(CERTS_ONLY, encode_certificates(self.cacerts))
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
        entitled = self._renews(request, now) if again else self._admitted(request, now)
        if not isinstance(entitled, Entitled):
            return self._declined(entitled)
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        verifies = Careless.NO_PROOF not in self.careless
        asked = read_request(content_type, request.body, self.keys, verifies=verifies)
        if isinstance(asked, NotAnswered):
            return self._declined(asked)
        wrong = None if Careless.ANY_NAME in self.careless else judge_names(asked, entitled)
        if wrong:
            return self._declined(wrong)
        waits = self._waits(spki(asked), now)
        if waits:
            return later(waits)
        if entitled.device_id:
            # Counted only now: a request that was wrong, or waits, took nothing.
            permitted = self.policy.permit(entitled.device_id, now)
            if isinstance(permitted, Refusal):
                return self._declined(permitted)
        return _base64(CERTS_ONLY, encode_certificates([self._issue(asked, entitled, now)]))

    def _declined(self, why: Refusal | NotAnswered) -> Reply:
        self.refused(why.word)
        return declined(why)

    def _admitted(self, request: Request, now: datetime) -> Entitled | Refusal:
        """Return what a device with an attestation certificate of the tenant is entitled to."""
        decided = self.policy.decide(request.peer_chain, None, now, issues=False)
        if isinstance(decided, Refusal):
            return decided
        uri = x509.UniformResourceIdentifier(device_uri(decided.device_id))
        return Entitled(
            device_id=decided.device_id,
            holder="the device",
            subject=common_name(identity_of(decided.device_id)),
            alternatives=x509.SubjectAlternativeName([uri]),
        )

    def _renews(self, request: Request, now: datetime) -> Entitled | Refusal | NotAnswered:
        """Return what the holder of one of this CA's certificates is entitled to: the same names again.

        A certificate of any CA that ``cacerts`` gives counts: while a CA is renewed, devices come with the old one's.
        """
        chain = request.peer_chain
        if not chain:
            return NotAnswered(401, EstRefusal.NO_CERTIFICATE, "the client presented no certificate")
        authorities = (self.issuer.authority.certificate, *self.cacerts)
        if chain[0].issuer not in {one.subject for one in authorities}:
            text = "the certificate presented is not of this CA; there is nothing to renew"
            return NotAnswered(403, EstRefusal.NOTHING_TO_RENEW, text)
        failure = ClientTrust(authorities, partial_chain=True).failure(chain, now)
        if failure:
            word = EstRefusal.EXPIRED if failure.number == _EXPIRED else EstRefusal.UNTRUSTED
            return NotAnswered(403, word, f"the certificate presented cannot be renewed: {failure}")
        names = alternative_names(chain[0])
        device_id = device_of(names)
        if device_id:
            permitted = self.policy.permit(device_id, now, issues=False)
            if isinstance(permitted, Refusal):
                return permitted
        return Entitled(device_id, "the certificate presented", chain[0].subject, names, may_leave_out=False)

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
        self, asked: x509.CertificateSigningRequest, entitled: Entitled, now: datetime
    ) -> x509.Certificate:
        subject = asked.subject if list(asked.subject) else entitled.subject
        alternatives = alternative_names(asked) or entitled.alternatives
        key = asked.public_key()
        assert isinstance(key, PublicKey)  # judged before
        return self.issuer.certify(key, subject, alternatives, now)


def declined(why: Refusal | NotAnswered) -> Reply:
    """Write a refusal as plain text for people (RFC 7030 4.2.3)."""
    answer = Reply.text(why.status, why.reason)
    headers = dict(answer.headers)
    if why.status == 401:
        # RFC 9110 15.5.2 asks for a challenge; there is no registered word for "present a certificate in TLS".
        headers["www-authenticate"] = 'ClientCertificate realm="est"'
    if isinstance(why, Refusal) and why.retry_after is not None:
        headers["retry-after"] = str(why.retry_after)
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
