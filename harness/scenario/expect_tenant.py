"""What a step on tenants and their CAs is expected to return. CAs of a tenant are called A, B, C, in their order."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, WithJsonSchema

from harness.scenario.expect import ExpectAction, ExpectStore
from harness.scenario.values import Duration, Expected, Text, Whole, mistake, shown


def _letter(value: str) -> str:
    if len(value) != 1 or not "A" <= value <= "Z":
        raise mistake(
            f"{shown(value)} is no CA of a tenant", "write A for its first one, B for its successor"
        )
    return value


Authority = Annotated[
    Text, AfterValidator(_letter), WithJsonSchema({"type": "string", "pattern": "^[A-Z]$", "examples": ["A"]})
]
"""A CA of a tenant: A is the first one, B its successor."""
StatusWord = Literal["Active", "Inactive", "Expired", "Revoked"]
MeaningWord = Literal["active", "new", "retired", "expired", "revoked"]
ReasonWord = Literal[
    "tenant-unknown",
    "tenant-exists",
    "tenant-not-selected",
    "name-invalid",
    "index-unknown",
    "thumbprint-unknown",
    "thumbprint-invalid",
    "serial-unknown",
    "chosen-twice",
    "ca-expired",
    "code-invalid",
    "device-elsewhere",
    "nothing-active",
]
"""Why the Security Service refuses; a test compares them with its own words."""
ChainWord = Literal[
    "good", "expired", "not-yet-valid", "signature-failure", "issuer-missing", "revoked", "bad"
]


class ExpectCommand(ExpectStore):
    """What a command returns. Which keys it has depends on the command; ``replaced`` is for the device's store."""

    sets: ClassVar[tuple[str, ...]] = ("status", "meaning")

    status: tuple[StatusWord, ...] | None = None
    """``ca-certificate list``: the documented word for each CA, oldest first."""
    meaning: tuple[MeaningWord, ...] | None = None
    """``ca-certificate list``: what each word means; three of these are listed as Inactive."""
    count: Expected | None = None
    """``list``: number of rows."""
    certificate: Authority | None = None
    """``ca-certificate download`` and ``download-chain``: the CA that is in the file."""
    signed_by: Authority | None = None
    """``ca-certificate download-proof``: the CA that signed it."""
    selected: Text | None = None
    """``tenant show-selected`` and ``select``: the tenant's name."""
    tenants: tuple[Text, ...] | None = None
    """``tenant list``: their names."""
    reason: ReasonWord | None = None
    """Why the Security Service refuses."""

    @property
    def fails(self) -> bool:
        """Whether the step is expected to fail."""
        return super().fails or self.reason is not None


OF_THE_SERVICE = frozenset(ExpectCommand.model_fields) - frozenset(ExpectStore.model_fields)
"""The keys that are about the Security Service."""


class ExpectAttestation(ExpectAction):
    """What a device's certificate is like."""

    signed_by: Authority | None = None
    """The CA of the tenant that signed it."""
    valid_for: Duration | None = None
    """How long it is valid, from beginning to end."""
    chain: ChainWord | None = None
    """What OpenSSL says of the certificate and what the device sends with it."""
    depth: Whole | None = None
    """Where in the chain that is said, where it is not good: 0 is the device's certificate, 1 the tenant CA."""
    reason: ReasonWord | None = None
    """Why the Security Service refuses."""

    @property
    def fails(self) -> bool:
        """Whether the step is expected to fail."""
        return super().fails or self.reason is not None


class ExpectMonitor(ExpectAction):
    """What a look at the trusted CAs comes to."""

    missing: tuple[Authority, ...] | None = None
    """The CAs that are Active or will be, and are not trusted; ``[]``: none."""
