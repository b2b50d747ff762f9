"""What a FreeRADIUS under test is told to be, as a value: equal settings may share one server."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Literal

from cryptography import x509

from harness.pki.credential import Credential

TlsVersion = Literal["1.0", "1.1", "1.2", "1.3"]
EapMethod = Literal["tls", "md5"]

_TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
LONGEST_CACHE = 8760
"""Hours: a year."""
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(:[0-9]{1,2})?")


def _require_text(value: str, what: str) -> None:
    """Refuse what no quoting carries into FreeRADIUS's configuration unchanged.

    Inside single quotes it takes everything literally but the backslash, which it neither keeps
    nor unescapes consistently.
    """
    if not value.isprintable() or "\\" in value:
        raise ValueError(f"{what} must be printable text on one line without a backslash")


@dataclass(frozen=True, slots=True)
class Secret:
    """A RADIUS shared secret; ``repr`` and ``str`` never show it."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.value:
            raise ValueError("a shared secret must not be empty")
        _require_text(self.value, "a shared secret")

    def __str__(self) -> str:
        return "Secret(...)"

    def __bytes__(self) -> bytes:
        return self.value.encode()


@dataclass(frozen=True, slots=True)
class CertificateCnEqualsIdentity:
    """Accept only a certificate whose common name is the User-Name (eap-tls ``virtual_server``)."""


@dataclass(frozen=True, slots=True)
class CheckCertCn:
    """FreeRADIUS's ``check_cert_cn``; ``expected=None`` compares with the User-Name."""

    expected: str | None = None

    def __post_init__(self) -> None:
        _require_text(self.expected or "", "the common name of check_cert_cn")


@dataclass(frozen=True, slots=True)
class AllowedIdentities:
    """Accept only these User-Names (eap-tls ``virtual_server``)."""

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError("allowed identities must name at least one; RejectAll refuses everybody")


@dataclass(frozen=True, slots=True)
class RejectAll:
    """Refuse every certificate, after a handshake that went well (eap-tls ``virtual_server``)."""


@dataclass(frozen=True, slots=True)
class Resumption:
    """FreeRADIUS's session cache. ``ValueError`` names what cannot be.

    ``lifetime`` is in hours, the unit of its setting. ``keeps`` are attributes of the reply that are kept with a session
    and come back with it. ``survives_restart`` tells whether the folder with the sessions outlives a restart.
    """

    lifetime: int = 1
    keeps: tuple[str, ...] = ()
    survives_restart: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.lifetime <= LONGEST_CACHE:
            raise ValueError(f"the lifetime of sessions must be from 1 to {LONGEST_CACHE} hours")
        for name in self.keeps:
            if not _ATTRIBUTE_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no RADIUS attribute name")


Policy = CertificateCnEqualsIdentity | CheckCertCn | AllowedIdentities | RejectAll


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Everything about a server that a scenario can choose.

    ``trusts`` are the CAs for client certificates, intermediates included. ``fragment_size`` is in
    bytes, ``reject_delay`` and ``cleanup_delay`` in seconds (the compiled-in default of the latter
    is 5; it is how long a reply is kept for retransmissions). Without ``clients`` every address of
    127.0.0.0/8 is a client and the secret is chosen by the backend. ``known_identities`` are the
    User-Names that get as far as an EAP method, all of them when there are none. ``vlan`` is sent as the three
    Tunnel attributes of RFC 3580 3.31; ``vlan_needs_certificate``: by the eap-tls ``virtual_server``, where it has the
    attributes of the certificate. ``ValueError`` names the first setting that cannot be.
    """

    credential: Credential
    trusts: tuple[x509.Certificate, ...]
    tls_min: TlsVersion = "1.2"
    tls_max: TlsVersion = "1.3"
    ciphers: str = "DEFAULT"
    fragment_size: int = 1024
    include_length: bool = True
    auto_chain: bool = False
    ecdh_curve: str = ""
    # A CRL can be compared and not hashed.
    crls: tuple[x509.CertificateRevocationList, ...] = field(default=(), hash=False)
    check_crl: bool = False
    check_all_crl: bool = False
    allow_expired_crl: bool = False
    resumption: Resumption | None = None
    eap_methods: tuple[EapMethod, ...] = ("tls",)
    default_eap_type: EapMethod = "tls"
    policy: Policy | None = None
    known_identities: tuple[str, ...] = ()
    vlan: int | None = None
    vlan_needs_certificate: bool = False
    reply_attributes: tuple[tuple[str, str], ...] = ()
    send_keys: bool = True
    key_name: bool = True
    clients: tuple[tuple[str, Secret], ...] = ()
    reject_delay: int = 0
    cleanup_delay: int = 5

    def __post_init__(self) -> None:
        self._check_tls()
        self._check_methods()
        self._check_numbers()
        self._check_reply()
        for network, _ in self.clients:
            ip_network(network)  # its ValueError already says what is wrong

    def _check_tls(self) -> None:
        for version in (self.tls_min, self.tls_max):
            if version not in _TLS_VERSIONS:
                raise ValueError(f"TLS version must be one of {', '.join(_TLS_VERSIONS)}, not {version!r}")
        _require_text(self.ciphers, "the cipher list")
        _require_text(self.ecdh_curve, "the curve")

    def _check_methods(self) -> None:
        if not self.eap_methods or set(self.eap_methods) - {"tls", "md5"}:
            raise ValueError(f"eap methods must be 'tls', 'md5' or both, not {self.eap_methods!r}")
        if self.default_eap_type not in self.eap_methods:
            raise ValueError(
                f"the default eap type {self.default_eap_type!r} must be one of the methods {self.eap_methods!r}"
            )

    def _check_numbers(self) -> None:
        ranges = {
            "fragment_size": (self.fragment_size, 64, 65535),
            "vlan": (1 if self.vlan is None else self.vlan, 1, 4094),
            "reject_delay": (self.reject_delay, 0, 10),
            "cleanup_delay": (self.cleanup_delay, 0, 30),
        }
        for name, (value, lowest, highest) in ranges.items():
            if not lowest <= value <= highest:
                raise ValueError(f"{name} must be from {lowest} to {highest}, not {value}")

    def _check_reply(self) -> None:
        for name, value in self.reply_attributes:
            if not _ATTRIBUTE_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no RADIUS attribute name")
            if not value.isprintable():
                raise ValueError(f"the value of {name} must be printable text on one line")
