"""One Wi-Fi network as the device knows it, and what can be wrong with its settings."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TypedDict

from harness.device.error_numbers import DeviceError, Errno, RestError, WifiError
from harness.device.results import Refusal


class Security(StrEnum):
    """How the device expects the network to be secured."""

    EAP_TLS = "eap-tls"
    OPEN = "open"
    PSK = "psk"


SECURITY_NUMBERS = {None: 0, Security.OPEN: 1, Security.PSK: 2, Security.EAP_TLS: 3}
"""The numbers of the application interface; no security type is 0, unknown (behaviour reference, 3.1)."""


@dataclass(frozen=True, slots=True)
class Network:
    """The settings of one network.

    ``name`` is the configuration's name and finds the network again; certificates are named by ID
    alone, and nothing checks that an ID exists or is of the right type. ``client_id`` is the identity.
    ``targeted_scan`` asks for the SSID by name, as a hidden one needs. A network without ``security``
    is unfinished. Two settings exist in the harness alone: ``anonymous_identity`` replaces the identity
    that is sent in clear (``@corp.example``, RFC 9190 2.1.8), and ``server_name`` is a DNS name that the
    server's certificate must carry.
    """

    name: str
    ssid: str = ""
    client_cert_id: str | None = None
    root_ca_cert_id: str | None = None
    client_id: str | None = None
    anonymous_identity: str | None = None
    server_name: str | None = None
    enabled: bool = True
    security: Security | None = Security.EAP_TLS
    psk: str | None = field(default=None, repr=False)
    targeted_scan: bool = False


class NetworkChanges(TypedDict, total=False):
    """The settings that can be changed; those left out stay as they are."""

    name: str
    ssid: str
    client_cert_id: str | None
    root_ca_cert_id: str | None
    client_id: str | None
    anonymous_identity: str | None
    server_name: str | None
    enabled: bool
    security: Security | None
    psk: str | None
    targeted_scan: bool


MAX_NAME = 16
MAX_SSID = 32
MAX_CERTIFICATE_ID = 16
MAX_IDENTITY = 254
MIN_PSK, MAX_PSK = 8, 63
_HEX_PSK = 64


def name_refusal(name: str) -> Refusal | None:
    """Return what is wrong with a configuration name: 1 to 16 characters are allowed."""
    if 1 <= len(name) <= MAX_NAME:
        return None
    text = f"network name {name!r} must have 1 to {MAX_NAME} characters"
    return _out_of_range(RestError.CONFIG_NAME_TOO_LONG if name else WifiError.INVALID_LENGTH, text)


def settings_refusal(network: Network) -> Refusal | None:
    """Return which setting is too long or too short; ``None`` when all are fine.

    Lengths are those of the behaviour reference, sections 2.2 and 3.1. An SSID may still be missing:
    a network is useful only once it has one, and cannot be persisted before.
    """
    refusal = _text_refusal(network)
    if refusal:
        return refusal
    if len(network.ssid.encode()) > MAX_SSID:
        text = f"network {network.name!r}: the SSID is longer than {MAX_SSID} bytes"
        return _out_of_range(WifiError.SSID_TOO_LONG, text)
    return _id_refusal(network) or _identity_refusal(network) or _psk_refusal(network)


def _text_refusal(network: Network) -> Refusal | None:
    """Return which setting is no Unicode text: half of a surrogate pair, or octets that no character has."""
    for setting in fields(Network):
        value = getattr(network, setting.name)
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            text = f"network {network.name!r}: {setting.name} is no Unicode text"
            return Refusal(Errno.EINVAL, WifiError.INVALID_NETWORK_PROPERTIES, text)
    return None


def _id_refusal(network: Network) -> Refusal | None:
    for what, identifier, error in (
        ("client", network.client_cert_id, RestError.CLIENT_CERTIFICATE_ID_TOO_LONG),
        ("root CA", network.root_ca_cert_id, RestError.ROOT_CA_ID_TOO_LONG),
    ):
        if identifier is not None and len(identifier) > MAX_CERTIFICATE_ID:
            text = (
                f"network {network.name!r}: the {what} certificate ID is longer than "
                f"{MAX_CERTIFICATE_ID} characters"
            )
            return _out_of_range(error, text)
    return None


def _identity_refusal(network: Network) -> Refusal | None:
    for identity in (network.client_id, network.anonymous_identity):
        if identity is not None and len(identity) > MAX_IDENTITY:
            text = f"network {network.name!r}: an identity is longer than {MAX_IDENTITY} characters"
            return _out_of_range(RestError.CLIENT_IDENTITY_TOO_LONG, text)
    return None


def _psk_refusal(network: Network) -> Refusal | None:
    psk = network.psk
    if psk is None or MIN_PSK <= len(psk) <= MAX_PSK or _is_hex_key(psk):
        return None
    text = f"network {network.name!r}: a PSK has {MIN_PSK} to {MAX_PSK} characters, or 64 hexadecimal digits"
    return _out_of_range(WifiError.PSK_TOO_SHORT if len(psk) < MIN_PSK else WifiError.PSK_TOO_LONG, text)


def _is_hex_key(psk: str) -> bool:
    return len(psk) == _HEX_PSK and all(character in "0123456789abcdefABCDEF" for character in psk)


def _out_of_range(error: DeviceError, text: str) -> Refusal:
    return Refusal(Errno.ERANGE, error, text)
