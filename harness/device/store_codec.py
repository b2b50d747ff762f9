"""The certificate store as JSON: every entry as it was handed over."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from harness.device.checks import CheckFailed
from harness.device.entries import Entry, StoreSnapshot
from harness.device.entry_type import EntryType
from harness.device.incoming import client_entry, root_entry
from harness.device.profile import DeviceProfile
from harness.device.sealed import Json
from harness.device.trouble import DeviceDamaged


def encode_store(content: StoreSnapshot) -> Json:
    """Return the content as JSON, private keys and passwords included."""
    return {"entries": [_encode(entry) for entry in content.entries.values()]}


def decode_store(content: Json, profile: DeviceProfile, file: str) -> StoreSnapshot:
    """Return the content of a store; raises :class:`DeviceDamaged` that names file and entry."""
    snapshot = StoreSnapshot(case_sensitive=profile.case_sensitive_ids)
    try:
        entries = [_decode(written, profile, file) for written in content["entries"]]
    except (KeyError, TypeError, AttributeError, ValueError):
        raise DeviceDamaged(file, "the list of certificates is not what the harness writes") from None
    return replace(snapshot, entries=MappingProxyType({snapshot.place(entry.id): entry for entry in entries}))


def _encode(entry: Entry) -> Json:
    blobs = entry.blobs
    return {
        "id": entry.id,
        "type": entry.type.value,
        # Latin-1 gives every octet one character and back.
        "certificate": blobs.certificate.decode("latin-1"),
        "key": blobs.key.decode("latin-1"),
        "password": blobs.password.decode(),
        "damaged": entry.damaged,
    }


def _decode(written: Json, profile: DeviceProfile, file: str) -> Entry:
    identifier, certificate = written["id"], written["certificate"].encode("latin-1")
    try:
        if EntryType(written["type"]) is EntryType.ROOT_CA:
            entry = root_entry(identifier, certificate, profile)
        else:
            key = written["key"].encode("latin-1")
            entry = client_entry(identifier, certificate, key, written["password"], profile)
    except CheckFailed as failure:
        raise DeviceDamaged(file, f"certificate {identifier!r}: {failure.refusal.text}") from None
    return replace(entry, damaged=bool(written["damaged"]))
