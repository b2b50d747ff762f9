"""Whether a device can start an association to a network, and with what."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from cryptography.x509.oid import NameOID

from harness.device.certstore import CertStore
from harness.device.entries import Entry
from harness.device.entry_type import EntryType
from harness.device.network import Network, Security
from harness.device.profile import DefaultIdentity, DeviceProfile
from harness.device.supplication import NotReady, Supplication
from harness.device.wifi import Which, WifiStack
from harness.outcome import Cause
from harness.pki.credential import Credential

_ANONYMOUS = "anonymous"
_TYPE_NAMES = {EntryType.CLIENT: "a client certificate", EntryType.ROOT_CA: "a root CA"}


class Interface(StrEnum):
    """A network interface of the device; EAP-TLS runs over Wi-Fi alone (behaviour reference, section 3.1)."""

    WIFI = "wlan0"
    ETHERNET = "eth0"


def prepare(
    which: Which, wifi: WifiStack, store: CertStore, profile: DeviceProfile, mac: bytes, time: datetime
) -> Supplication | NotReady:
    """Collect what an association to that network needs, or say why it cannot start."""
    network = _usable_network(which, wifi)
    if isinstance(network, NotReady):
        return network
    credential = _credential(network, wifi, store)
    if isinstance(credential, NotReady):
        return credential
    root = _root_ca(network, wifi, store)
    if isinstance(root, NotReady):
        return root
    return Supplication(
        network=network.name,
        ssid=network.ssid,
        identity=_identity(network, credential, profile.default_identity),
        credential=credential if profile.send_client_certificate else None,
        root_ca=root.certificate if root else None,
        server_name=network.server_name or "",
        time=time,
        mac=mac,
        tls_min=profile.tls_min,
        tls_max=profile.tls_max,
        ciphers=profile.ciphers,
        check_server_purpose=profile.check_server_purpose,
        any_ca_is_anchor=profile.any_ca_is_anchor,
        ignore_server_errors_without_root=profile.ignore_server_errors_without_root,
        session=_kept_session(which, wifi),
    )


def _usable_network(which: Which, wifi: WifiStack) -> Network | NotReady:
    network = wifi.get(which)
    if network is None:
        return NotReady(Cause.NETWORK_UNKNOWN, _unknown_network(which, wifi))
    if not network.enabled:
        return NotReady(Cause.NETWORK_DISABLED, f"network {which!r} is disabled")
    if network.security is None:
        return NotReady(Cause.NETWORK_INCOMPLETE, f"network {which!r} has no security type")
    if network.security is not Security.EAP_TLS:
        text = f"network {which!r} is set to {network.security}; the access point asks for EAP-TLS"
        return NotReady(Cause.SECURITY_MISMATCH, text)
    if not network.ssid:
        return NotReady(Cause.NETWORK_INCOMPLETE, f"network {which!r} has no SSID")
    return network


def _credential(network: Network, wifi: WifiStack, store: CertStore) -> Credential | NotReady:
    if not network.client_cert_id:
        text = f"network {network.name!r} has no client certificate ID"
        return NotReady(Cause.NETWORK_INCOMPLETE, text)
    entry = wifi.loaded.get(network.client_cert_id)
    if entry is None or entry.damaged:
        text = _not_loaded("client certificate", network.client_cert_id, store)
        return NotReady(Cause.CLIENT_CERTIFICATE_MISSING, text)
    if entry.credential is None:
        text = _wrong_type("client certificate", network.client_cert_id, entry)
        return NotReady(Cause.CLIENT_CERTIFICATE_WRONG_TYPE, text)
    if not entry.key_matches:
        text = f"the private key of {entry.id!r} does not belong to its certificate"
        return NotReady(Cause.CLIENT_KEY_MISMATCH, text)
    return entry.credential


def _root_ca(network: Network, wifi: WifiStack, store: CertStore) -> Entry | NotReady | None:
    if not network.root_ca_cert_id:
        return None
    entry = wifi.loaded.get(network.root_ca_cert_id)
    if entry is None or entry.damaged:
        return NotReady(Cause.ROOT_CA_MISSING, _not_loaded("root CA", network.root_ca_cert_id, store))
    if entry.type is not EntryType.ROOT_CA:
        return NotReady(Cause.ROOT_CA_WRONG_TYPE, _wrong_type("root CA", network.root_ca_cert_id, entry))
    return entry


def _identity(network: Network, credential: Credential, default: DefaultIdentity) -> str:
    for configured in (network.anonymous_identity, network.client_id):
        if configured is not None:
            return configured
    if default is DefaultIdentity.EMPTY:
        return ""
    if default is DefaultIdentity.ANONYMOUS:
        return _ANONYMOUS
    names = credential.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else _ANONYMOUS


def _kept_session(which: Which, wifi: WifiStack) -> object | None:
    number = wifi.find(which).value
    return None if number is None else wifi.sessions.get(number)


def _unknown_network(which: Which, wifi: WifiStack) -> str:
    if which in wifi.lost:
        return f"network {which!r} had not been persisted and was lost at the last reload"
    networks = ", ".join(network.name for network in wifi.networks()) or "none"
    return f"there is no network {which!r}; the device knows {networks}"


def _not_loaded(what: str, identifier: str, store: CertStore) -> str:
    entry = store.get(identifier)
    if entry is not None and entry.damaged:
        return f"{what} {identifier!r} is damaged and cannot be read"
    if entry is not None:
        return (
            f"{what} {identifier!r} is in the store, but was put there after the last reload; "
            f"Wi-Fi does not know it yet"
        )
    held = ", ".join(store.identifiers()) or "nothing"
    return f"there is no {what} {identifier!r}: the store holds {held}"


def _wrong_type(wanted: str, identifier: str, entry: Entry) -> str:
    return f"{identifier!r} should be a {wanted}, but {_TYPE_NAMES[entry.type]} was installed under that ID"
