"""What the interface says about a device, as JSON: certificates, networks, interfaces, diagnostics.

Field names and values are those of the public REST description. No document holds a private key, a
password or a pre-shared key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha512
from typing import TypeVar

from harness.device.application_store import ApplicationStore
from harness.device.device import Device
from harness.device.failure_codes import CertError, NetworkError
from harness.device.links import ConnectionState, NetworkDiagnostics
from harness.device.network import Security
from harness.device.preparation import Interface
from harness.device.results import Answer
from harness.device.selection import Offer
from harness.device.selection import scan as in_reach
from harness.device.times import rest_time
from harness.rest.numbers import HttpError, Refused

T = TypeVar("T")
Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | bool
Document = dict[str, Json]

SECURITY_WORDS: Mapping[Security | None, str] = {
    None: "unknown",
    Security.OPEN: "open",
    Security.PSK: "psk",
    Security.EAP_TLS: "eaptls",
}
_KEY_MANAGEMENT = {Security.OPEN: "NONE", Security.PSK: "WPA2-PSK", Security.EAP_TLS: "WPA-EAP"}
ERROR_WORDS: Mapping[NetworkError, str] = {
    NetworkError.CONNECTION_FAILED: "ConnectionFailed",
    NetworkError.NETWORK_NOT_FOUND: "NetworkNotFound",
    NetworkError.NO_PSK_INCLUDED: "NoPskIncluded",
    NetworkError.WRONG_KEY: "WrongKey",
    NetworkError.AUTHENTICATION_FAILED: "AuthenticationFailed",
    NetworkError.SECURITY_TYPE_MISMATCH: "SecurityTypeMismatch",
    NetworkError.FREQUENCY_NOT_ALLOWED: "NetworkFrequencyNotAllowed",
    NetworkError.NOT_ESS_PBSS_MBSS: "NetworkNotEssPbssMbss",
    NetworkError.NOT_SUPPORTED: "NetworkNotSupported",
    NetworkError.NON_WPA: "NetworkNonWpa",
}
CERT_ERROR_WORDS: Mapping[CertError, str] = {
    CertError.UNSPECIFIED: "Unspecified",
    CertError.UNTRUSTED: "Untrusted",
    CertError.REVOKED: "Revoked",
    CertError.NOT_YET_VALID: "NotYetValid",
    CertError.EXPIRED: "Expired",
    CertError.SUBJECT_MISMATCH: "SubjectMismatch",
    CertError.ALT_SUBJECT_MISMATCH: "AltSubjectMismatch",
    CertError.BAD_CERTIFICATE: "BadCertificate",
    CertError.SERVER_CHAIN_PROBE_FAILED: "ServerChainProbeFailed",
    CertError.DOMAIN_SUFFIX_MISMATCH: "DomainSuffixMismatch",
    CertError.DOMAIN_MISMATCH: "DomainMismatch",
    CertError.INSUFFICIENT_KEY_LENGTH: "InsufficientKeyLength",
    CertError.CERTIFICATE_NOT_FOUND: "CertificateNotFound",
    CertError.INVALID_ROOT_CA: "InvalidRootCA",
    CertError.INVALID_CLIENT_AUTH: "InvalidClientAuth",
    CertError.UNKNOWN_CLIENT_ID: "UnknownClientId",
}
SERVICE_INTERFACE = "azspheresvc"
"""The interface over which a computer beside the device reaches this very REST interface."""
_UNKNOWN = ConnectionState.UNKNOWN.value
_NO_NETWORK = -1
_FREQUENCY = 2412
_SIGNAL = -40


def certificate(store: ApplicationStore, identifier: str) -> Document:
    """Return what is shown of one entry; its type is not. Raises :class:`Refused`."""
    return {
        "id": identifier,
        "notBefore": rest_time(value_of(store.get_certificate_not_before(identifier))),
        "notAfter": rest_time(value_of(store.get_certificate_not_after(identifier))),
        "subjectName": value_of(store.get_certificate_subject_name(identifier)),
        "issuerName": value_of(store.get_certificate_issuer_name(identifier)),
    }


def value_of(answer: Answer[T]) -> T:
    """Return an answer's value; raises :class:`Refused` when there is none."""
    if answer.value is None:
        raise Refused(answer.number, answer.text)
    return answer.value


def network(device: Device, number: int) -> Document:
    """Return a network's settings and state; what is not set is left out, a pre-shared key always."""
    settings = device.wifi.by_id()[number]
    optional = {
        "configName": settings.name,
        "clientCertStoreIdentifier": settings.client_cert_id,
        "rootCaCertStoreIdentifier": settings.root_ca_cert_id,
        "clientIdentity": settings.client_id,
    }
    return {
        "ssid": settings.ssid,
        "configState": device.wifi.config_state(number).value,
        "connectionState": _connection(device, number),
        "id": number,
        "securityState": SECURITY_WORDS[settings.security],
        "targetedScan": settings.targeted_scan,
        **{name: value for name, value in optional.items() if value},
    }


def _connection(device: Device, number: int) -> str:
    # A network answers "unknown" at the moment it is added, and never again.
    connected = device.wifi.connection_state(number) is ConnectionState.CONNECTED
    return (ConnectionState.CONNECTED if connected else ConnectionState.DISCONNECTED).value


