"""Certificates as the server sent them, read with care.

OpenSSL takes encodings that cryptography refuses (a version that does not exist, a broken extension),
and hands them to the verification callback. What a server sends must not end in an exception.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from cryptography import x509
from OpenSSL import crypto

_UNREADABLE = (
    TypeError,
    ValueError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


def read(certificate: crypto.X509) -> x509.Certificate | None:
    """Return a certificate whose names and extensions can be looked at, or None."""
    return _read(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate))


def read_chain(certificates: Iterable[crypto.X509]) -> tuple[x509.Certificate, ...]:
    """Return the certificates up to the first that cannot be read, so that the leaf stays the first."""
    chain: list[x509.Certificate] = []
    for sent in certificates:
        certificate = read(sent)
        if certificate is None:
            break
        chain.append(certificate)
    return tuple(chain)


# Under load thousands of connections see the same few certificates.
@lru_cache(maxsize=256)
def _read(der: bytes) -> x509.Certificate | None:
    try:
        certificate = x509.load_der_x509_certificate(der)
        # These are parsed when they are looked at, and that shall not be elsewhere.
        _ = certificate.subject.rfc4514_string(), certificate.issuer, certificate.extensions
    except _UNREADABLE:
        return None
    return certificate
