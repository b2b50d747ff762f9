"""How the client verifies the server's chain: OpenSSL's judgement, plus the name, minus what a profile ignores.

Two ways to the same :class:`VerifyFailure`. :func:`verifier` is asked by OpenSSL for every certificate
of a handshake and can overrule it. :func:`failure_of` looks at the chain of a handshake that has failed
already, so that one that succeeds costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cryptography import x509
from OpenSSL import SSL, crypto

from harness import strength
from harness.observation import VerifyFailure
from harness.pki.names import matches_dns_name
from harness.pki.openssl_words import verify_text
from harness.protocol import peer_certificates

WRONG_PURPOSE = frozenset({26})  # X509_V_ERR_INVALID_PURPOSE
NOBODY_VOUCHES = frozenset({2, 18, 19, 20, 21, 27})
"""X509_V_ERR numbers that say no more than that the chain ends nowhere."""
_OUT_OF_MEMORY = 17
"""X509_V_ERR_OUT_OF_MEM, which says nothing of the certificate."""

VerifyCallback = Callable[[SSL.Connection, crypto.X509, int, int, int], bool]


def is_ca(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate says that it is a CA's (RFC 5280 4.2.1.9)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, x509.ExtensionNotFound):
        return False


def verifier(
    name: str,
    tolerated: frozenset[int],
    note: Callable[[SSL.Connection, VerifyFailure], None],
    *,
    level: int = 0,
) -> VerifyCallback:
    """Return a callback that checks a DNS name (empty: none) and passes over ``tolerated`` X509_V_ERR numbers.

    ``note`` is told of the failure that ends the handshake. ``level`` is for a connection whose own security
    level has to be lower: the path is held against it here, in OpenSSL's order.
    """

    def verify(
        connection: SSL.Connection, certificate: crypto.X509, number: int, depth: int, ok: int
    ) -> bool:
        if ok:
            if level:
                path = connection.get_app_data().path
                path.insert(0, certificate)
                weak = None if depth else _below(path, level)
                if weak is not None:
                    note(connection, weak)
                    return False
            if depth or not name:
                return True
            leaf = peer_certificates.read(certificate)
            if leaf is not None and matches_dns_name(leaf, name):
                return True
            failure = _failure(0, f"certificate is not for {name}", depth, certificate)
        elif number in tolerated:
            return True
        else:
            failure = _failure(number, verify_text(number), depth, certificate)
        note(connection, failure)
        return False

    return verify


def failure_of(store: crypto.X509Store, chain: Sequence[crypto.X509]) -> VerifyFailure | None:
    """Verify a server's chain against a trust store once more, and return what is wrong with it.

    None where this finds nothing: there is no chain, or the fault is in what a handshake alone checks
    (the purpose, the strength that OpenSSL's security level demands).
    """
    if not chain:
        return None
    try:
        crypto.X509StoreContext(store, chain[0], list(chain[1:])).verify_certificate()
    except crypto.X509StoreContextError as error:
        number, depth, _ = error.errors
        return _failure(number, verify_text(number), depth, error.certificate)
    return None


def _below(path: Sequence[crypto.X509], level: int) -> VerifyFailure | None:
    """Return what of a path, leaf first, is below a security level; a certificate that nobody can read is."""
    read = [peer_certificates.read(certificate) for certificate in path]
    readable = [certificate for certificate in read if certificate is not None]
    if len(readable) < len(read):
        return None
    weak = strength.too_weak(readable, level)
    return _failure(weak[0], verify_text(weak[0]), weak[1], path[weak[1]]) if weak else None


def _failure(number: int, text: str, depth: int, certificate: crypto.X509) -> VerifyFailure:
    if number == _OUT_OF_MEMORY:
        raise MemoryError
    read = peer_certificates.read(certificate)
    subject = read.subject.rfc4514_string() if read is not None else ""
    return VerifyFailure(number, text, depth, subject, read)
