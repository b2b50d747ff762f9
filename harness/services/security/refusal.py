"""What the service refuses, as one closed list of reasons."""

from __future__ import annotations

from enum import StrEnum

from harness.errors import HarnessError


class Reason(StrEnum):
    """Why the service did not do what it was asked."""

    TENANT_UNKNOWN = "tenant-unknown"
    TENANT_EXISTS = "tenant-exists"
    TENANT_NOT_SELECTED = "tenant-not-selected"
    NAME_INVALID = "name-invalid"
    BEFORE_BEGINNING = "before-beginning"
    INDEX_UNKNOWN = "index-unknown"
    THUMBPRINT_UNKNOWN = "thumbprint-unknown"
    THUMBPRINT_INVALID = "thumbprint-invalid"
    SERIAL_UNKNOWN = "serial-unknown"
    CHOSEN_TWICE = "chosen-twice"
    CA_EXPIRED = "ca-expired"
    CODE_INVALID = "code-invalid"
    DEVICE_ID_INVALID = "device-id-invalid"
    DEVICE_ELSEWHERE = "device-elsewhere"
    DEVICE_UNCLAIMED = "device-unclaimed"
    NOTHING_ACTIVE = "nothing-active"


class Refused(HarnessError):
    """The service says no: the reason as a word, a sentence, and what to do."""

    def __init__(self, reason: Reason, message: str, fix: str) -> None:
        super().__init__(reason, message, fix)
        self.reason = reason
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}; {self.fix}"
