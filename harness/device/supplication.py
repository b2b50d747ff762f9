"""What a device brings to an association, or why it cannot start one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from harness.outcome import Cause
from harness.pki.credential import Credential


@dataclass(frozen=True, slots=True)
class Supplication:
    """Everything that an association needs to know of the device.

    ``identity`` is the outer one, sent in clear. Without ``root_ca`` the server is not authenticated;
    ``server_name`` is the DNS name to insist on, empty for any. ``time`` is the device's clock in UTC,
    ``mac`` six octets, ``tls_min`` and ``tls_max`` are versions like ``1.2``, ``ciphers`` an OpenSSL
    list, empty for the library's default. ``any_ca_is_anchor`` says whether ``root_ca`` may be a CA that another
    one issued. ``ignore_server_errors_without_root`` says whether a
    server that is not authenticated may even be expired. ``session`` is the TLS session that the device kept
    for the network, whatever that is; whether it may be offered is not decided yet.
    """

    network: str
    ssid: str
    identity: str
    credential: Credential | None
    root_ca: x509.Certificate | None
    server_name: str
    time: datetime
    mac: bytes
    tls_min: str = "1.2"
    tls_max: str = "1.2"
    ciphers: str = ""
    check_server_purpose: bool = True
    any_ca_is_anchor: bool = True
    ignore_server_errors_without_root: bool = True
    session: object | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class NotReady:
    """The device cannot start: the cause, and the evidence for it in words."""

    cause: Cause
    text: str
