"""What OpenSSL says of a device's certificate and its chain at a given time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from OpenSSL import crypto

_WORDS = {
    2: "issuer-missing",  # X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
    7: "signature-failure",
    9: "not-yet-valid",
    10: "expired",
    19: "issuer-missing",  # a root that is not trusted ends the chain
    20: "issuer-missing",  # X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    23: "revoked",
}
"""Numbers of OpenSSL's verification errors, in the words of the language."""


def pem_or_der(data: bytes) -> x509.Certificate:
    """Read a certificate; raises :class:`ValueError` for anything else."""
    if data.startswith(b"-----BEGIN"):
        return x509.load_pem_x509_certificate(data)
    return x509.load_der_x509_certificate(data)


def judge(
    chain: Sequence[x509.Certificate],
    trusted: Sequence[x509.Certificate],
    now: datetime,
    lists: Sequence[x509.CertificateRevocationList] = (),
) -> tuple[str, int | None]:
    """Return what is said of a chain, the end entity first, and at which depth; ``good`` is said at none.

    Any CA among the trusted ends the path. ``lists`` are asked for the tenant CA, which is the second of the chain.
    """
    leaf, *others = chain
    word, depth = _verify(leaf, others, trusted, now, ())
    if word == "good" and lists and others:
        word, depth = _verify(others[0], others[1:], trusted, now, lists)
        depth = depth if depth is None else depth + 1
    return word, depth


def _verify(
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    trusted: Sequence[x509.Certificate],
    now: datetime,
    lists: Sequence[x509.CertificateRevocationList],
) -> tuple[str, int | None]:
    store = crypto.X509Store()
    for one in trusted:
        store.add_cert(crypto.X509.from_cryptography(one))
    for one_list in lists:
        store.add_crl(one_list)
    flags = crypto.X509StoreFlags.PARTIAL_CHAIN
    store.set_flags(flags | crypto.X509StoreFlags.CRL_CHECK if lists else flags)
    store.set_time(now)
    untrusted = [crypto.X509.from_cryptography(one) for one in others]
    context = crypto.X509StoreContext(store, crypto.X509.from_cryptography(certificate), untrusted)
    try:
        context.verify_certificate()
    except crypto.X509StoreContextError as error:
        number, depth, *_ = error.errors
        return _WORDS.get(int(number), "bad"), int(depth)
    return "good", None
