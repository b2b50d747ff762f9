"""How the client verifies the server's chain: OpenSSL's judgement, plus the name, minus what a profile ignores.

Two ways to the same :class:`VerifyFailure`. :func:`verifier` is asked by OpenSSL for every certificate
of a handshake and can overrule it. :func:`failure_of` looks at the chain of a handshake that has failed
already, so that one that succeeds costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from OpenSSL import SSL, crypto

from harness.observation import VerifyFailure
from harness.protocol import peer_certificates
from harness.protocol.names import matches_dns_name
from harness.protocol.tls_words import verify_text

WRONG_PURPOSE = frozenset({26})  # X509_V_ERR_INVALID_PURPOSE
NOBODY_VOUCHES = frozenset({2, 18, 19, 20, 21, 27})
"""X509_V_ERR numbers that say no more than that the chain ends nowhere."""

VerifyCallback = Callable[[SSL.Connection, crypto.X509, int, int, int], bool]


def verifier(
    name: str, tolerated: frozenset[int], note: Callable[[SSL.Connection, VerifyFailure], None]
) -> VerifyCallback:
    """Return a callback that checks a DNS name (empty: none) and passes over ``tolerated`` X509_V_ERR numbers.

    ``note`` is told of the failure that ends the handshake.
    """

    def verify(
        connection: SSL.Connection, certificate: crypto.X509, number: int, depth: int, ok: int
    ) -> bool:
        if ok:
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


def _failure(number: int, text: str, depth: int, certificate: crypto.X509) -> VerifyFailure:
    read = peer_certificates.read(certificate)
    subject = read.subject.rfc4514_string() if read is not None else ""
    return VerifyFailure(number, text, depth, subject, read)
