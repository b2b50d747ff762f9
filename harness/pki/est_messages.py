"""Bodies of Enrollment over Secure Transport (RFC 7030): base64 around PKCS #7 and PKCS #10.

Both ends read with the same strictness. Whitespace inside base64 is passed over, and the header
Content-Transfer-Encoding decides nothing (RFC 8951 3.1). Everything else that is sent in place of a message
(PEM, bare DER, an HTML page) is named as what it is.
"""

from __future__ import annotations

import base64
import binascii
import warnings
from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from harness.errors import one_line
from harness.pki.pkcs7 import certificates_of

CERTS_ONLY = "application/pkcs7-mime; smime-type=certs-only"
PKCS10 = "application/pkcs10"
CSR_ATTRIBUTES = "application/csrattrs"

LONGEST_BODY = 64 * 1024
"""Octets of base64 that are looked at; a few CA certificates need a tenth of it."""

warnings.filterwarnings("ignore", message="PKCS#7 certificates could not be parsed as DER")
# Some servers write BER, which the library reads with a warning. It cannot be silenced around the call:
# warnings.catch_warnings is not safe among threads, and services have threads.

_WHITESPACE = b" \t\r\n"
_DER_SEQUENCE = 0x30


class UnreadableBody(ValueError):
    """A body is not the message it should be; ``kind`` is one word for what it is, ``str()`` says it."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(one_line(sentence))
        self.kind = kind


def encode_body(der: bytes) -> bytes:
    """Write DER as base64, in lines of 76 characters as most implementations do (RFC 2045 6.8)."""
    return base64.encodebytes(der)


def decode_body(body: bytes, what: str) -> bytes:
    """Read the DER out of a body; ``what`` names the message. Raises :class:`UnreadableBody`."""
    if len(body) > LONGEST_BODY:
        raise UnreadableBody(
            "too-long", f"the body is {len(body)} octets long; at most {LONGEST_BODY} are read"
        )
    text = body.translate(None, _WHITESPACE)
    kind = _something_else(text)
    if kind:
        raise UnreadableBody(kind[0], f"the body is {kind[1]}, not base64 of {what}")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise UnreadableBody("not-base64", f"the body is not base64 of {what}: {error}") from None


def _something_else(text: bytes) -> tuple[str, str] | None:
    """Name what the body is when it is not base64 at all: a word, and how a sentence calls it."""
    if not text:
        return "empty", "empty"
    if text.startswith(b"-----BEGIN"):
        return "pem", "PEM"
    if text.startswith(b"<"):
        return "html", "an HTML or XML page"
    if text.startswith((b"{", b"[")):
        return "json", "JSON"
    if text[0] == _DER_SEQUENCE and len(text) > 1 and text[1] & 0x80:
        # "0" begins base64 as well, but base64 has no octet above 127.
        return "der", "bare DER"
    return None


def encode_certificates(certificates: Iterable[x509.Certificate]) -> bytes:
    """Write a certs-only message (RFC 5272 4.1): a signed-data without content and signers.

    The certificates are a SET: their order is that of their encodings and says nothing.
    """
    return encode_body(pkcs7.serialize_certificates(list(certificates), Encoding.DER))


def decode_certificates(body: bytes) -> tuple[x509.Certificate, ...]:
    """Read a certs-only message. Raises :class:`UnreadableBody`, also where it holds no certificate."""
    der = decode_body(body, "a PKCS #7 message")
    try:
        certificates = tuple(certificates_of(der))
        for certificate in certificates:
            # The library reads lazily: what cannot be read has to show here and not at its first use.
            _ = (certificate.subject, certificate.not_valid_after_utc, certificate.extensions)
    except (ValueError, UnsupportedAlgorithm) as error:
        if "no certificate data" not in str(error):
            text = f"the body is base64, but not of a PKCS #7 message: {error}"
            raise UnreadableBody("not-pkcs7", text) from None
        certificates = ()
    if not certificates:
        raise UnreadableBody("no-certificate", "the PKCS #7 message holds no certificate")
    return certificates


def encode_request(request: x509.CertificateSigningRequest) -> bytes:
    """Write a certification request (RFC 2986)."""
    return encode_body(request.public_bytes(Encoding.DER))


def decode_request(body: bytes) -> x509.CertificateSigningRequest:
    """Read a certification request, its signature not yet verified. Raises :class:`UnreadableBody`."""
    der = decode_body(body, "a PKCS #10 request")
    try:
        request = x509.load_der_x509_csr(der)
        _ = (request.subject, request.extensions, request.public_key())
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise UnreadableBody(
            "not-pkcs10", f"the body is base64, but not of a PKCS #10 request: {error}"
        ) from None
    return request
