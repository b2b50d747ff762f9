"""The life of a tenant CA: when a successor is issued, when it takes over, and the words for it.

Behaviour reference, section 6.1. All states follow from dates, so nothing has to happen for time to pass.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from harness.pki.keys import KeyType


class Status(StrEnum):
    """The documented word for a tenant CA; the legacy list says Inactive where the integrated one says Expired."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    EXPIRED = "Expired"
    REVOKED = "Revoked"


class Meaning(StrEnum):
    """What a status means; three of these are listed as Inactive."""

    ACTIVE = "active"
    """The current tenant CA, which signs the devices' certificates."""
    NEW = "new"
    """Issued beside the current one, which it will follow."""
    RETIRED = "retired"
    """Followed by another one and still valid: certificates that it signed may be in use for a day."""
    EXPIRED = "expired"
    """Its validity has ended; it is listed and cannot be downloaded."""
    REVOKED = "revoked"
    """Not to be trusted, whatever its dates say."""

    @property
    def status(self) -> Status:
        """The word of the legacy list."""
        return _LEGACY[self]

    @property
    def integrated_status(self) -> Status:
        """The word of the integrated list, which tells the expired ones apart."""
        return Status.EXPIRED if self is Meaning.EXPIRED else self.status

    @property
    def is_needed(self) -> bool:
        """Whether such a CA signs the devices' certificates or will: who verifies them has to trust it."""
        return self in {Meaning.ACTIVE, Meaning.NEW}

    @property
    def explanation(self) -> str:
        """What the word leaves out, as one clause."""
        return _EXPLANATIONS[self]


_LEGACY = {
    Meaning.ACTIVE: Status.ACTIVE,
    Meaning.NEW: Status.INACTIVE,
    Meaning.RETIRED: Status.INACTIVE,
    Meaning.EXPIRED: Status.INACTIVE,
    Meaning.REVOKED: Status.REVOKED,
}
_EXPLANATIONS = {
    Meaning.ACTIVE: "signs the certificates that devices get today",
    Meaning.NEW: "issued, and not yet used; back ends have to trust it before it becomes Active",
    Meaning.RETIRED: "followed by the Active one; certificates that it signed may still be in use",
    Meaning.EXPIRED: "its validity has ended; it may be removed from back ends",
    Meaning.REVOKED: "not to be trusted, though its dates may be good",
}

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LifeCycle:
    """The intervals of the service, and how its certificates are made. The defaults are the documented ones.

    Every interval is "approximately" in the documents, hence a setting. Raises :class:`ValueError`, one
    sentence that names the setting, for intervals that contradict each other.
    """

    life: timedelta = 730 * _DAY
    """How long a tenant CA is valid."""
    renewal: timedelta = 90 * _DAY
    """How long before the end of a tenant CA its successor is issued."""
    activation: timedelta = 45 * _DAY
    """How long after its issue a successor becomes the Active one."""
    attestation: timedelta = timedelta(hours=24)
    """How long a device's certificate is valid."""
    proof: timedelta = timedelta(hours=1)
    """How long after its making a proof of possession is valid."""
    proof_before: timedelta = timedelta(minutes=5)
    """How long before its making a proof of possession begins, for clocks that are a little late."""
    attestation_before: timedelta = timedelta()
    """How long before its making a device's certificate begins."""
    policy_life: timedelta = 1826 * _DAY
    """How long the policy CA above the tenants' CAs is valid, from the service's beginning."""
    root_life: timedelta = 7305 * _DAY
    """How long the service's root is valid, from the service's beginning."""
    revocations: timedelta = 7 * _DAY
    """How long the policy CA's list of revoked tenant CAs is good."""
    key: KeyType = KeyType.EC_P384
    """The tenant CAs' keys: P-384, or P-256 as in 2020. Root and policy CA always have P-384."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            least = (
                timedelta() if field.name in {"proof_before", "attestation_before"} else timedelta(seconds=1)
            )
            if isinstance(value, timedelta) and value < least:
                raise ValueError(f"{field.name.replace('_', '-')} is {value}; it has to be longer")
        if self.renewal >= self.life:
            raise ValueError("renewal is not shorter than life; a successor is issued before the end of a CA")
        if self.activation > self.renewal:
            raise ValueError(
                "activation is longer than renewal; a successor takes over before its predecessor ends"
            )
        if self.key not in {KeyType.EC_P256, KeyType.EC_P384}:
            raise ValueError(f"key is {self.key}; a tenant CA has ec-p384 or ec-p256")

    def successor_issued(self, not_after: datetime) -> datetime:
        """Return when the successor of a CA that ends then is issued: stage 2 of the documented timeline."""
        return not_after - self.renewal

    def successor_active(self, not_after: datetime) -> datetime:
        """Return when the successor of a CA that ends then takes over: stage 3 of the documented timeline."""
        return not_after - self.renewal + self.activation
