"""The device's certificate of the day, as the device keeps it (behaviour reference, section 5.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from harness.device.manifest import DeviceAuthResult, Manifest
from harness.pki.credential import Credential

RENEWAL = timedelta(hours=23)
"""How old a certificate of about 24 hours is when the device gets the next one; how early it does is not documented."""


@dataclass(frozen=True, slots=True)
class DeviceAuth:
    """What the callback for device authentication answers, and what goes into the handshake.

    ``ready`` is false where there is nothing yet: the device has to have been online, with the time, since it was
    claimed. A certificate that has ended is given all the same.
    """

    result: DeviceAuthResult
    credential: Credential | None = None
    ready: bool = True


@dataclass(slots=True)
class AttestationCache:
    """Holds the chain and its key; it outlives a restart. ``obtained`` is when, by the device's clock."""

    credential: Credential | None = field(default=None, repr=False)
    obtained: datetime | None = None

    def due(self, now: datetime, renewal: timedelta = RENEWAL) -> bool:
        """Whether the device gets a new one as soon as it has internet and time: daily, and when the old one does not count."""
        if self.credential is None or self.obtained is None:
            return True
        certificate = self.credential.certificate
        valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
        return not valid or not timedelta() <= now - self.obtained < renewal

    def keep(self, credential: Credential, now: datetime) -> None:
        """Take a new one; the key never leaves the device."""
        self.credential, self.obtained = credential, now

    def authenticate(self, manifest: Manifest | None, tenant: str) -> DeviceAuth:
        """Return what an application with that manifest gets on a device of that tenant."""
        result = DeviceAuthResult.NO_TENANT_CERTIFICATE
        if manifest is not None and manifest.device_authentication:
            result = manifest.authenticate(tenant)
        if result is not DeviceAuthResult.OK:
            return DeviceAuth(result)
        return DeviceAuth(result, self.credential, ready=self.credential is not None)
