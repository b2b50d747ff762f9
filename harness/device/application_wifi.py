"""The functions on Wi-Fi settings as an application, the command line or REST calls them.

Each function answers with the documented results of the behaviour reference, sections 3.2 and 3.3: EACCES
without the capability ``WifiConfig`` (for what concerns EAP-TLS, ``EnterpriseWifiConfig`` too), EAGAIN while
the device starts, ENETDOWN while the interface is down, ENODEV for a network that does not exist, and what
:class:`harness.device.wifi.WifiStack` says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, Unpack

from harness.device.error_numbers import Errno, WifiError
from harness.device.links import ConfigState, ConnectionState, NetworkDiagnostics
from harness.device.manifest import Access, Capability
from harness.device.network import Network, NetworkChanges, Security
from harness.device.results import Answer, Refusal, WifiResult
from harness.device.wifi import Which, WifiStack

T = TypeVar("T")
_GENERAL = (Capability.WIFI_CONFIG,)
_ENTERPRISE = (Capability.WIFI_CONFIG, Capability.ENTERPRISE_WIFI_CONFIG)


class ApplicationWifi:
    """A device's Wi-Fi settings, seen by one application. Networks are all applications' in common."""

    __slots__ = ("_access", "_wifi")

    def __init__(self, wifi: WifiStack, access: Access) -> None:
        self._wifi = wifi
        self._access = access

    def add_network(self) -> WifiResult:
        """Add a network without any setting; ENOMEM. ``network`` of the result is its ID."""
        return self._change(self._wifi.add_empty)

    def add_duplicate_network(self, which: Which, name: str) -> WifiResult:
        """Copy a network under another name, disabled; EEXIST, ERANGE, ENOMEM."""
        return self._change(lambda: self._wifi.duplicate(which, name))

    def configure(self, network: Network) -> WifiResult:
        """Add and persist a whole network, as the command line and REST do; a name is optional.

        Beyond the other functions it refuses a network without SSID or with both a PSK and a client
        certificate (number 12), with a root CA or identity but no client certificate (24).
        """
        needed = _ENTERPRISE if network.security is Security.EAP_TLS else _GENERAL
        refusal = self._refusal(needed) or self._request_refusal(network)
        if refusal:
            return WifiResult.refused(refusal)
        return self._wifi.add(network, unnamed=True)

    def set_ssid(self, which: Which, ssid: str) -> WifiResult:
        """Set the SSID, 1 to 32 bytes; ERANGE."""
        if not ssid:
            text = "the SSID is empty"
            return self._change(
                lambda: WifiResult.refused(Refusal(Errno.ERANGE, WifiError.INVALID_LENGTH, text))
            )
        return self._set(which, _GENERAL, ssid=ssid)

    def set_security_type(self, which: Which, security: Security) -> WifiResult:
        """Set the security type; EAP-TLS needs ``EnterpriseWifiConfig``."""
        needed = _ENTERPRISE if security is Security.EAP_TLS else _GENERAL
        return self._set(which, needed, security=security)

    def set_psk(self, which: Which, psk: str) -> WifiResult:
        """Set the pre-shared key, 8 to 63 characters or 64 hexadecimal digits; ERANGE."""
        return self._set(which, _GENERAL, psk=psk)

    def set_config_name(self, which: Which, name: str) -> WifiResult:
        """Rename a network; ERANGE. A name that is in use is discouraged, not refused (a switch)."""
        return self._set(which, _GENERAL, name=name)

    def set_targeted_scan_enabled(self, which: Which, enabled: bool) -> WifiResult:  # noqa: FBT001
        """Ask for the SSID by name, as hidden networks need."""
        return self._set(which, _GENERAL, targeted_scan=enabled)

    def set_network_enabled(self, which: Which, enabled: bool) -> WifiResult:  # noqa: FBT001
        """Let the device use a network, or not."""
        return self._change(lambda: self._wifi.enable(which) if enabled else self._wifi.disable(which))

    def set_client_identity(self, which: Which, identity: str) -> WifiResult:
        """Set the EAP identity, at most 254 characters; ERANGE."""
        return self._set(which, _ENTERPRISE, client_id=identity)

    def set_client_cert_store_identifier(self, which: Which, identifier: str | None) -> WifiResult:
        """Name the client certificate; only the length is checked: ERANGE."""
        return self._set(which, _ENTERPRISE, client_cert_id=identifier)

    def set_root_ca_cert_store_identifier(self, which: Which, identifier: str | None) -> WifiResult:
        """Name the root CA, ``None`` for no server authentication; only the length is checked: ERANGE."""
        return self._set(which, _ENTERPRISE, root_ca_cert_id=identifier)

    def set(self, which: Which, **changes: Unpack[NetworkChanges]) -> WifiResult:
        """Change several settings at once, as REST does."""
        return self._set(which, _ENTERPRISE, **changes)

    def forget_network_by_id(self, which: Which) -> WifiResult:
        """Remove a network until the next reload, or for good once persisted."""
        return self._change(lambda: self._wifi.forget(which))

    def forget_all_networks(self) -> WifiResult:
        """Remove all networks, for good."""

        def forget() -> WifiResult:
            self._wifi.forget_all()
            return WifiResult(ok=True)

        return self._change(forget)

    def persist_config(self) -> WifiResult:
        """Save the settings of all networks; EINVAL when one has no SSID, ENOSPC when there are too many."""
        return self._change(self._wifi.persist)

    def reload_config(self) -> WifiResult:
        """Read persisted settings and certificates anew; unsaved settings and the connection are lost."""

        def reload() -> WifiResult:
            self._wifi.reload()
            return WifiResult(ok=True)

        return self._change(reload)

    def get_network_id_by_config_name(self, name: str) -> Answer[int]:
        """Return a network's ID; ENODEV. The text warns when several networks have that name."""
        return self._ask(lambda: self._wifi.find(name))

    def get_network(self, which: Which) -> Answer[Network]:
        """Return the settings of a network; a PSK can be set and never read."""
        return self._about(which, lambda number: replace(self._wifi.by_id()[number], psk=None))

    def get_network_ids(self) -> Answer[tuple[int, ...]]:
        """Return the IDs of all networks in the order they were added."""
        return self._ask(lambda: Answer(tuple(self._wifi.by_id())))

    def get_connected_network_id(self) -> Answer[int]:
        """Return the network that the device is connected to; ENOTCONN."""
        return self._connected(Errno.ENOTCONN)

    def get_current_network(self) -> Answer[int]:
        """Return the same; the C error when there is none is a switch."""
        return self._connected(self._wifi.profile.no_current_network_errno)

    def get_config_state(self, which: Which) -> Answer[ConfigState]:
        """Return whether the device may use a network, and whether it does not for a while only."""
        return self._about(which, self._wifi.config_state)

    def get_connection_state(self, which: Which) -> Answer[ConnectionState]:
        """Return whether a network is connected; unknown until it was tried."""
        return self._about(which, self._wifi.connection_state)

    def get_network_diagnostics(self, which: Which) -> Answer[NetworkDiagnostics]:
        """Return the last failure of a network; ENODEV when there is no such network, or it never failed."""
        refusal = self._refusal(_GENERAL)
        if refusal:
            return Answer.refused(refusal)
        return self._wifi.diagnostics(which)

    def _connected(self, errno: Errno) -> Answer[int]:
        def connected() -> Answer[int]:
            number = self._wifi.links.connected
            if number is None:
                text = "the device is not connected to any network"
                return Answer.refused(Refusal(errno, WifiError.NETWORK_NOT_CONNECTED, text))
            return Answer(number)

        return self._ask(connected)

    def _set(
        self, which: Which, needed: tuple[Capability, ...], /, **changes: Unpack[NetworkChanges]
    ) -> WifiResult:
        return self._change(lambda: self._wifi.set(which, **changes), needed)

    def _change(
        self, change: Callable[[], WifiResult], needed: tuple[Capability, ...] = _GENERAL
    ) -> WifiResult:
        refusal = self._refusal(needed)
        return WifiResult.refused(refusal) if refusal else change()

    def _ask(self, ask: Callable[[], Answer[T]]) -> Answer[T]:
        refusal = self._refusal(_GENERAL)
        return Answer.refused(refusal) if refusal else ask()

    def _about(self, which: Which, value: Callable[[int], T]) -> Answer[T]:
        refusal = self._refusal(_GENERAL)
        if refusal:
            return Answer.refused(refusal)
        found = self._wifi.find(which)
        if found.value is None:
            return Answer(None, found.errno, found.text, found.number)
        return Answer(value(found.value), text=found.text)

    def _refusal(self, needed: tuple[Capability, ...]) -> Refusal | None:
        refusal = self._access.refusal(*needed)
        if refusal is None and not self._wifi.interface_up:
            return Refusal(Errno.ENETDOWN, WifiError.WIFI_DISABLED, "the Wi-Fi interface is down")
        return refusal

    def _request_refusal(self, network: Network) -> Refusal | None:
        if not network.ssid:
            return _invalid("a network needs an SSID")
        if network.security is Security.EAP_TLS and not network.client_cert_id:
            text = "an EAP-TLS network needs a client certificate ID"
            return Refusal(Errno.EINVAL, WifiError.CLIENT_CERTIFICATE_ID_MISSING, text)
        if network.security is Security.PSK and not network.psk:
            return _invalid("a WPA2-PSK network needs a PSK")
        if network.psk and network.client_cert_id and not self._wifi.profile.psk_beside_certificate:
            return _invalid("a network has a PSK or a client certificate, not both; leave one out")
        return None


def security_of(psk: str | None, client_cert_id: str | None, root_ca_cert_id: str | None = None) -> Security:
    """Return the security type that a command line means: it is derived from what was given (2.2)."""
    if client_cert_id or root_ca_cert_id:
        return Security.EAP_TLS
    return Security.PSK if psk else Security.OPEN


def _invalid(text: str) -> Refusal:
    return Refusal(Errno.EINVAL, WifiError.INVALID_NETWORK_PROPERTIES, text)
