"""Reads what was handed to the certificate store: one PEM object per blob.

Order and results are those of the behaviour reference, section 1.4. Nothing here checks dates,
purpose or whether a root CA is a CA: the device does not either.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness.device.checks import Blob, CheckFailed
from harness.device.error_numbers import Errno, StoreError
from harness.device.profile import DeviceProfile
from harness.pki.keys import PrivateKey

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\r?\n.*?-----END \1-----", re.DOTALL)
_KEY_LABELS = (b"PRIVATE KEY", b"ENCRYPTED PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY")
_HEADERS = re.compile(rb"Proc-Type: 4,ENCRYPTED\r?\nDEK-Info: [^\r\n]+\r?\n\r?\n")
_KEY_KINDS = {
    "rsa": rsa.RSAPrivateKey,
    "ec": ec.EllipticCurvePrivateKey,
    "ed25519": ed25519.Ed25519PrivateKey,
}
_KEY_WORDS = {"rsa": "RSA", "ec": "elliptic curve", "ed25519": "Ed25519"}


def parse_certificate(blob: Blob, profile: DeviceProfile) -> x509.Certificate:
    """Read one PEM certificate, public key included."""
    label, pem = _single_pem(blob, profile)
    if label != b"CERTIFICATE":
        text = f"the certificate is a PEM {label.decode()}, not a CERTIFICATE"
        raise CheckFailed(Errno.EINVAL, blob.invalid, text)
    try:
        return _load_certificate(pem)
    except (ValueError, UnsupportedAlgorithm):
        text = "the certificate cannot be decoded"
        raise CheckFailed(Errno.EINVAL, blob.invalid, text) from None


def parse_chain(blob: Blob, profile: DeviceProfile) -> tuple[x509.Certificate, ...]:
    """Read a client certificate and, where the profile takes them, the intermediates after it."""
    pieces = [match.group(0) for match in _PEM.finditer(blob.data)]
    if not profile.install_chains or len(pieces) < 2 or _PEM.sub(b"", blob.data).strip():
        return (parse_certificate(blob, profile),)
    return tuple(parse_certificate(replace(blob, data=piece + b"\n"), profile) for piece in pieces)


def parse_key(blob: Blob, password: bytes, profile: DeviceProfile) -> PrivateKey:
    """Read one PEM private key, decrypting it if it is encrypted.

    An empty password counts as none. No text says more about a key than that it cannot be read.
    """
    label, pem = _single_pem(blob, profile)
    if label not in _KEY_LABELS:
        text = f"the private key is a PEM {label.decode()}, not a PKCS#8 or PKCS#1 key"
        raise CheckFailed(Errno.EINVAL, blob.invalid, text)
    key = _decrypted(label, replace(blob, data=pem), password)
    for kind in profile.client_key_types:
        if isinstance(key, PrivateKey) and isinstance(key, _KEY_KINDS[kind]):
            return key
    words = [_KEY_WORDS[kind] for kind in profile.client_key_types]
    kinds = f"neither {', '.join(words[:-1])} nor {words[-1]}" if len(words) > 1 else f"not {''.join(words)}"
    raise CheckFailed(Errno.EINVAL, blob.invalid, f"the private key is {kinds}")


def _decrypted(label: bytes, blob: Blob, password: bytes) -> object:
    traditional = b"Proc-Type: 4,ENCRYPTED" in blob.data
    encrypted = label.startswith(b"ENCRYPTED") or traditional
    if encrypted and not password:
        text = "the private key is encrypted and no password was given"
        raise CheckFailed(Errno.EACCES, blob.invalid, text)
    if password and not encrypted:
        text = "a password was given, but the private key is not encrypted"
        raise CheckFailed(Errno.EINVAL, StoreError.PASSWORD_NOT_REQUIRED, text)
    if traditional and not _HEADERS.search(blob.data):
        # A text whose line ends were lost; without this it would look like a wrong password.
        text = "the private key's header lines are not separated from its content by an empty line"
        raise CheckFailed(Errno.EINVAL, blob.invalid, text)
    try:
        return _load_key(blob.data, password if encrypted else None)
    except (ValueError, UnsupportedAlgorithm):
        if encrypted:
            text = "the private key cannot be decrypted with this password"
            raise CheckFailed(Errno.EACCES, blob.invalid, text) from None
        raise CheckFailed(Errno.EINVAL, blob.invalid, "the private key cannot be decoded") from None


@lru_cache(maxsize=256)
def _load_certificate(pem: bytes) -> x509.Certificate:
    certificate = x509.load_pem_x509_certificate(pem)
    certificate.public_key()
    return certificate


def _load_key(pem: bytes, password: bytes | None) -> object:
    """Load a key; raises ValueError for one that cannot be decoded, or whose numbers do not fit together.

    That the primes of an RSA key are prime is believed: OpenSSL's proof takes 40 ms for 2048 bits.
    """
    key = load_pem_private_key(pem, password, unsafe_skip_rsa_key_validation=True)
    if isinstance(key, rsa.RSAPrivateKey) and not _fits_together(key.private_numbers()):
        raise ValueError("the numbers of the RSA key do not fit together")
    return key


def _fits_together(key: rsa.RSAPrivateNumbers) -> bool:
    """RFC 8017 3.2: what the numbers of an RSA private key are to each other."""
    public = key.public_numbers
    return (
        key.p * key.q == public.n
        and all(public.e * key.d % (prime - 1) == 1 for prime in (key.p, key.q))
        and (key.dmp1, key.dmq1) == (key.d % (key.p - 1), key.d % (key.q - 1))
        and key.iqmp * key.q % key.p == 1
    )


def _single_pem(blob: Blob, profile: DeviceProfile) -> tuple[bytes, bytes]:
    """Return the label and the octets of the one PEM object that the blob consists of."""
    found = list(_PEM.finditer(blob.data))
    if len(found) > 1:
        text = f"the {blob.what} holds {len(found)} PEM objects; exactly one is allowed"
    elif not found:
        text = f"the {blob.what} is not PEM"
    elif not (profile.pem_text_outside or _PEM.fullmatch(blob.data.strip())):
        text = f"the {blob.what} has text outside its BEGIN and END lines"
    elif profile.pem_strict_lines and (b"\r" in blob.data or not blob.data.endswith(b"\n")):
        text = f"the {blob.what} must have LF line ends, the last line too"
    else:
        return found[0].group(1), found[0].group(0) + b"\n"
    raise CheckFailed(Errno.EINVAL, StoreError.NOT_ONE_PEM, text)
