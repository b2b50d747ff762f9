"""OpenSSL's security levels: what a key is worth, and what would have been enough (SSL_CTX_set_security_level(3))."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import SignatureAlgorithmOID

LIBRARY_LEVEL = 2
"""The level of an OpenSSL that was told none, from 3.2 on; the device's is newer."""
EE_KEY_TOO_WEAK = 66
"""X509_V_ERR_EE_KEY_TOO_SMALL."""
CA_KEY_TOO_WEAK = 67
"""X509_V_ERR_CA_KEY_TOO_SMALL."""
CA_DIGEST_TOO_WEAK = 68
"""X509_V_ERR_CA_MD_TOO_WEAK; OpenSSL says so of any certificate's signature."""
_BITS = (0, 80, 112, 128, 192, 256)
"""Security bits that the levels 0 to 5 ask for."""
_GROUPS = (0, 1024, 2048, 3072, 7680, 15360)
_LEVEL = re.compile(r"@SECLEVEL=([0-5])")
# Security bits of RSA moduli, from NIST SP 800-57 part 1 table 2 as OpenSSL uses it.
_RSA = ((15360, 256), (7680, 192), (3072, 128), (2048, 112), (1024, 80))
_ENOUGH = (
    (112, "RSA of 2048 bits, P-256 or Ed25519"),
    (128, "RSA of 3072 bits, P-256 or Ed25519"),
    (192, "RSA of 7680 bits or P-384"),
    (256, "RSA of 15360 bits or P-521"),
)
"""The levels from 2 on by the bits that they ask for, and the smallest common keys that have them."""
_DIGESTS = ((128, "SHA-256"), (192, "SHA-384"), (256, "SHA-512"))


def key_words(certificate: x509.Certificate) -> str:
    """Return type and size of a certificate's key, e.g. ``RSA-2048``; empty when it cannot be read."""
    try:
        key = certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return ""
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}.get(
            key.curve.name, key.curve.name
        )
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519"
    return "Ed448" if isinstance(key, ed448.Ed448PublicKey) else ""


def level_of(ciphers: str) -> int | None:
    """Return the level that an OpenSSL cipher list names, the last one counts; ``None`` where it names none."""
    named = _LEVEL.findall(ciphers)
    return int(named[-1]) if named else None


def too_weak(
    path: Sequence[x509.Certificate], level: int, *, anchored: bool = True
) -> tuple[int, int] | None:
    """Return X509_V_ERR number and depth of the first certificate below a level, as OpenSSL would; else ``None``.

    ``path`` is leaf first. ``anchored``: the last one is trusted as it is, so its signature counts for nothing;
    else a certificate's signature counts unless it names itself as issuer.
    """
    asked = _BITS[level]
    for depth, certificate in enumerate(path):
        if _key_bits(certificate) < asked:
            return (CA_KEY_TOO_WEAK if depth else EE_KEY_TOO_WEAK), depth
        trusted = depth == len(path) - 1 if anchored else certificate.subject == certificate.issuer
        if not trusted and _digest_bits(certificate) < asked:
            return CA_DIGEST_TOO_WEAK, depth
    return None


def enough_for(certificate: x509.Certificate, *, digest: bool, level: int | None) -> str:
    """Return in words what would have been enough in place of a certificate's key, or of its signature's digest.

    Where the level is not known, what is refused tells only the least: the next stronger than it has.
    """
    table, bits = (_DIGESTS, _digest_bits(certificate)) if digest else (_ENOUGH, _key_bits(certificate))
    asked = bits + 1 if level is None else max(_BITS[level], bits + 1)
    words = next((words for has, words in table if has >= asked), "")
    if digest:
        return f"a signature with {words or 'a stronger digest than any common one'}"
    return words or "a stronger key than any common one"


def key_for(level: int) -> str:
    """Return in words the smallest common keys that a level takes."""
    return next(
        (words for has, words in _ENOUGH if has >= _BITS[level]), "a stronger key than any common one"
    )


def group_for(level: int) -> str:
    """Return in words the Diffie-Hellman groups that a level allows."""
    return f"a Diffie-Hellman group of {_GROUPS[level]} bits or more" if level else "any Diffie-Hellman group"


def _digest_bits(certificate: x509.Certificate) -> int:
    try:
        digest = certificate.signature_hash_algorithm
        algorithm = certificate.signature_algorithm_oid
    except (ValueError, UnsupportedAlgorithm):
        return 0
    if digest is None:
        # Signatures without a digest of their own are worth what their key is.
        return {SignatureAlgorithmOID.ED25519: 128, SignatureAlgorithmOID.ED448: 224}.get(algorithm, 0)
    # Half of its length: what a collision costs. OpenSSL gives SHA-1 63 and MD5 39.
    return digest.digest_size * 4 if digest.digest_size >= 28 else 63 if digest.digest_size == 20 else 39


def _key_bits(certificate: x509.Certificate) -> int:
    try:
        key = certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return 0
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey):
        return next((bits for size, bits in _RSA if key.key_size >= size), 0)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.key_size // 2
    return 224 if isinstance(key, ed448.Ed448PublicKey) else 128
