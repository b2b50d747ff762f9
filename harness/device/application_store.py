"""The functions on certificates as an application, the command line or REST calls them.

Each function answers with the documented results of the behaviour reference, section 1.3: EACCES without
the capability ``CertStore``, EAGAIN before the store's service is up, EFAULT for ``None``, and what
:class:`harness.device.certstore.CertStore` says.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from harness.device.certstore import CertStore
from harness.device.entry_type import EntryType
from harness.device.error_numbers import Errno, StoreError
from harness.device.manifest import Access, Capability
from harness.device.results import Answer, Refusal, StoreResult

T = TypeVar("T")
Text = bytes | str


class ApplicationStore:
    """A device's certificate store, seen by one application."""

    __slots__ = ("_access", "_store")

    def __init__(self, store: CertStore, access: Access) -> None:
        self._store = store
        self._access = access

    def install_client_certificate(
        self, identifier: str | None, certificate: Text | None, key: Text | None, password: str | None = None
    ) -> StoreResult:
        """Install certificate and key as one entry.

        ERANGE: ID, certificate, key or password too long, certificate or key empty. EINVAL: ID malformed,
        certificate or key unreadable or of different pairs, password for a key that is not encrypted.
        EACCES: no capability, *or* the key cannot be decrypted. ENOSPC: the store is full.
        """
        refusal = self._refusal() or _null(identifier=identifier, certificate=certificate, key=key)
        if refusal or identifier is None or certificate is None or key is None:
            return _refused(refusal)
        return self._store.install_client(identifier, certificate, key, password)

    def install_root_ca_certificate(self, identifier: str | None, certificate: Text | None) -> StoreResult:
        """Install a root CA; ERANGE, EINVAL and ENOSPC as for a client certificate."""
        refusal = self._refusal() or _null(identifier=identifier, certificate=certificate)
        if refusal or identifier is None or certificate is None:
            return _refused(refusal)
        return self._store.install_root_ca(identifier, certificate)

    def install(
        self,
        identifier: str,
        cert_type: str,
        certificate: Text,
        key: Text | None = None,
        password: str | None = None,
    ) -> StoreResult:
        """Install what a command line or a REST request names by type: ``client`` or ``rootca``.

        Beyond the other functions it refuses an unknown type (code 12), a key or password with a root CA
        (17, 19) and a client certificate without key (15). An empty key or password counts as none.
        """
        refusal = self._refusal() or _request_refusal(cert_type, key, password)
        if refusal:
            return StoreResult.refused(refusal)
        if cert_type == EntryType.ROOT_CA:
            return self._store.install_root_ca(identifier, certificate)
        return self._store.install_client(identifier, certificate, key or b"", password)

    def delete_certificate(self, identifier: str | None) -> StoreResult:
        """Delete an entry, in use or not; ENOENT."""
        refusal = self._refusal() or _null(identifier=identifier)
        if refusal or identifier is None:
            return _refused(refusal)
        return self._store.delete(identifier)

    def move_certificate(self, source: str | None, destination: str | None) -> StoreResult:
        """Give an entry another ID, replacing what is there; EINVAL and ERANGE for an ID, ENOENT."""
        refusal = self._refusal() or _null(source=source, destination=destination)
        if refusal or source is None or destination is None:
            return _refused(refusal)
        return self._store.move(source, destination)

    def get_certificate_count(self) -> Answer[int]:
        """Return how many certificates there are."""
        return self._answer(lambda: Answer(len(self._store.identifiers())))

    def get_certificate_identifier_at(self, index: int) -> Answer[str]:
        """Return the ID at an index from 0; ERANGE. Other callers may shift the places meanwhile."""
        return self._answer(lambda: self._store.identifier_at(index))

    def get_available_space(self) -> Answer[int]:
        """Return the free space in bytes."""
        return self._answer(lambda: Answer(self._store.available_space()))

    def get_certificate_subject_name(self, identifier: str | None) -> Answer[str]:
        """Return the subject on one line; ENOENT, EINVAL when the entry is damaged."""
        return self._about(identifier, self._store.subject_name)

    def get_certificate_issuer_name(self, identifier: str | None) -> Answer[str]:
        """Return the issuer on one line; ENOENT, EINVAL when the entry is damaged."""
        return self._about(identifier, self._store.issuer_name)

    def get_certificate_not_before(self, identifier: str | None) -> Answer[datetime]:
        """Return the start of validity in UTC; ENOENT, EINVAL when the entry is damaged."""
        return self._about(identifier, self._store.not_before)

    def get_certificate_not_after(self, identifier: str | None) -> Answer[datetime]:
        """Return the end of validity in UTC; ENOENT, EINVAL when the entry is damaged."""
        return self._about(identifier, self._store.not_after)

    def _about(self, identifier: str | None, ask: Callable[[str], Answer[T]]) -> Answer[T]:
        refusal = self._refusal() or _null(identifier=identifier)
        if refusal:
            return Answer.refused(refusal)
        return ask(identifier or "")

    def _answer(self, ask: Callable[[], Answer[T]]) -> Answer[T]:
        refusal = self._refusal()
        return Answer.refused(refusal) if refusal else ask()

    def _refusal(self) -> Refusal | None:
        return self._access.refusal(Capability.CERT_STORE)


def _null(**arguments: Text | None) -> Refusal | None:
    for name, value in arguments.items():
        if value is None:
            return Refusal(Errno.EFAULT, StoreError.CONTENT_INVALID, f"{name} is a null pointer")
    return None


def _refused(refusal: Refusal | None) -> StoreResult:
    assert refusal is not None
    return StoreResult.refused(refusal)


def _request_refusal(cert_type: str, key: Text | None, password: str | None) -> Refusal | None:
    if cert_type not in set(EntryType):
        text = f"certificate type {cert_type!r} is not known; use client or rootca"
        return Refusal(Errno.EINVAL, StoreError.TYPE_INVALID, text)
    if cert_type == EntryType.CLIENT:
        text = "a client certificate needs its private key"
        return None if key else Refusal(Errno.EINVAL, StoreError.KEY_INVALID, text)
    if key:
        text = "a root CA is installed without private key; leave the key out"
        return Refusal(Errno.EINVAL, StoreError.KEY_NOT_ALLOWED, text)
    if password:
        text = "a root CA is installed without password; leave the password out"
        return Refusal(Errno.EINVAL, StoreError.PASSWORD_NOT_ALLOWED, text)
    return None
