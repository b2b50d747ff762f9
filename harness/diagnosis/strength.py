"""OpenSSL's security levels: what a key is worth, and what would have been enough (SSL_CTX_set_security_level(3))."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

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


def more_than(certificate: x509.Certificate) -> str:
    """Return the least that is above the strength of a certificate's key, in words.

    A level that refused it asks for that or for more; which, only its owner knows.
    """
    bits = _key_bits(certificate)
    return next((words for asked, words in _ENOUGH if asked > bits), "a stronger key than any common one")


def stronger_digest(certificate: x509.Certificate) -> str:
    """Return the least digest that is above that of a certificate's signature, in words."""
    try:
        digest = certificate.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        digest = None
    # Half of its length: what a collision costs. SHA-1 and MD5 are worth less than any level asks for.
    bits = 0 if digest is None or digest.digest_size < 28 else digest.digest_size * 4
    return next((words for asked, words in _DIGESTS if asked > bits), "a stronger digest than any common one")


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
