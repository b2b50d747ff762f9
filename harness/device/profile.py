"""How a device behaves where the documents leave room.

Tags at the switches are those of the behaviour reference for this kind of device: [S] and [D] stated in
documents, [H] in headers, [R] in the device's REST description, [I] inferred, [U] not verified.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")


class DefaultIdentity(StrEnum):
    """What a device sends as EAP identity when its network sets none."""

    COMMON_NAME = "common-name"
    """The common name of its certificate; ``anonymous`` when there is none."""
    ANONYMOUS = "anonymous"
    """The word ``anonymous``."""
    EMPTY = "empty"
    """An identity of no octets."""


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """Switches of one kind of device; the defaults are the conservative reading.

    Raises :class:`ValueError` when the TLS versions are not known or in the wrong order.
    """

    check_key_match: bool = True
    """Refuse a client certificate whose key is another's [D]. A device that does not check notices at association."""
    case_sensitive_ids: bool = True
    """``Radius`` and ``radius`` are two certificate IDs [U]."""
    move_requires_destination: bool = False
    """Moving onto an ID that does not exist fails; the function's page contradicts itself [U]."""
    store_bytes: int = 24514
    """Free space of an empty store [R]."""
    entry_overhead: int = 16
    """Bytes that every entry costs beside certificate, key and password [U]; never assert on it."""
    tls_min: str = "1.2"
    """Lowest TLS version offered [U]."""
    tls_max: str = "1.2"
    """Highest TLS version offered [U]; the conservative reading is 1.2 alone."""
    ciphers: str = ""
    """OpenSSL cipher list for TLS 1.2 and below; empty: the library's default [U]."""
    default_identity: DefaultIdentity = DefaultIdentity.COMMON_NAME
    """Identity of a network that sets none [U]; RFC 5216 5.2 takes the peer's identity from its certificate."""
    check_server_purpose: bool = True
    """Refuse a server certificate that is not meant for servers [U] (RFC 5216 5.3)."""
    ignore_server_errors_without_root: bool = True
    """Without a root CA every fault of the server's certificate is ignored, expiry too [H][I]."""

    send_client_certificate: bool = True
    """Send the client certificate; ``False`` answers the server's request with an empty list, to see what
    the server makes of it. No device of this kind does that."""
    install_chains: bool = False
    """Take intermediate CAs after the client certificate in one PEM blob and send them along. Devices of
    this kind hold one certificate per ID [I]; other supplicants hold chains."""

    def __post_init__(self) -> None:
        for version in (self.tls_min, self.tls_max):
            if version not in TLS_VERSIONS:
                raise ValueError(
                    f"TLS version {version!r} is not known; use one of {', '.join(TLS_VERSIONS)}"
                )
        if TLS_VERSIONS.index(self.tls_min) > TLS_VERSIONS.index(self.tls_max):
            raise ValueError(f"tls_min {self.tls_min} is above tls_max {self.tls_max}; exchange them")


DEFAULT_PROFILE = DeviceProfile()
