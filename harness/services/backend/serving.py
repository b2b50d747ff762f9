"""The certificates that back ends show to devices: of a CA that every device knows, good for decades.

They are none of the subject, so they never end before the scenario does, whatever its clock.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509

from harness.pki.build import build_certificate
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool, KeyType
from harness.pki.once import OncePerKey
from harness.pki.spec import CertificateSpec, Profile

HOST_SUFFIX = ".cloud.example"
"""What a back end's name is completed with to its host name (RFC 2606 2)."""
_BEGIN = datetime(2015, 1, 1, tzinfo=UTC)
_DECADES = timedelta(days=30_000)


def root() -> x509.Certificate:
    """Return the CA that devices trust for back ends."""
    return _authority().certificate


def credential_of(name: str) -> Credential:
    """Return the certificate of a back end of that name, with its key."""
    return _MADE.get(name, lambda: _service(name))


def _authority() -> Credential:
    return _MADE.get("", _root)


def _service(name: str) -> Credential:
    host = f"{name}{HOST_SUFFIX}"
    spec = CertificateSpec(
        host,
        Profile.SERVER,
        issuer="public",
        dns=(host,),
        key=KeyType.EC_P256,
        valid_from=timedelta(),
        valid_for=_DECADES,
    )
    key = KeyPool().get(KeyType.EC_P256, host)
    return Credential(build_certificate(spec, _BEGIN, key, _authority()), key)


def _root() -> Credential:
    spec = CertificateSpec(
        "public",
        Profile.ROOT_CA,
        cn="Public Root CA",
        key=KeyType.EC_P256,
        valid_from=timedelta(),
        valid_for=_DECADES,
    )
    key = KeyPool().get(KeyType.EC_P256, "public")
    return Credential(build_certificate(spec, _BEGIN, key, None), key)


_MADE: OncePerKey[str, Credential] = OncePerKey()
"""Made once in a process, for all cases of a run; the CA is under the empty name."""
