"""Makes the client certificates that the service hands out, each bound to the ID of its device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from threading import Lock

from cryptography import x509

from harness.pki.credential import Credential
from harness.pki.keys import KeyType, PrivateKey, generate
from harness.pki.signing_requests import PublicKey, common_name, issue_client_certificate

_URI = "urn:x-device:"
BACKDATED = timedelta(minutes=5)
"""How far a certificate begins in the past, for devices whose clocks are slow."""


class Again(StrEnum):
    """What a device gets that asks for a client certificate once more."""

    REISSUE = "reissue"
    """A new certificate with a new key; the old one stays valid."""
    SAME = "same"
    """The same certificate and key, while it is valid."""
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Issued:
    """A client certificate with its key, and the identity that goes with it. Which device has it is in the SAN."""

    credential: Credential
    identity: str
    password: str | None = field(default=None, repr=False)


def identity_of(device_id: str) -> str:
    """Return the EAP identity and common name of a device.

    Neither holds an ID of 128 digits (a common name has 64 characters at most), and one that is cut would be
    another device's too. So it is a digest of the whole ID, without regard to case.
    """
    return f"device-{sha256(device_id.lower().encode()).hexdigest()[:40]}"


def device_uri(device_id: str) -> str:
    """Return the URI in the certificate that names its device whole."""
    return f"{_URI}{device_id.lower()}"


def device_of(names: x509.SubjectAlternativeName | None) -> str:
    """Return the device ID that a certificate's alternative names hold; empty where there is none."""
    uris = names.get_values_for_type(x509.UniformResourceIdentifier) if names else []
    return next((uri.removeprefix(_URI) for uri in uris if uri.startswith(_URI)), "")


class Issuer:
    """Issues with a CA of the scenario's PKI; safe to use from several threads.

    ``random`` gives that many octets, for passwords. ``authority`` can be changed: the next certificate
    is issued by the new one.
    """

    def __init__(
        self,
        authority: Credential,
        random: Callable[[int], bytes],
        *,
        key: KeyType = KeyType.EC_P256,
        valid_for: timedelta = timedelta(days=90),
        encrypts: bool = False,
        again: Again = Again.REISSUE,
    ) -> None:
        self.authority = authority
        self.again = again
        self._random = random
        self.key = key
        self.valid_for = valid_for
        self.encrypts = encrypts
        self._lock = Lock()
        self._last: dict[str, Issued] = {}
        self.count = 0
        """How many certificates were made."""

    def issue(self, device_id: str, now: datetime) -> Issued | None:
        """Return a certificate for a device, with a key that is made here; ``None``: it has one and gets no other."""
        last = self._last.get(device_id)
        if last is not None and self.again is not Again.REISSUE:
            if self.again is Again.REFUSE:
                return None
            if now < last.credential.certificate.not_valid_after_utc:
                return last
        password = self._random(16).hex() if self.encrypts else None
        made = Issued(self.sign(device_id, generate(self.key), now), identity_of(device_id), password)
        with self._lock:
            self._last[device_id] = made
        return made

    def fixed(self, now: datetime) -> Issued:
        """Return the one certificate that a careless service has for all devices."""
        with self._lock:
            last = self._last.get("")
        if last is None:
            last = Issued(self.sign("", generate(self.key), now), identity_of(""))
            with self._lock:
                last = self._last.setdefault("", last)
        return last

    def sign(self, device_id: str, key: PrivateKey, now: datetime) -> Credential:
        """Return a certificate for a device's key, with the intermediates below the root."""
        uris = (device_uri(device_id),) if device_id else ()
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri) for uri in uris])
        subject = common_name(identity_of(device_id))
        certificate = self.certify(key.public_key(), subject, names if uris else None, now)
        chain = (self.authority.certificate, *self.authority.chain)
        return Credential(certificate, key, () if _signs_itself(self.authority) else chain)

    def certify(
        self,
        key: PublicKey,
        subject: x509.Name,
        alternatives: x509.SubjectAlternativeName | None,
        now: datetime,
    ) -> x509.Certificate:
        """Return a certificate for a key that is somewhere else. It does not outlive its issuer."""
        end = min(now + self.valid_for, self.authority.certificate.not_valid_after_utc)
        certificate = issue_client_certificate(
            key, subject, tuple(alternatives or ()), self.authority, (now - BACKDATED, end), self._random
        )
        with self._lock:
            self.count += 1
        return certificate


def _signs_itself(authority: Credential) -> bool:
    return authority.certificate.subject == authority.certificate.issuer
