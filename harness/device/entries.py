"""What a certificate store holds: entries, and its content at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cryptography import x509

from harness.device.entry_type import EntryType
from harness.pki.credential import Credential
from harness.pki.keys import PrivateKey


@dataclass(frozen=True, slots=True)
class Blobs:
    """An entry as it was handed over: PEM octets and the password of an encrypted key."""

    certificate: bytes
    key: bytes = field(default=b"", repr=False)
    password: bytes = field(default=b"", repr=False)

    @property
    def size(self) -> int:
        """Octets in all."""
        return len(self.certificate) + len(self.key) + len(self.password)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the store; ``size`` is what it costs of the store's space, in bytes.

    ``credential`` is there for client entries. It has a chain only where the profile lets a device hold
    one: an ID holds one certificate, so the device can send no intermediates. ``damaged`` says that what
    is stored can no longer be read: the space stays taken, the certificate cannot be used.
    """

    id: str
    type: EntryType
    certificate: x509.Certificate
    credential: Credential | None
    size: int
    key_matches: bool = True
    blobs: Blobs = field(default=Blobs(b""), repr=False)
    damaged: bool = False

    @property
    def key(self) -> PrivateKey | None:
        """The private key of a client entry."""
        return self.credential.key if self.credential else None


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

    def used(self) -> int:
        """Return the bytes that all entries together cost."""
        return sum(entry.size for entry in self.entries.values())

    def place(self, identifier: str) -> str:
        """Return the key under which an ID is filed."""
        return identifier if self.case_sensitive else identifier.lower()

    def having(self, entry: Entry) -> StoreSnapshot:
        """Return the content with that entry, which replaces one of the same ID."""
        return self._exchanged({**self.entries, self.place(entry.id): entry})

    def lacking(self, identifier: str) -> StoreSnapshot:
        """Return the content without the entry of that ID."""
        gone = self.place(identifier)
        return self._exchanged({place: entry for place, entry in self.entries.items() if place != gone})

    def _exchanged(self, entries: dict[str, Entry]) -> StoreSnapshot:
        return StoreSnapshot(MappingProxyType(entries), self.case_sensitive)
