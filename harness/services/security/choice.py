"""Which CA is meant, and what else is written to the service: everything is checked here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from harness.services.security.lifecycle import Meaning, Status
from harness.services.security.refusal import Reason, Refused
from harness.services.security.succession import Authority, active, meaning

_THUMBPRINT = re.compile(r"[0-9A-F]{40}")
_CODE = re.compile(r"[0-9A-Za-z._-]{1,128}")
_DEVICE_ID = re.compile(r"[0-9a-f]{128}")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
CURRENT = ".default"
"""The serial number that stands for the Active one in the integrated program."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list of a tenant's CAs; the index counts from 1, oldest first, and stays with its CA."""

    index: int
    meaning: Meaning
    certificate: x509.Certificate
    thumbprint: str
    serial_name: str

    @property
    def status(self) -> Status:
        """The documented word of the legacy list."""
        return self.meaning.status

    @property
    def integrated_status(self) -> Status:
        """The documented word of the integrated list."""
        return self.meaning.integrated_status


def listing(line: Sequence[Authority], now: datetime) -> tuple[Listed, ...]:
    """Return the list of these CAs at that time."""
    current = active(line, now)
    return tuple(
        Listed(place, meaning(one, current, now), one.certificate, one.thumbprint, one.serial_name)
        for place, one in enumerate(line, 1)
    )


def choose(
    listed: Sequence[Listed], index: int | None, thumbprint: str | None, serial: str | None
) -> Listed | None:
    """Return the one that is meant; ``None`` stands for the Active one, where nothing is said."""
    said = [
        word
        for word, value in (("index", index), ("thumbprint", thumbprint), ("serial number", serial))
        if value is not None
    ]
    if len(said) > 1:
        raise Refused(
            Reason.CHOSEN_TWICE, f"{' and '.join(said)} were both given", f"leave the {said[1]} out"
        )
    if index is not None:
        return _by_index(listed, index)
    if thumbprint is not None:
        return _by_thumbprint(listed, thumbprint)
    if serial is not None and serial != CURRENT:
        return _by_serial(listed, serial)
    return None


def _by_index(listed: Sequence[Listed], index: int) -> Listed | None:
    if 1 <= index <= len(listed):
        return listed[index - 1]
    there = {0: "there was none at that time", 1: "there is index 1 alone"}.get(
        len(listed), f"there are indexes 1 to {len(listed)}"
    )
    raise Refused(Reason.INDEX_UNKNOWN, f"no CA of this tenant has index {index}", there)


def _by_thumbprint(listed: Sequence[Listed], thumbprint: str) -> Listed | None:
    wanted = re.sub(r"[:\s]", "", thumbprint).upper()
    if not _THUMBPRINT.fullmatch(wanted):
        message = f"{thumbprint!r} is no thumbprint"
        raise Refused(Reason.THUMBPRINT_INVALID, message, "a thumbprint has 40 hexadecimal digits")
    found = [one for one in listed if one.thumbprint == wanted]
    if not found:
        there = ", ".join(one.thumbprint for one in listed)
        message = f"no CA of this tenant has thumbprint {wanted}"
        raise Refused(Reason.THUMBPRINT_UNKNOWN, message, f"list them: there are {there}")
    return found[0]


def _by_serial(listed: Sequence[Listed], serial: str) -> Listed | None:
    wanted = serial.lower()
    found = [one for one in listed if one.serial_name == wanted]
    if not found:
        there = ", ".join(one.serial_name for one in listed)
        message = f"no certificate is called {serial!r}"
        raise Refused(Reason.SERIAL_UNKNOWN, message, f"list them: there are {there}")
    return found[0]


def check_code(code: str) -> None:
    """Insist on a verification code that can be a common name."""
    if not _CODE.fullmatch(code):
        message = f"{code!r} is no verification code"
        raise Refused(Reason.CODE_INVALID, message, "copy the code that the cloud service shows")


def check_name(name: str) -> None:
    """Insist on a tenant's name that can be shown on a line."""
    if not _NAME.fullmatch(name) or name != name.strip():
        message = f"{name!r} is no name of a tenant"
        fix = "write 1 to 64 characters, without a blank at either end"
        raise Refused(Reason.NAME_INVALID, message, fix)


def check_device_id(device_id: str) -> str:
    """Return a device ID in lower case; it has 128 hexadecimal digits, upper or lower case."""
    lower = device_id.lower()
    if not _DEVICE_ID.fullmatch(lower):
        message = f"a device ID of {len(device_id)} characters"
        raise Refused(Reason.DEVICE_ID_INVALID, message, "a device ID has 128 hexadecimal digits")
    return lower
