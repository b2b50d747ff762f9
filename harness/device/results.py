"""What operations on a device answer: values, never exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from harness.device.entry_type import EntryType
from harness.device.error_numbers import DeviceError, Errno, StoreError, rest_number

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a device said no: the C error for applications, the number for REST, one sentence for people."""

    errno: Errno
    error: DeviceError
    text: str


@dataclass(frozen=True, slots=True)
class StoreResult:
    """What a change of the store answered.

    ``errno`` is the name of the C error, ``code`` the number within its category (CertStorageError
    for all that the store itself refuses), ``number`` the one of the REST interface; on success they
    are empty and 0. ``replaced`` is the type of the entry that was silently replaced.
    """

    ok: bool
    errno: str = ""
    code: int = 0
    text: str = ""
    replaced: EntryType | None = None
    number: int = 0

    @classmethod
    def refused(cls, refusal: Refusal) -> StoreResult:
        """Return the result of an operation that was refused."""
        number = rest_number(refusal.error)
        return cls(False, refusal.errno, int(refusal.error), refusal.text, number=number)


@dataclass(frozen=True, slots=True)
class WifiResult:
    """What a change of the Wi-Fi settings answered; the fields are those of :class:`StoreResult`.

    ``network`` is the ID of a network that was added.
    """

    ok: bool
    errno: str = ""
    text: str = ""
    number: int = 0
    network: int | None = None

    @classmethod
    def refused(cls, refusal: Refusal) -> WifiResult:
        """Return the result of an operation that was refused."""
        return cls(False, refusal.errno, refusal.text, rest_number(refusal.error))


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a question answered: a value, or why there is none; the other fields as in :class:`StoreResult`.

    ``text`` may also come with a value: it then says what is doubtful about it.
    """

    value: T | None = None
    errno: str = ""
    text: str = ""
    number: int = 0

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return not self.errno

    @classmethod
    def refused(cls, refusal: Refusal) -> Answer[T]:
        """Return the answer to a question that was refused."""
        return cls(None, refusal.errno, refusal.text, rest_number(refusal.error))


def no_certificate(identifier: str) -> Refusal:
    """Return the refusal for an ID that the store does not hold."""
    text = f"there is no certificate {identifier!r} in the store"
    return Refusal(Errno.ENOENT, StoreError.CERTIFICATE_NOT_FOUND, text)
