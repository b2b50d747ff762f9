"""What the certificate store looks at before it takes anything.

Order and limits are those of the behaviour reference, sections 1.1 and 1.4: parameters, one PEM
object, certificate, key with its password, key against certificate. Nothing here checks dates,
purpose or whether a root CA is a CA: the device does not either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness.pki.keys import PrivateKey

MAX_ID = 16
MAX_BLOB = 8192
MAX_PASSWORD = 256

_ID = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\r?\n.*?-----END \1-----", re.DOTALL)
_KEY_LABELS = (b"PRIVATE KEY", b"ENCRYPTED PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY")


class StoreError(IntEnum):
    """CertStorageError numbers of the device that the store can answer with."""

    ID_INVALID = 2
    ID_TOO_LONG = 4
    CERTIFICATE_NOT_FOUND = 7
    NOT_ONE_PEM = 8
    OUT_OF_SPACE = 11
    CERTIFICATE_INVALID = 13
    CERTIFICATE_TOO_LONG = 14
    KEY_INVALID = 15
    KEY_TOO_LONG = 16
    PASSWORD_TOO_LONG = 18
    KEY_MISMATCH = 20
    PASSWORD_NOT_REQUIRED = 21


class CheckFailed(Exception):
    """A check said no; stays inside the store, which turns it into a result."""

    def __init__(self, errno: str, error: StoreError, text: str) -> None:
        super().__init__(text)
        self.errno = errno
        self.error = error
        self.text = text


@dataclass(frozen=True, slots=True)
class Blob:
    """Octets handed to the store, with the word and the error numbers that belong to their place."""

    data: bytes
    what: str
    invalid: StoreError
    too_long: StoreError


def certificate_blob(pem: bytes | str) -> Blob:
    """Wrap what was handed over as a certificate."""
    return Blob(_octets(pem), "certificate", StoreError.CERTIFICATE_INVALID, StoreError.CERTIFICATE_TOO_LONG)


def key_blob(pem: bytes | str) -> Blob:
    """Wrap what was handed over as a private key."""
    return Blob(_octets(pem), "private key", StoreError.KEY_INVALID, StoreError.KEY_TOO_LONG)


def check_id(identifier: str) -> None:
    """Insist on 1 to 16 characters out of A-Z, a-z, 0-9, point, hyphen and underscore."""
    if not _ID.fullmatch(identifier):
        text = f"certificate ID {identifier!r} is not made of A-Z, a-z, 0-9, '.', '-' and '_'"
        raise CheckFailed("EINVAL", StoreError.ID_INVALID, text if identifier else "certificate ID is empty")
    if len(identifier) > MAX_ID:
        text = f"certificate ID {identifier!r} has {len(identifier)} characters; at most {MAX_ID} are allowed"
        raise CheckFailed("ERANGE", StoreError.ID_TOO_LONG, text)


def check_length(blob: Blob) -> None:
    """Insist on 1 to 8192 octets."""
    if not blob.data:
        raise CheckFailed("ERANGE", blob.invalid, f"the {blob.what} is empty")
    if len(blob.data) > MAX_BLOB:
        text = f"the {blob.what} has {len(blob.data)} bytes; at most {MAX_BLOB} are allowed"
        raise CheckFailed("ERANGE", blob.too_long, text)


def check_password_length(password: bytes) -> None:
    """Insist on 256 octets at most."""
    if len(password) > MAX_PASSWORD:
        text = f"the password has {len(password)} bytes; at most {MAX_PASSWORD} are allowed"
        raise CheckFailed("ERANGE", StoreError.PASSWORD_TOO_LONG, text)


def parse_certificate(blob: Blob) -> x509.Certificate:
    """Read one PEM certificate, public key included."""
    label = _single_pem(blob)
    if label != b"CERTIFICATE":
        text = f"the certificate is a PEM {label.decode()}, not a CERTIFICATE"
        raise CheckFailed("EINVAL", blob.invalid, text)
    try:
        certificate = x509.load_pem_x509_certificate(blob.data)
        certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise CheckFailed("EINVAL", blob.invalid, "the certificate cannot be decoded") from None
    return certificate


def parse_chain(blob: Blob) -> tuple[x509.Certificate, ...]:
    """Read a client certificate and, after it, the intermediates to send with it."""
    pieces = [match.group(0) for match in _PEM.finditer(blob.data)]
    if len(pieces) < 2 or _PEM.sub(b"", blob.data).strip():
        return (parse_certificate(blob),)
    return tuple(parse_certificate(replace(blob, data=piece)) for piece in pieces)


def parse_key(blob: Blob, password: bytes) -> PrivateKey:
    """Read one PEM private key, decrypting it if it is encrypted.

    An empty password counts as none. No text says more about a key than that it cannot be read.
    """
    label = _single_pem(blob)
    if label not in _KEY_LABELS:
        text = f"the private key is a PEM {label.decode()}, not a PKCS#8 or PKCS#1 key"
        raise CheckFailed("EINVAL", blob.invalid, text)
    encrypted = label.startswith(b"ENCRYPTED") or b"Proc-Type: 4,ENCRYPTED" in blob.data
    if encrypted and not password:
        raise CheckFailed("EACCES", blob.invalid, "the private key is encrypted and no password was given")
    if password and not encrypted:
        text = "a password was given, but the private key is not encrypted"
        raise CheckFailed("EINVAL", StoreError.PASSWORD_NOT_REQUIRED, text)
    try:
        key = load_pem_private_key(blob.data, password) if encrypted else _load_plain_key(blob.data)
    except (ValueError, UnsupportedAlgorithm):
        if encrypted:
            text = "the private key cannot be decrypted with this password"
            raise CheckFailed("EACCES", blob.invalid, text) from None
        raise CheckFailed("EINVAL", blob.invalid, "the private key cannot be decoded") from None
    if not isinstance(key, PrivateKey):
        raise CheckFailed(
            "EINVAL", blob.invalid, "the private key is neither RSA, elliptic curve nor Ed25519"
        )
    return key


@lru_cache(maxsize=256)
def _load_plain_key(pem: bytes) -> object:
    # Proving that an RSA key is sound takes 40 ms for 2048 bits. A run installs the same few keys
    # on many devices, so each is proven once.
    return load_pem_private_key(pem, None)


def _octets(pem: bytes | str) -> bytes:
    # PEM is ASCII; whatever else a string holds has to be refused as no PEM, not raise.
    return pem.encode(errors="replace") if isinstance(pem, str) else pem


def _single_pem(blob: Blob) -> bytes:
    """Return the label of the one PEM object that the blob consists of."""
    found = [match.group(1) for match in _PEM.finditer(blob.data)]
    if len(found) == 1 and _PEM.fullmatch(blob.data.strip()):
        return found[0]
    if len(found) > 1:
        text = f"the {blob.what} holds {len(found)} PEM objects; exactly one is allowed"
    elif found:
        text = f"the {blob.what} has text outside its BEGIN and END lines"
    else:
        text = f"the {blob.what} is not PEM"
    raise CheckFailed("EINVAL", StoreError.NOT_ONE_PEM, text)
