"""Whether a certification request may be answered: is it sound, may its key be certified, is the name its own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.x509.oid import SignatureAlgorithmOID

from harness.pki.est_messages import PKCS10, UnreadableBody, decode_request
from harness.pki.keys import KeyType
from harness.pki.signing_requests import alternative_names, key_type, proves_possession

_WEAK = {
    SignatureAlgorithmOID.RSA_WITH_MD5: "MD5",
    SignatureAlgorithmOID.RSA_WITH_SHA1: "SHA-1",
    SignatureAlgorithmOID.ECDSA_WITH_SHA1: "SHA-1",
}
_CHANGE_SUBJECT_NAME = x509.ObjectIdentifier("1.3.6.1.5.5.7.7.36")
"""RFC 6402 2.8."""


class EstRefusal(StrEnum):
    """Why an EST service refuses a request; whose device it is, is decided by the policy of the issuing service."""

    NO_CERTIFICATE = "no-client-certificate"
    EXPIRED = "certificate-expired"
    UNTRUSTED = "certificate-untrusted"
    NOTHING_TO_RENEW = "not-of-this-ca"
    """The certificate that is to be renewed is another CA's, as the one of the day."""
    CONTENT_TYPE = "content-type-wrong"
    UNREADABLE = "request-unreadable"
    NO_PROOF = "no-proof-of-possession"
    WEAK_SIGNATURE = "signature-weak"
    KEY = "key-not-certified"
    FOR_A_CA = "request-for-a-ca"
    OTHER_NAMES = "other-names"
    """The request asks for names that the client does not have."""


@dataclass(frozen=True, slots=True)
class NotAnswered:
    """A request that is not answered with a certificate: HTTP status, one word, one sentence for whoever sent it."""

    status: int
    word: EstRefusal
    reason: str


@dataclass(frozen=True, slots=True)
class Entitled:
    """The names that a client may have certified.

    ``holder`` says in words whose they are, for reasons. A request with an empty subject gets the names from
    here, where ``may_leave_out`` allows it. ``device_id`` is empty for a client that is no device of a tenant.
    """

    device_id: str
    holder: str
    subject: x509.Name
    alternatives: x509.SubjectAlternativeName | None = None
    may_leave_out: bool = True


def read_request(
    content_type: str, body: bytes, keys: Collection[KeyType], *, verifies: bool = True
) -> x509.CertificateSigningRequest | NotAnswered:
    """Read a request, verify its signature (RFC 7030 4.2.1), and judge its key; without ``verifies`` take any signature."""
    if content_type != PKCS10:
        named = repr(content_type) if content_type else "missing"
        return NotAnswered(
            400, EstRefusal.CONTENT_TYPE, f"the content type is {named}; a certification request is {PKCS10}"
        )
    try:
        request = decode_request(body)
    except UnreadableBody as error:
        return NotAnswered(400, EstRefusal.UNREADABLE, str(error))
    weak = _WEAK.get(request.signature_algorithm_oid)
    if weak:
        # Before its signature is verified: the library verifies none of these, which is no proof of anything.
        return NotAnswered(
            400,
            EstRefusal.WEAK_SIGNATURE,
            f"the request is signed with {weak}; this CA wants SHA-256 or better",
        )
    if verifies and not proves_possession(request):
        return NotAnswered(
            400,
            EstRefusal.NO_PROOF,
            "the signature of the request is not by the key that it names: no proof of possession",
        )
    return _judge_key(request, keys) or request


def _judge_key(request: x509.CertificateSigningRequest, keys: Collection[KeyType]) -> NotAnswered | None:
    kind = key_type(request.public_key())
    if kind is None or kind not in keys:
        wanted = ", ".join(keys)
        named = kind or "of another kind"
        return NotAnswered(
            400,
            EstRefusal.KEY,
            f"the key of the request is {named}; this CA certifies {wanted} (see csrattrs)",
        )
    return None


def judge_names(request: x509.CertificateSigningRequest, entitled: Entitled) -> NotAnswered | None:
    """Judge whether the request asks for the client's own names and nothing else (RFC 7030 3.3.2, 4.2.2)."""
    if any(attribute.oid == _CHANGE_SUBJECT_NAME for attribute in request.attributes):
        return NotAnswered(403, EstRefusal.OTHER_NAMES, "this CA changes no subject (ChangeSubjectName)")
    for extension in request.extensions:
        if isinstance(extension.value, x509.BasicConstraints) and extension.value.ca:
            return NotAnswered(
                403, EstRefusal.FOR_A_CA, "the request is for a CA, and this CA certifies devices"
            )
    asked = alternative_names(request)
    unnamed = entitled.may_leave_out and not list(request.subject)
    if request.subject != entitled.subject and not unnamed:
        return NotAnswered(
            403,
            EstRefusal.OTHER_NAMES,
            f"the request is for {_quoted(request.subject)}, {entitled.holder} is {_quoted(entitled.subject)}",
        )
    if asked != entitled.alternatives and not (entitled.may_leave_out and asked is None):
        return NotAnswered(
            403,
            EstRefusal.OTHER_NAMES,
            f"the request asks for alternative names that {entitled.holder} does not have",
        )
    return None


def _quoted(name: x509.Name) -> str:
    # 128 characters of a device ID are more than a sentence bears.
    text = name.rfc4514_string()
    return repr(text if len(text) <= 72 else f"{text[:24]}...{text[-8:]}")
