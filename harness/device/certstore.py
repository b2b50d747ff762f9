"""The certificate store of a device: one flat namespace of IDs for client certificates and root CAs.

An install under an ID that exists replaces whatever is there, of either type, and says nothing;
that silence is the subject of many scenarios (behaviour reference, sections 1.1 to 1.5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from harness.device.checks import CheckFailed, check_id
from harness.device.entries import Entry, StoreSnapshot
from harness.device.error_numbers import Errno, StoreError
from harness.device.incoming import client_entry, root_entry
from harness.device.names import one_line
from harness.device.profile import DEFAULT_PROFILE, DeviceProfile
from harness.device.results import Answer, Refusal, StoreResult, no_certificate

T = TypeVar("T")


def _forgetful(_content: StoreSnapshot) -> None:
    """Save nothing: the store of a device that lives in memory alone."""


class CertStore:
    """Certificates by ID. Every operation takes effect whole or not at all, and answers with a value.

    ``save`` makes new content durable before it counts; when it raises, the store keeps the old one.
    Nobody is checked here: :class:`harness.device.application.Application` knows who may do what.
    """

    __slots__ = ("_content", "_profile", "_save")

    def __init__(
        self,
        profile: DeviceProfile = DEFAULT_PROFILE,
        content: StoreSnapshot | None = None,
        save: Callable[[StoreSnapshot], None] = _forgetful,
    ) -> None:
        self._profile = profile
        self._content = content or StoreSnapshot(case_sensitive=profile.case_sensitive_ids)
        self._save = save

    def install_client(
        self, identifier: str, certificate_pem: bytes | str, key_pem: bytes | str, password: str | None = None
    ) -> StoreResult:
        """Install a client certificate with its private key; ``password`` only for an encrypted key."""
        try:
            entry = client_entry(identifier, certificate_pem, key_pem, password, self._profile)
        except CheckFailed as failure:
            return StoreResult.refused(failure.refusal)
        return self._write(entry)

    def install_root_ca(self, identifier: str, certificate_pem: bytes | str) -> StoreResult:
        """Install a certificate as root CA."""
        try:
            entry = root_entry(identifier, certificate_pem, self._profile)
        except CheckFailed as failure:
            return StoreResult.refused(failure.refusal)
        return self._write(entry)

    def delete(self, identifier: str) -> StoreResult:
        """Delete an entry, in use or not; a network that names it notices at the next reload."""
        if self.get(identifier) is None:
            return StoreResult.refused(no_certificate(identifier))
        self._exchange(self._content.lacking(identifier))
        return StoreResult(ok=True)

    def move(self, source: str, destination: str) -> StoreResult:
        """Rename an entry, silently replacing what the destination holds; networks are not rewritten."""
        refusal = self._move_refusal(source, destination)
        entry, target = self.get(source), self.get(destination)
        if refusal or entry is None:
            return StoreResult.refused(refusal or no_certificate(source))
        if source == destination:
            return StoreResult(ok=True)
        moved = replace(entry, id=destination)
        self._exchange(self._content.lacking(source).having(moved))
        return StoreResult(ok=True, replaced=target.type if target and target is not entry else None)

    def damage(self, identifier: str) -> StoreResult:
        """Make what is stored under an ID unreadable, as a fault of the memory would."""
        entry = self.get(identifier)
        if entry is None:
            return StoreResult.refused(no_certificate(identifier))
        self._exchange(self._content.having(replace(entry, damaged=True)))
        return StoreResult(ok=True)

    def identifiers(self) -> tuple[str, ...]:
        """Return all IDs as they were written, oldest entry first."""
        return self._content.identifiers()

    def identifier_at(self, index: int) -> Answer[str]:
        """Return the ID at a place, counted from 0; ERANGE beyond the last. Places shift when entries go."""
        identifiers = self.identifiers()
        if 0 <= index < len(identifiers):
            return Answer(identifiers[index])
        text = f"there is no certificate at index {index}; the store holds {len(identifiers)}"
        return Answer.refused(Refusal(Errno.ERANGE, StoreError.INDEX_OUT_OF_RANGE, text))

    def get(self, identifier: str) -> Entry | None:
        """Return the entry of that ID, or ``None``."""
        return self._content.get(identifier)

    def subject_name(self, identifier: str) -> Answer[str]:
        """Return the subject on one line; ENOENT, or EINVAL when what is stored cannot be read."""
        return self._read(identifier, lambda entry: one_line(entry.certificate.subject, self._name_length))

    def issuer_name(self, identifier: str) -> Answer[str]:
        """Return the issuer on one line; errors as for the subject."""
        return self._read(identifier, lambda entry: one_line(entry.certificate.issuer, self._name_length))

    def not_before(self, identifier: str) -> Answer[datetime]:
        """Return when the certificate becomes valid, in UTC; errors as for the subject."""
        return self._read(identifier, lambda entry: entry.certificate.not_valid_before_utc)

    def not_after(self, identifier: str) -> Answer[datetime]:
        """Return when the certificate ceases to be valid, in UTC; errors as for the subject."""
        return self._read(identifier, lambda entry: entry.certificate.not_valid_after_utc)

    def available_space(self) -> int:
        """Return the free space in bytes; only the empty store's value is documented."""
        return self._profile.store_bytes - self._content.used()

    def snapshot(self) -> StoreSnapshot:
        """Return the content as it is now; later operations do not touch it."""
        return self._content

    def restore(self, content: StoreSnapshot) -> None:
        """Take over what was kept; nothing is saved."""
        self._content = content

    @property
    def _name_length(self) -> int:
        return self._profile.name_length

    def _read(self, identifier: str, value: Callable[[Entry], T]) -> Answer[T]:
        entry = self.get(identifier)
        if entry is None:
            return Answer.refused(no_certificate(identifier))
        try:
            if not entry.damaged:
                return Answer(value(entry))
        except ValueError:
            # cryptography parses names and dates when they are asked for.
            pass
        text = f"what is stored as {identifier!r} cannot be read; install it anew"
        return Answer.refused(Refusal(Errno.EINVAL, StoreError.CONTENT_INVALID, text))

    def _move_refusal(self, source: str, destination: str) -> Refusal | None:
        try:
            for identifier in (source, destination):
                check_id(identifier, self._profile.long_id_errno)
        except CheckFailed as failure:
            return failure.refusal
        if self.get(source) is None:
            return no_certificate(source)
        if source == destination and not self._profile.move_onto_itself:
            text = f"certificate {source!r} cannot be moved onto itself"
            return Refusal(Errno.EINVAL, StoreError.ID_INVALID, text)
        if self._profile.move_requires_destination and self.get(destination) is None:
            return no_certificate(destination)
        return None

    def _write(self, entry: Entry) -> StoreResult:
        old = self.get(entry.id)
        # The old entry's space counts as free: it goes in the same step.
        free = self.available_space() + (old.size if old else 0)
        if entry.size > free:
            text = f"the store is full: {entry.id!r} needs {entry.size} bytes and {free} are free"
            return StoreResult.refused(Refusal(Errno.ENOSPC, StoreError.OUT_OF_SPACE, text))
        self._exchange(self._content.having(entry))
        return StoreResult(ok=True, replaced=old.type if old else None)

    def _exchange(self, content: StoreSnapshot) -> None:
        # The content is exchanged, never changed: snapshots cost nothing and stay as they are.
        self._save(content)
        self._content = content
