"""The certificate store of a device: one flat namespace of IDs for client certificates and root CAs.

An install under an ID that exists replaces whatever is there, of either type, and says nothing;
that silence is the subject of many scenarios (behaviour reference, sections 1.1 to 1.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from harness.device.checks import (
    Blob,
    CheckFailed,
    StoreError,
    certificate_blob,
    check_id,
    check_length,
    check_password_length,
    key_blob,
    parse_certificate,
    parse_chain,
    parse_key,
)
from harness.device.profile import DEFAULT_PROFILE, DeviceProfile
from harness.pki.credential import Credential
from harness.pki.keys import PrivateKey, public_key_der


class EntryType(StrEnum):
    """What an entry was installed as; nothing checks that it is one."""

    CLIENT = "client"
    ROOT_CA = "rootca"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the store; ``size`` is what it costs of the store's space, in bytes.

    ``credential`` is there for client entries. It has a chain only where the profile lets a device hold
    one: an ID holds one certificate, so the device can send no intermediates.
    """

    id: str
    type: EntryType
    certificate: x509.Certificate
    credential: Credential | None
    size: int
    key_matches: bool = True

    @property
    def key(self) -> PrivateKey | None:
        """The private key of a client entry."""
        return self.credential.key if self.credential else None


@dataclass(frozen=True, slots=True)
class StoreResult:
    """What an operation on the store answered.

    ``errno`` is the name of the C error, ``code`` the device's CertStorageError number; on success
    they are empty and 0. ``replaced`` is the type of the entry that was silently replaced.
    """

    ok: bool
    errno: str = ""
    code: int = 0
    text: str = ""
    replaced: EntryType | None = None


@dataclass(frozen=True, slots=True)
class StoreSnapshot:
    """The store's content at one moment; it never changes."""

    entries: Mapping[str, Entry] = field(default_factory=lambda: MappingProxyType({}))
    case_sensitive: bool = True

    def get(self, identifier: str) -> Entry | None:
        """Return the entry of that ID."""
        return self.entries.get(self.place(identifier))

    def identifiers(self) -> tuple[str, ...]:
        """Return all IDs as they were written, oldest entry first."""
        return tuple(entry.id for entry in self.entries.values())

    def place(self, identifier: str) -> str:
        """Return the key under which an ID is filed."""
        return identifier if self.case_sensitive else identifier.lower()


class CertStore:
    """Certificates by ID. Every operation takes effect whole or not at all, and answers with a value."""

    __slots__ = ("_content", "_profile")

    def __init__(self, profile: DeviceProfile = DEFAULT_PROFILE) -> None:
        self._profile = profile
        self._content = StoreSnapshot(case_sensitive=profile.case_sensitive_ids)

    def install_client(
        self, identifier: str, certificate_pem: bytes | str, key_pem: bytes | str, password: str | None = None
    ) -> StoreResult:
        """Install a client certificate with its private key; ``password`` only for an encrypted key."""
        secret = (password or "").encode(errors="replace")
        certificate_data, key_data = certificate_blob(certificate_pem), key_blob(key_pem)
        try:
            check_id(identifier)
            check_length(certificate_data)
            check_length(key_data)
            check_password_length(secret)
            certificate, *chain = self._parse(certificate_data)
            key = parse_key(key_data, secret)
            key_matches = self._match(certificate, key)
        except CheckFailed as failure:
            return _refusal(failure)
        size = len(certificate_data.data) + len(key_data.data) + len(secret) + self._profile.entry_overhead
        credential = Credential(certificate, key, tuple(chain))
        return self._write(Entry(identifier, EntryType.CLIENT, certificate, credential, size, key_matches))

    def install_root_ca(self, identifier: str, certificate_pem: bytes | str) -> StoreResult:
        """Install a certificate as root CA."""
        data = certificate_blob(certificate_pem)
        try:
            check_id(identifier)
            check_length(data)
            certificate = parse_certificate(data)
        except CheckFailed as failure:
            return _refusal(failure)
        size = len(data.data) + self._profile.entry_overhead
        return self._write(Entry(identifier, EntryType.ROOT_CA, certificate, None, size))

    def delete(self, identifier: str) -> StoreResult:
        """Delete an entry, in use or not; a network that names it notices at the next reload."""
        entry = self.get(identifier)
        if entry is None:
            return _missing(identifier)
        self._replace(without=(identifier,))
        return StoreResult(ok=True)

    def move(self, source: str, destination: str) -> StoreResult:
        """Rename an entry, silently replacing what the destination holds; networks are not rewritten.

        Moving an entry onto itself changes nothing.
        """
        try:
            check_id(source)
            check_id(destination)
        except CheckFailed as failure:
            return _refusal(failure)
        entry, target = self.get(source), self.get(destination)
        if entry is None:
            return _missing(source)
        if target is None and self._profile.move_requires_destination:
            return _missing(destination)
        self._replace(without=(source,), entry=replace(entry, id=destination))
        return StoreResult(ok=True, replaced=target.type if target and target is not entry else None)

    def identifiers(self) -> tuple[str, ...]:
        """Return all IDs as they were written."""
        return self._content.identifiers()

    def get(self, identifier: str) -> Entry | None:
        """Return the entry of that ID, or ``None``."""
        return self._content.get(identifier)

    def available_space(self) -> int:
        """Return the free space in bytes; only the empty store's value is documented."""
        return self._profile.store_bytes - sum(entry.size for entry in self._content.entries.values())

    def snapshot(self) -> StoreSnapshot:
        """Return the content as it is now; later operations do not touch it."""
        return self._content

    def _parse(self, blob: Blob) -> tuple[x509.Certificate, ...]:
        return parse_chain(blob) if self._profile.install_chains else (parse_certificate(blob),)

    def _match(self, certificate: x509.Certificate, key: PrivateKey) -> bool:
        public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        matches = public == public_key_der(key)
        if not matches and self._profile.check_key_match:
            text = "the private key does not belong to the certificate"
            raise CheckFailed("EINVAL", StoreError.KEY_MISMATCH, text)
        return matches

    def _write(self, entry: Entry) -> StoreResult:
        old = self.get(entry.id)
        # The old entry's space counts as free: it goes in the same step.
        free = self.available_space() + (old.size if old else 0)
        if entry.size > free:
            text = f"the store is full: {entry.id!r} needs {entry.size} bytes and {free} are free"
            return _refusal(CheckFailed("ENOSPC", StoreError.OUT_OF_SPACE, text))
        self._replace(entry=entry)
        return StoreResult(ok=True, replaced=old.type if old else None)

    def _replace(self, *, without: Iterable[str] = (), entry: Entry | None = None) -> None:
        # The content is exchanged, never changed: snapshots cost nothing and stay as they are.
        content = self._content
        gone = {content.place(identifier) for identifier in without}
        entries = {place: kept for place, kept in content.entries.items() if place not in gone}
        if entry is not None:
            entries[content.place(entry.id)] = entry
        self._content = replace(content, entries=MappingProxyType(entries))


def _refusal(failure: CheckFailed) -> StoreResult:
    return StoreResult(ok=False, errno=failure.errno, code=int(failure.error), text=failure.text)


def _missing(identifier: str) -> StoreResult:
    text = f"there is no certificate {identifier!r} in the store"
    return _refusal(CheckFailed("ENOENT", StoreError.CERTIFICATE_NOT_FOUND, text))
