"""The virtual device: store, Wi-Fi settings and clock, and how an association begins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cryptography.x509.oid import NameOID

from harness.device.certstore import CertStore
from harness.device.clock import DeviceClock
from harness.device.entries import Entry, EntryType
from harness.device.network import Network, Security
from harness.device.profile import DEFAULT_PROFILE, DefaultIdentity, DeviceProfile
from harness.device.supplication import NotReady, Supplication
from harness.device.wifi import WifiStack
from harness.outcome import Cause
from harness.pki.credential import Credential

_ANONYMOUS = "anonymous"
_TYPE_NAMES = {EntryType.CLIENT: "a client certificate", EntryType.ROOT_CA: "a root CA"}


class Device:
    """One device. Making one is cheap: no keys are made and nothing is read.

    ``mac`` is its Wi-Fi address, six octets; ``now`` gives the harness's time with a time zone.
    """

    __slots__ = ("clock", "mac", "name", "profile", "store", "wifi")

    def __init__(
        self, name: str, mac: bytes, now: Callable[[], datetime], profile: DeviceProfile = DEFAULT_PROFILE
    ) -> None:
        if len(mac) != 6:
            raise ValueError(f"device {name!r}: a MAC address has 6 bytes, not {len(mac)}")
        self.name = name
        self.mac = mac
        self.profile = profile
        self.clock = DeviceClock(now)
        self.store = CertStore(profile)
        self.wifi = WifiStack(self.store)

    def prepare(self, network_name: str) -> Supplication | NotReady:
        """Collect what an association to that network needs, or say why it cannot start.

        Certificates are those that Wi-Fi loaded at the last boot or reload. A root CA ID that leads
        nowhere stops the association: it never means that the server goes unauthenticated.
        """
        network = self._usable_network(network_name)
        if isinstance(network, NotReady):
            return network
        credential = self._credential(network)
        if isinstance(credential, NotReady):
            return credential
        root = self._root_ca(network)
        if isinstance(root, NotReady):
            return root
        return Supplication(
            network=network.name,
            ssid=network.ssid,
            identity=self._identity(network, credential),
            credential=credential if self.profile.send_client_certificate else None,
            root_ca=root.certificate if root else None,
            server_name=network.server_name or "",
            time=self.clock.now(),
            mac=self.mac,
            tls_min=self.profile.tls_min,
            tls_max=self.profile.tls_max,
            ciphers=self.profile.ciphers,
            check_server_purpose=self.profile.check_server_purpose,
            ignore_server_errors_without_root=self.profile.ignore_server_errors_without_root,
        )

    def _usable_network(self, name: str) -> Network | NotReady:
        network = self.wifi.get(name)
        if network is None:
            return NotReady(Cause.NETWORK_UNKNOWN, self._unknown_network(name))
        if not network.enabled:
            return NotReady(Cause.NETWORK_DISABLED, f"network {name!r} is disabled")
        if network.security is not Security.EAP_TLS:
            text = f"network {name!r} is set to {network.security}; the access point asks for EAP-TLS"
            return NotReady(Cause.SECURITY_MISMATCH, text)
        if not network.ssid:
            return NotReady(Cause.NETWORK_INCOMPLETE, f"network {name!r} has no SSID")
        return network

    def _credential(self, network: Network) -> Credential | NotReady:
        if not network.client_cert_id:
            text = f"network {network.name!r} has no client certificate ID"
            return NotReady(Cause.NETWORK_INCOMPLETE, text)
        entry = self.wifi.loaded.get(network.client_cert_id)
        if entry is None:
            text = self._not_loaded("client certificate", network.client_cert_id)
            return NotReady(Cause.CLIENT_CERTIFICATE_MISSING, text)
        if entry.credential is None:
            text = _wrong_type("client certificate", network.client_cert_id, entry)
            return NotReady(Cause.CLIENT_CERTIFICATE_WRONG_TYPE, text)
        if not entry.key_matches:
            text = f"the private key of {entry.id!r} does not belong to its certificate"
            return NotReady(Cause.CLIENT_KEY_MISMATCH, text)
        return entry.credential

    def _root_ca(self, network: Network) -> Entry | NotReady | None:
        if not network.root_ca_cert_id:
            return None
        entry = self.wifi.loaded.get(network.root_ca_cert_id)
        if entry is None:
            return NotReady(Cause.ROOT_CA_MISSING, self._not_loaded("root CA", network.root_ca_cert_id))
        if entry.type is not EntryType.ROOT_CA:
            return NotReady(Cause.ROOT_CA_WRONG_TYPE, _wrong_type("root CA", network.root_ca_cert_id, entry))
        return entry

    def _identity(self, network: Network, credential: Credential) -> str:
        for configured in (network.anonymous_identity, network.client_id):
            if configured is not None:
                return configured
        if self.profile.default_identity is DefaultIdentity.EMPTY:
            return ""
        if self.profile.default_identity is DefaultIdentity.ANONYMOUS:
            return _ANONYMOUS
        names = credential.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else _ANONYMOUS

    def _unknown_network(self, name: str) -> str:
        if name in self.wifi.lost:
            return f"network {name!r} had not been persisted and was lost at the last reload"
        networks = ", ".join(network.name for network in self.wifi.networks()) or "none"
        return f"there is no network {name!r}; the device knows {networks}"

    def _not_loaded(self, what: str, identifier: str) -> str:
        if self.store.get(identifier) is not None:
            return (
                f"{what} {identifier!r} is in the store, but was put there after the last reload; "
                f"Wi-Fi does not know it yet"
            )
        held = ", ".join(self.store.identifiers()) or "nothing"
        return f"there is no {what} {identifier!r}: the store holds {held}"


def _wrong_type(wanted: str, identifier: str, entry: Entry) -> str:
    return f"{identifier!r} should be a {wanted}, but {_TYPE_NAMES[entry.type]} was installed under that ID"
