"""What an application may do: the capabilities of its manifest, and how a call is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from harness.device.error_numbers import Errno, RestError, WifiError
from harness.device.results import Refusal


class Capability(StrEnum):
    """A capability as the manifest writes it (behaviour reference, sections 1.2 and 3.1)."""

    CERT_STORE = "CertStore"
    WIFI_CONFIG = "WifiConfig"
    ENTERPRISE_WIFI_CONFIG = "EnterpriseWifiConfig"


class DeviceAuthResult(IntEnum):
    """What the callback for device authentication answers (section 5.2)."""

    OK = 0
    NO_TENANT_ID = 1
    NO_TENANT_CERTIFICATE = 2


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an application asks for; nothing unless it is written.

    ``device_authentication`` is the tenant's ID, ``allowed_connections`` the hosts that it may talk to.
    """

    capabilities: frozenset[Capability] = frozenset()
    device_authentication: str = ""
    allowed_connections: frozenset[str] = frozenset()

    def may_connect(self, host: str) -> bool:
        """Whether that host is listed; the same is asked of the target of every redirect."""
        return host.lower() in {allowed.lower() for allowed in self.allowed_connections}

    def authenticate(self, tenant: str) -> DeviceAuthResult:
        """Return whether a device of that tenant gives its certificate to the application.

        Without ``DeviceAuthentication``, and with another tenant's ID, there is no certificate. Code
        that ignores this goes on without a client certificate.
        """
        wanted = self.device_authentication.lower()
        return DeviceAuthResult.OK if wanted == tenant.lower() else DeviceAuthResult.NO_TENANT_CERTIFICATE


@dataclass(frozen=True, slots=True)
class Access:
    """Who asks, and whether the device's services answer yet; no manifest: command line and REST.

    ``locked`` devices refuse those two.
    """

    ready: Callable[[], bool]
    manifest: Manifest | None = None
    locked: bool = False

    def refusal(self, *needed: Capability) -> Refusal | None:
        """Return why the caller may not, or not yet; ``None`` when nothing stands in the way."""
        if self.manifest is None and self.locked:
            text = "the device is locked: command line and REST are refused"
            return Refusal(Errno.EACCES, RestError.NOT_AUTHORISED, text)
        for capability in needed:
            if self.manifest is not None and capability not in self.manifest.capabilities:
                text = f"the application's manifest lacks the capability {capability}"
                return Refusal(Errno.EACCES, RestError.NOT_AUTHORISED, text)
        if not self.ready():
            text = "the device is still starting; try again"
            return Refusal(Errno.EAGAIN, WifiError.TRY_AGAIN, text)
        return None
