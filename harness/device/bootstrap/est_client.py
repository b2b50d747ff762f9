"""An EST client without sockets: a conversation that yields calls and takes answers.

The private key is made on the device and never leaves it: what goes out is a request signed with it. When the service
needs time (202), the conversation ends with :class:`Later`, and the next one repeats the same request.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from harness.device.bootstrap.est_messages import (
    CACERTS,
    CSRATTRS,
    EstAnswer,
    EstCall,
    EstCause,
    EstFailure,
    Later,
    enrolment,
    read_attributes,
    read_certificates,
    read_issued,
)
from harness.device.bootstrap.est_trust import other_root, root_for, valid
from harness.pki.credential import Credential
from harness.pki.keys import KeyType, PrivateKey, generate, private_key_pem, public_key_der
from harness.pki.signing_requests import alternative_names, make_request, spki


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What an enrolment gave, verified: each certificate alone as PEM, as the store takes it.

    ``name`` is the common name that the service certified; empty when the subject has none.
    """

    certificate: bytes
    key: bytes = field(repr=False)
    root_ca: bytes
    name: str


Conversation = Generator[EstCall, EstAnswer, Enrolled | Later | EstFailure]
"""What :class:`EstClient` talks in: send the call that it yields, give it the answer."""

_NO_ROOT = EstFailure(
    CACERTS.operation,
    EstCause.NO_ROOT,
    "no root CA of cacerts that is valid now ends the path of the client certificate",
)
_MAKES = (KeyType.EC_P256, KeyType.EC_P384, KeyType.RSA_2048, KeyType.RSA_3072, KeyType.RSA_4096)


@dataclass(slots=True)
class EstClient:
    """The client of one device.

    ``makes`` are the kinds of key that it can make; the first is made where the service has no wish. ``generate`` makes
    one, ``sign`` a request. ``pending`` is a request that was taken and waits, with its key; it is not repeated before
    ``not_before``. ``held`` is the last certificate with its key: the application keeps them in its own storage,
    because the certificate store gives no key back (behaviour reference, section 1.3). ``root`` is the last root CA that
    was chosen.
    """

    makes: tuple[KeyType, ...] = _MAKES
    generate: Callable[[KeyType], PrivateKey] = field(default=generate, repr=False)
    sign: Callable[
        [PrivateKey, x509.Name, x509.SubjectAlternativeName | None], x509.CertificateSigningRequest
    ] = field(default=make_request, repr=False)
    pending: tuple[PrivateKey, x509.CertificateSigningRequest] | None = field(default=None, repr=False)
    not_before: datetime | None = None
    held: Credential | None = field(default=None, repr=False)
    root: x509.Certificate | None = None

    def enrol(
        self, subject: x509.Name, alternatives: x509.SubjectAlternativeName | None = None
    ) -> Conversation:
        """Enrol for the first time, for that name; an empty one leaves the name to the service."""
        return self._talk(subject, alternatives, again=False)

    def renew(self, certificate: x509.Certificate) -> Conversation:
        """Enrol again with a new key; the names are those of the certificate presented (RFC 7030 4.2.2)."""
        return self._talk(certificate.subject, alternative_names(certificate), again=True)

    def root_ca(self) -> Generator[EstCall, EstAnswer, bytes | EstFailure]:
        """Get another root CA than the last one, which does not verify the network's server; as PEM."""
        answer = yield CACERTS
        authorities = read_certificates(CACERTS.operation, answer)
        if isinstance(authorities, EstFailure):
            return authorities
        root = other_root(self.root, authorities, answer.now)
        if root is None:
            text = "cacerts holds no other root CA than the one that does not verify the network's server"
            return EstFailure(CACERTS.operation, EstCause.NO_ROOT, text)
        self.root = root
        return _pem(root)

    def _talk(
        self, subject: x509.Name, alternatives: x509.SubjectAlternativeName | None, *, again: bool
    ) -> Conversation:
        answer = yield CACERTS
        authorities = read_certificates(CACERTS.operation, answer)
        if isinstance(authorities, EstFailure):
            return authorities
        if self.pending is None:
            key = yield from self._key()
            if isinstance(key, EstFailure):
                return key
            self.pending = (key, self.sign(key, subject, alternatives))
        key, request = self.pending
        call = enrolment(request, again=again)
        answer = yield call
        issued = read_issued(call.operation, answer)
        if isinstance(issued, Later):
            self.not_before = answer.now + issued.wait
            return issued
        # Answered for good, one way or the other: the next request is a new one.
        self.pending, self.not_before = None, None
        if isinstance(issued, EstFailure):
            return issued
        ended = _judge(call.operation, key, issued, authorities, answer)
        if isinstance(ended, Enrolled):
            self.held = Credential(x509.load_pem_x509_certificate(ended.certificate), key)
            self.root = x509.load_pem_x509_certificate(ended.root_ca)
        return ended

    def _key(self) -> Generator[EstCall, EstAnswer, PrivateKey | EstFailure]:
        """Ask what the service wants and make such a key."""
        answer = yield CSRATTRS
        wanted = read_attributes(CSRATTRS.operation, answer)
        if isinstance(wanted, EstFailure):
            return wanted
        if wanted is None or not wanted.keys:
            return self.generate(self.makes[0])
        kind = next((kind for kind in wanted.keys if kind in self.makes), None)
        if kind is None:
            text = f"the service wants {', '.join(wanted.keys)}; the device makes {', '.join(self.makes)}"
            return EstFailure(CSRATTRS.operation, EstCause.KEY_NOT_OFFERED, text)
        return self.generate(kind)


def _judge(
    place: str,
    key: PrivateKey,
    issued: tuple[x509.Certificate, ...],
    authorities: tuple[x509.Certificate, ...],
    answer: EstAnswer,
) -> Enrolled | EstFailure:
    """Verify what came before any of it is installed."""
    own = next((one for one in issued if spki(one) == public_key_der(key)), None)
    if own is None:
        return EstFailure(
            place, EstCause.ANOTHER_KEY, "no certificate that came is of the key of the request"
        )
    if not valid(own, answer.now):
        text = (
            f"it is valid from {own.not_valid_before_utc:%Y-%m-%d %H:%M} to"
            f" {own.not_valid_after_utc:%Y-%m-%d %H:%M}, the device's time is {answer.now:%Y-%m-%d %H:%M}"
        )
        return EstFailure(place, EstCause.NOT_VALID_NOW, text)
    root = root_for(own, authorities, answer.now)
    if root is None:
        return _NO_ROOT
    return Enrolled(_pem(own), private_key_pem(key), _pem(root), _name(own))


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _name(certificate: x509.Certificate) -> str:
    found = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""
