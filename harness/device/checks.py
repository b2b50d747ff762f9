"""What the certificate store looks at before it reads anything: IDs and lengths.

Limits are those of the behaviour reference, section 1.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from harness.device.error_numbers import Errno, StoreError
from harness.device.results import Refusal

MAX_ID = 16
MAX_BLOB = 8192
MAX_PASSWORD = 256

_ID = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)


class CheckFailed(Exception):
    """A check said no; stays inside the store, which turns it into a result."""

    def __init__(self, errno: Errno, error: StoreError, text: str) -> None:
        super().__init__(text)
        self.refusal = Refusal(errno, error, text)


@dataclass(frozen=True, slots=True)
class Blob:
    """Octets handed to the store, with the word and the error numbers that belong to their place."""

    data: bytes = field(repr=False)
    what: str
    invalid: StoreError
    too_long: StoreError


def certificate_blob(pem: bytes | str) -> Blob:
    """Wrap what was handed over as a certificate."""
    return Blob(_octets(pem), "certificate", StoreError.CERTIFICATE_INVALID, StoreError.CERTIFICATE_TOO_LONG)


def key_blob(pem: bytes | str) -> Blob:
    """Wrap what was handed over as a private key."""
    return Blob(_octets(pem), "private key", StoreError.KEY_INVALID, StoreError.KEY_TOO_LONG)


def check_id(identifier: str, too_long: Errno = Errno.ERANGE) -> None:
    """Insist on 1 to 16 characters out of A-Z, a-z, 0-9, point, hyphen and underscore."""
    if not _ID.fullmatch(identifier):
        text = f"certificate ID {identifier!r} is not made of A-Z, a-z, 0-9, '.', '-' and '_'"
        text = text if identifier else "certificate ID is empty"
        raise CheckFailed(Errno.EINVAL, StoreError.ID_INVALID, text)
    if len(identifier) > MAX_ID:
        text = f"certificate ID {identifier!r} has {len(identifier)} characters; at most {MAX_ID} are allowed"
        raise CheckFailed(too_long, StoreError.ID_TOO_LONG, text)


def check_length(blob: Blob) -> None:
    """Insist on 1 to 8192 octets."""
    if not blob.data:
        raise CheckFailed(Errno.ERANGE, blob.invalid, f"the {blob.what} is empty")
    if len(blob.data) > MAX_BLOB:
        text = f"the {blob.what} has {len(blob.data)} bytes; at most {MAX_BLOB} are allowed"
        raise CheckFailed(Errno.ERANGE, blob.too_long, text)


def check_password_length(password: bytes) -> None:
    """Insist on 256 octets at most."""
    if len(password) > MAX_PASSWORD:
        text = f"the password has {len(password)} bytes; at most {MAX_PASSWORD} are allowed"
        raise CheckFailed(Errno.ERANGE, StoreError.PASSWORD_TOO_LONG, text)


def _octets(pem: bytes | str) -> bytes:
    # PEM is ASCII; whatever else a string holds has to be refused as no PEM, not raise.
    return pem.encode(errors="replace") if isinstance(pem, str) else pem
