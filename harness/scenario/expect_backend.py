"""What a step on a back end is expected to return."""

from __future__ import annotations

from typing import ClassVar, Literal

from harness.scenario.expect import ExpectAction
from harness.scenario.values import Whole
from harness.scenario.vocabulary import DeviceReason

TrustReason = Literal[
    "not-a-certificate",
    "not-a-ca",
    "ca-expired",
    "already-registered",
    "no-slot-free",
    "not-registered",
    "already-verified",
    "code-missing",
    "code-differs",
    "proof-expired",
    "proof-not-yet-valid",
    "proof-of-another-ca",
    "no-certificates",
]
"""Why a back end does not take what it is given."""
HoleWord = Literal["every-tenant", "proof-as-device"]
SeenWord = Literal["answer", "alert", "nothing"]


class ExpectTrust(ExpectAction):
    """What a change of a back end's trust comes to. A bare ``ok``, the default, is success."""

    status: Literal["Unverified", "Verified"] | None = None
    """The portal's word for the registration afterwards."""
    reason: TrustReason | None = None
    """Why it was not done."""

    @property
    def fails(self) -> bool:
        """Whether the step is expected to fail."""
        return super().fails or self.reason is not None


class ExpectContact(ExpectAction):
    """What a device's contact to a back end comes to. A bare word is the first key, and says who decided."""

    shorthand: ClassVar[str] = "contact"

    contact: Literal["connected", "refused", "aborted", "not-attempted"]
    """``refused``: the back end did; ``aborted``: the device did, which does not believe in the back end;
    ``not-attempted``: the device has no certificate that it could show."""
    reason: DeviceReason | None = None
    """Why the back end refused, in its own journal."""
    seen: SeenWord | None = None
    """What the device saw of that: an ``answer`` with the reason, or a TLS ``alert`` that has none."""
    status: Whole | None = None
    """Status of the answer."""
    signed_by: str | None = None
    """The CA of the tenant that issued the certificate shown: A is its first one."""
    holes: tuple[HoleWord, ...] | None = None
    """What lets this device in and should not; ``[]``: nothing."""


class ExpectWatch(ExpectAction):
    """What a look at a back end's trust comes to."""

    lacks: tuple[str, ...] | None = None
    """The CAs that are active or will be, and whose devices it would turn away; ``[]``: none."""