def diagnostics(device: Device, found: NetworkDiagnostics) -> Document:
    """Return the last failure of a network; ``certInfo`` only where a certificate is to blame."""
    failure = found.failure
    document: Document = {
        "timestamp": _timestamp(failure.timestamp),
        "networkId": found.network,
        "ssid": found.ssid,
        "error": ERROR_WORDS[failure.error],
        "configState": device.wifi.config_state(found.network).value,
        "connectionState": _connection(device, found.network),
    }
    if failure.cert_error is not None:
        info: Document = {"certError": CERT_ERROR_WORDS[failure.cert_error]}
        if failure.cert_depth >= 0:
            info |= {"certDepth": failure.cert_depth, "certSubject": failure.cert_subject}
        document["certInfo"] = info
    return document


def all_diagnostics(device: Device) -> list[Document]:
    """Return the last failure of every network that ever failed."""
    found = (device.wifi.diagnostics(number).value for number in device.wifi.by_id())
    return [diagnostics(device, one) for one in found if one is not None]


def wifi_interface(device: Device, *, trying: bool = False, power_savings: bool = False) -> Document:
    """Return the state of the Wi-Fi interface; ``trying`` while an association runs.

    Without a connection every state of a network is unknown and the mode empty, as it was recorded of a device.
    """
    connected = device.wifi.links.connected
    settings = None if connected is None else device.wifi.by_id()[connected]
    security = settings.security if settings else None
    document: Document = {} if settings is None else {"ssid": settings.ssid}
    document |= {
        "configState": _UNKNOWN if connected is None else device.wifi.config_state(connected).value,
        "connectionState": _UNKNOWN if connected is None else _connection(device, connected),
        "securityState": SECURITY_WORDS[security],
        "mode": "" if settings is None else "station",
        "key_mgmt": _KEY_MANAGEMENT[security] if security else "UNKNOWN",
        "wpa_state": _supplicant_state(device, trying=trying),
        "address": device.mac.hex(":"),
    }
    if settings is not None:
        document["freq"] = _FREQUENCY
    document["id"] = _NO_NETWORK if connected is None else connected
    if settings is not None and settings.name:
        document["configName"] = settings.name
    document["powerSavingsState"] = "enabled" if power_savings else "disabled"
    return document


def _supplicant_state(device: Device, *, trying: bool) -> str:
    if not device.wifi.interface_up:
        return "INTERFACE_DISABLED"
    if device.wifi.links.connected is not None:
        return "COMPLETED"
    if trying:
        return "AUTHENTICATING"
    return "DISCONNECTED"


def interfaces(device: Device, address: str) -> Iterator[Document]:
    """Yield the network interfaces; ``address`` is where this REST interface listens.

    The harness hands out no IP addresses: a connected Wi-Fi interface has none.
    """
    yield _interface(SERVICE_INTERFACE, up=True, ipAddresses=[address])
    yield _interface("lo", up=True, ipAddresses=["127.0.0.1"])
    connected = device.wifi.links.connected is not None
    document = _interface(Interface.WIFI.value, up=device.wifi.interface_up, connected=connected)
    yield document | {"hardwareAddress": device.mac.hex(":"), "ipAssignment": "dynamic"}


def interface(device: Device, name: str, address: str) -> Document:
    """Return one network interface. Raises :class:`Refused`."""
    for document in interfaces(device, address):
        if document["interfaceName"] == name:
            return document
    raise Refused(HttpError.INVALID_URI, f"there is no interface {name!r}")


def _interface(name: str, *, up: bool, connected: bool = False, **more: Json) -> Document:
    return {
        "interfaceName": name,
        "interfaceUp": up,
        "connectedToNetwork": connected,
        "ipAcquired": False,
        "connectedToInternet": False,
        **more,
    }


def net_status(device: Device) -> Document:
    """Return the state of the network as a whole; the harness gives a device neither internet nor proxy."""
    return {
        "deviceAuthenticationIsReady": False,
        "networkTimeSync": device.clock.sync.value,
        "proxy": "disabled",
    }


def seen(device: Device, offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """Return what the device sees of the access points: a hidden one only when a network asks for it."""
    return in_reach(device.wifi.networks(), offers)


def scan(offers: tuple[Offer, ...]) -> list[Document]:
    """Return what a scan shows; a hidden access point without its SSID, as a beacon has it."""
    return [
        {
            "bssid": f"02:00:00:aa:00:{place & 0xFF:02x}",
            "freq": _FREQUENCY,
            "signal_level": _SIGNAL,
            "ssid": "\0" if offer.hidden else offer.ssid,
            "securityState": SECURITY_WORDS[offer.security],
        }
        for place, offer in enumerate(offers, start=1)
    ]


def device_identifier(device: Device) -> str:
    """Return a device's ID: 128 upper-case hexadecimal digits, made from its MAC address."""
    return sha512(b"eaptls device " + device.mac).hexdigest().upper()


def _timestamp(moment: datetime) -> str:
    """Write a time as the device writes it in diagnostics: ``2000-01-01t00:04:37+0000``."""
    return moment.strftime("%Y-%m-%dt%H:%M:%S+0000")
