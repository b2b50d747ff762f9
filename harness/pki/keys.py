"""Private keys: the kinds that the harness makes, a pool of them, and their PEM forms."""

from __future__ import annotations

from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from harness.pki.once import OncePerKey

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class KeyType(StrEnum):
    """Algorithm and size of a key; RSA always has the public exponent 65537."""

    RSA_1024 = "rsa-1024"
    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    EC_P256 = "ec-p256"
    EC_P384 = "ec-p384"
    EC_P521 = "ec-p521"
    ED25519 = "ed25519"


class KeyForm(StrEnum):
    """How a private key is written in PEM."""

    PKCS8 = "pkcs8"
    """``PRIVATE KEY`` or ``ENCRYPTED PRIVATE KEY`` (RFC 5958)."""
    TRADITIONAL = "traditional"
    """``RSA PRIVATE KEY`` or ``EC PRIVATE KEY``, encrypted with Proc-Type and DEK-Info (RFC 1421 4.6)."""


_RSA_BITS = {KeyType.RSA_1024: 1024, KeyType.RSA_2048: 2048, KeyType.RSA_3072: 3072, KeyType.RSA_4096: 4096}
_CURVES: dict[KeyType, ec.EllipticCurve] = {
    KeyType.EC_P256: ec.SECP256R1(),
    KeyType.EC_P384: ec.SECP384R1(),
    KeyType.EC_P521: ec.SECP521R1(),
}


def generate(key_type: KeyType) -> PrivateKey:
    """Make a fresh key. RSA-4096 takes about a second, an elliptic curve key far below a millisecond."""
    if key_type in _RSA_BITS:
        # 1024 bits are below every sensible limit: such keys exist to be refused.
        return rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS[key_type])
    if key_type in _CURVES:
        return ec.generate_private_key(_CURVES[key_type])
    return ed25519.Ed25519PrivateKey.generate()


class KeyPool:
    """Keys by type and label: the same pair gives the same key for the life of the pool.

    Safe to use from several threads. While an RSA key is being made, only those wait who want
    that very key.
    """

    def __init__(self) -> None:
        self._keys: OncePerKey[tuple[KeyType, str], PrivateKey] = OncePerKey()

    def get(self, key_type: KeyType, label: str) -> PrivateKey:
        """Return the key of that type and label, made on first use."""
        return self._keys.get((key_type, label), lambda: generate(key_type))


def private_key_pem(key: PrivateKey, password: str | None = None, form: KeyForm = KeyForm.PKCS8) -> bytes:
    """Write a private key as PEM, encrypted if there is a password.

    Raises :class:`ValueError` for an empty password and for an Ed25519 key in the traditional form,
    which does not exist (RFC 8410 7 knows PKCS #8 alone).
    """
    if password == "":
        raise ValueError("the password of a private key is empty; leave it out to write the key unencrypted")
    if form is KeyForm.TRADITIONAL and isinstance(key, ed25519.Ed25519PrivateKey):
        raise ValueError("an Ed25519 key has no traditional PEM form; write it as pkcs8")
    encryption = NoEncryption() if password is None else BestAvailableEncryption(password.encode())
    layout = PrivateFormat.PKCS8 if form is KeyForm.PKCS8 else PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(Encoding.PEM, layout, encryption)


def public_key_der(key: PrivateKey) -> bytes:
    """Return the DER SubjectPublicKeyInfo that belongs to a private key (RFC 5280 4.1.2.7)."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
