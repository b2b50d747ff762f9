"""Turns what was handed over into an entry of the store, or says what is wrong with it.

The order is that of the behaviour reference, section 1.4: parameters, certificate, key with its
password, key against certificate.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from harness.device.checks import (
    CheckFailed,
    certificate_blob,
    check_id,
    check_length,
    check_password_length,
    key_blob,
)
from harness.device.entries import Blobs, Entry
from harness.device.entry_type import EntryType
from harness.device.error_numbers import Errno, StoreError
from harness.device.pem import parse_certificate, parse_chain, parse_key
from harness.device.profile import DeviceProfile
from harness.pki.credential import Credential
from harness.pki.keys import PrivateKey, public_key_der


def client_entry(
    identifier: str,
    certificate_pem: bytes | str,
    key_pem: bytes | str,
    password: str | None,
    profile: DeviceProfile,
) -> Entry:
    """Return the entry of a client certificate; raises :class:`CheckFailed`."""
    secret = (password or "").encode(errors="replace")
    certificate_data, key_data = certificate_blob(certificate_pem), key_blob(key_pem)
    check_id(identifier, profile.long_id_errno)
    check_length(certificate_data)
    check_length(key_data)
    check_password_length(secret)
    certificate, *chain = parse_chain(certificate_data, profile)
    key = parse_key(key_data, secret, profile)
    matches = _matches(certificate, key)
    if not matches and profile.check_key_match:
        text = "the private key does not belong to the certificate"
        raise CheckFailed(Errno.EINVAL, StoreError.KEY_MISMATCH, text)
    blobs = Blobs(certificate_data.data, key_data.data, secret)
    credential = Credential(certificate, key, tuple(chain))
    size = blobs.size + profile.entry_overhead
    return Entry(identifier, EntryType.CLIENT, certificate, credential, size, matches, blobs)


def root_entry(identifier: str, certificate_pem: bytes | str, profile: DeviceProfile) -> Entry:
    """Return the entry of a root CA; raises :class:`CheckFailed`."""
    data = certificate_blob(certificate_pem)
    check_id(identifier, profile.long_id_errno)
    check_length(data)
    certificate = parse_certificate(data, profile)
    blobs = Blobs(data.data)
    size = blobs.size + profile.entry_overhead
    return Entry(identifier, EntryType.ROOT_CA, certificate, None, size, blobs=blobs)


def _matches(certificate: x509.Certificate, key: PrivateKey) -> bool:
    public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return public == public_key_der(key)
