"""One Wi-Fi network as the device knows it, and what can be wrong with its settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict


class Security(StrEnum):
    """How the device expects the network to be secured."""

    EAP_TLS = "eap-tls"
    OPEN = "open"
    PSK = "psk"


@dataclass(frozen=True, slots=True)
class Network:
    """The settings of one network.

    ``name`` is the configuration's name and finds the network again; certificates are named by ID
    alone, and nothing checks that an ID exists or is of the right type. ``client_id`` is the identity.
    Two settings exist in the harness alone: ``anonymous_identity`` replaces the identity that is sent
    in clear (``@corp.example``, RFC 9190 2.1.8), and ``server_name`` is a DNS name that the server's
    certificate must carry.
    """

    name: str
    ssid: str = ""
    client_cert_id: str | None = None
    root_ca_cert_id: str | None = None
    client_id: str | None = None
    anonymous_identity: str | None = None
    server_name: str | None = None
    enabled: bool = True
    security: Security = Security.EAP_TLS


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
    security: Security


_MAX_NAME = 16
_MAX_SSID = 32
_MAX_CERTIFICATE_ID = 16
_MAX_IDENTITY = 254


def settings_error(network: Network) -> str:
    """Say which setting is too long or too short; empty when all are fine.

    Lengths are those of the behaviour reference, sections 2.2 and 3.1. An SSID may still be missing:
    a network is useful only once it has one, and cannot be persisted before.
    """
    if not 1 <= len(network.name) <= _MAX_NAME:
        return f"network name {network.name!r} must have 1 to {_MAX_NAME} characters"
    if len(network.ssid.encode()) > _MAX_SSID:
        return f"network {network.name!r}: the SSID is longer than {_MAX_SSID} bytes"
    for what, identifier in (("client", network.client_cert_id), ("root CA", network.root_ca_cert_id)):
        if identifier is not None and len(identifier) > _MAX_CERTIFICATE_ID:
            return (
                f"network {network.name!r}: the {what} certificate ID is longer than "
                f"{_MAX_CERTIFICATE_ID} characters"
            )
    for identity in (network.client_id, network.anonymous_identity):
        if identity is not None and len(identity) > _MAX_IDENTITY:
            return f"network {network.name!r}: an identity is longer than {_MAX_IDENTITY} characters"
    return ""
