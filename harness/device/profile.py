"""How a device behaves where the documents leave room: one switch for each such point.

Every switch carries a note (tag, section of the behaviour reference, meaning), from which
``docs/reference/device-switches.md`` is generated. The defaults are the safe reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from harness.device.error_numbers import Errno
from harness.device.failure_codes import CertError, NetworkError
from harness.device.switches import NameLookup, NetworkLimit, SelectionOrder, note

TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
KEY_TYPES = ("rsa", "ec", "ed25519")
LOWEST: Mapping[str, int] = {"store_bytes": 1, "max_networks": 1, "name_length": 1, "entry_overhead": 0}
"""The lowest value of a switch that is a number."""


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
    """Switches of one kind of device.

    Raises :class:`ValueError` for a value that no device can have: TLS versions that are unknown or in the
    wrong order, key types that are unknown, numbers below their lowest, retry delays below 0 or none at all.
    """

    # Certificate store
    check_key_match: bool = field(
        default=True,
        metadata=note(
            "D", "1.4", "Refuse a client certificate whose key is another's; else association notices."
        ),
    )
    case_sensitive_ids: bool = field(
        default=True, metadata=note("U", "1.1", "`Radius` and `radius` are two certificate IDs.")
    )
    long_id_errno: Errno = field(
        default=Errno.ERANGE,
        metadata=note("H", "1.3", "Answer to an ID beyond 16 characters; early headers know EINVAL alone."),
    )
    move_requires_destination: bool = field(
        default=False,
        metadata=note(
            "U",
            "1.5",
            "Moving onto an ID that does not exist fails with ENOENT; the documents contradict themselves.",
        ),
    )
    move_onto_itself: bool = field(
        default=True,
        metadata=note(
            "U", "1.5", "Moving an entry onto its own ID succeeds and changes nothing; else EINVAL."
        ),
    )
    pem_text_outside: bool = field(
        default=False,
        metadata=note("U", "7.A A18", "Take text before BEGIN and after END, as `openssl -text` writes it."),
    )
    pem_strict_lines: bool = field(
        default=False, metadata=note("U", "7.A A20", "Refuse CRLF line ends and a missing last line end.")
    )
    client_key_types: tuple[str, ...] = field(
        default=KEY_TYPES,
        metadata=note(
            "U", "1.1", "Key algorithms that a client certificate may have; the documents show RSA alone."
        ),
    )
    store_bytes: int = field(default=24514, metadata=note("R", "1.1", "Free space of an empty store."))
    entry_overhead: int = field(
        default=16,
        metadata=note(
            "U", "1.1", "Bytes that every entry costs beside certificate, key and password; never assert it."
        ),
    )
    name_length: int = field(
        default=300,
        metadata=note("I", "1.1", "Characters of a subject or issuer name; the rest is cut off."),
    )
    locked: bool = field(
        default=False,
        metadata=note(
            "U", "2.1", "Command line and REST are refused (number 10485778), as on a device that is locked."
        ),
    )
    install_chains: bool = field(
        default=False,
        metadata=note("harness", "1.1", "Take intermediates after the client certificate and send them."),
    )

    # TLS and identity
    tls_min: str = field(default="1.2", metadata=note("U", "3.5", "Lowest TLS version offered."))
    tls_max: str = field(
        default="1.2", metadata=note("U", "3.5", "Highest TLS version offered; 1.2 is known of applications.")
    )
    ciphers: str = field(
        default="",
        metadata=note("U", "3.5", "OpenSSL cipher list for TLS 1.2 and below; empty: the library's own."),
    )
    default_identity: DefaultIdentity = field(
        default=DefaultIdentity.COMMON_NAME,
        metadata=note(
            "U", "3.5", "Identity of a network that sets none; RFC 5216 5.2 takes it from the certificate."
        ),
    )
    check_server_purpose: bool = field(
        default=True,
        metadata=note(
            "U", "7.F F07", "Refuse a server certificate that is not meant for servers (RFC 5216 5.3)."
        ),
    )
    any_ca_is_anchor: bool = field(
        default=True,
        metadata=note(
            "I",
            "7.F F03",
            "An installed CA ends the server's path also where another CA issued it, as in the product's library "
            "(wolfSSL, tried with 5.5.4); else a root alone does, as in OpenSSL.",
        ),
    )
    ignore_server_errors_without_root: bool = field(
        default=True,
        metadata=note(
            "C", "3.5", "Without a root CA every fault of the server's certificate is ignored, expiry too."
        ),
    )
    resume_sessions: bool = field(
        default=True,
        metadata=note(
            "U",
            "3.5",
            "Keep the TLS session of a network and offer it at the next association, until a reload, a reboot or "
            "a change of the network; wpa_supplicant does so unless it is told not to (fast_reauth).",
        ),
    )
    send_client_certificate: bool = field(
        default=True,
        metadata=note("harness", "-", "Send the client certificate; else an empty list, to test the server."),
    )

    # Wi-Fi settings
    max_networks: int = field(default=10, metadata=note("C", "3.1", "How many networks can be stored."))
    network_limit: NetworkLimit = field(
        default=NetworkLimit.AT_ADD,
        metadata=note(
            "U", "7.E E07", "When too many networks are noticed: ENOMEM at add, ENOSPC at persist."
        ),
    )
    new_network_enabled: bool = field(
        default=False, metadata=note("U", "3.2", "A network that an application adds is enabled at first.")
    )
    renumber_at_reboot: bool = field(
        default=True, metadata=note("H", "3.1", "Network IDs are counted anew from 0 at a reboot.")
    )
    refuse_used_name: bool = field(
        default=False,
        metadata=note("H", "3.2", "Renaming a network to a name in use fails with EEXIST; else discouraged."),
    )
    refuse_used_name_at_add: bool = field(
        default=False,
        metadata=note(
            "R",
            "2.3",
            "Adding a network under a name in use fails; the maker's own tests add two, the error table has a "
            "number for the refusal.",
        ),
    )
    name_lookup: NameLookup = field(
        default=NameLookup.LOWEST_ID,
        metadata=note("U", "7.E E12", "Which of several networks of one configuration name is found."),
    )
    psk_beside_certificate: bool = field(
        default=False, metadata=note("U", "2.2", "Take a network with both a PSK and a client certificate.")
    )
    no_current_network_errno: Errno = field(
        default=Errno.ENODATA,
        metadata=note(
            "H", "3.2", "GetCurrentNetwork of a device that is not connected; early text: ENOTCONN."
        ),
    )
    selection_order: SelectionOrder = field(
        default=SelectionOrder.LOWEST_ID,
        metadata=note("U", "3.5", "Order in which enabled networks are tried."),
    )
    retry_delays: tuple[float, ...] = field(
        default=(10.0, 20.0, 30.0, 60.0, 90.0, 120.0, 300.0),
        metadata=note(
            "U", "3.5", "Seconds that a network is temporarily disabled after each failure; the last repeats."
        ),
    )
    diagnostics_survive_reboot: bool = field(
        default=False, metadata=note("U", "3.3", "The last failure of a network is kept over a reboot.")
    )

    # Clock
    rtc_battery: bool = field(
        default=True,
        metadata=note("D", "3.6", "The clock keeps time without power; else it starts at `boot_time`."),
    )
    boot_time: datetime = field(
        default=datetime(2000, 1, 1, tzinfo=UTC),
        metadata=note("R", "3.6", "What the clock shows after a start without battery."),
    )

    # Diagnostics
    unknown_identity_as: CertError | None = field(
        default=CertError.UNKNOWN_CLIENT_ID,
        metadata=note(
            "H", "3.4", "certError of an identity that RADIUS refuses at once; none: error 1, early systems."
        ),
    )
    wrong_root_as: CertError = field(
        default=CertError.INVALID_ROOT_CA,
        metadata=note("U", "3.4", "certError of a server that the root CA did not issue."),
    )
    incomplete_chain_as: CertError = field(
        default=CertError.UNTRUSTED,
        metadata=note("U", "3.4", "certError of a server that leaves its intermediate out."),
    )
    root_expired_as: CertError = field(
        default=CertError.INVALID_ROOT_CA,
        metadata=note("U", "3.4", "certError of a root CA that has expired by the device's clock."),
    )
    root_not_yet_valid_as: CertError = field(
        default=CertError.INVALID_ROOT_CA,
        metadata=note("U", "3.4", "certError of a root CA that is not valid yet by the device's clock."),
    )
    weak_server_key_as: CertError = field(
        default=CertError.INSUFFICIENT_KEY_LENGTH,
        metadata=note("U", "7.F F15", "certError of a server key that is too weak."),
    )
    wrong_purpose_as: CertError = field(
        default=CertError.UNSPECIFIED,
        metadata=note("U", "7.F F07", "certError of a server certificate that is not meant for servers."),
    )
    crossed_client_as: CertError = field(
        default=CertError.CERTIFICATE_NOT_FOUND,
        metadata=note("U", "7.B B02", "certError of a client certificate ID that names a root CA."),
    )
    crossed_root_as: CertError = field(
        default=CertError.CERTIFICATE_NOT_FOUND,
        metadata=note("U", "7.B B03", "certError of a root CA ID that names a client certificate."),
    )
    handshake_failure_as: NetworkError = field(
        default=NetworkError.AUTHENTICATION_FAILED,
        metadata=note(
            "U",
            "3.4",
            "error where EAP fails and no certificate is to blame: no common method or TLS version.",
        ),
    )

    def __post_init__(self) -> None:
        _check_tls(self.tls_min, self.tls_max)
        for key_type in self.client_key_types:
            if key_type not in KEY_TYPES:
                raise ValueError(f"key type {key_type!r} is not known; use some of {', '.join(KEY_TYPES)}")
        for name, lowest in LOWEST.items():
            if getattr(self, name) < lowest:
                raise ValueError(f"{name} {getattr(self, name)} is below {lowest}")
        if not self.retry_delays or min(self.retry_delays) < 0:
            raise ValueError("retry_delays needs at least one delay, and none below 0 seconds")
        if self.boot_time.tzinfo is None:
            raise ValueError("boot_time needs a time zone")


def _check_tls(low: str, high: str) -> None:
    for version in (low, high):
        if version not in TLS_VERSIONS:
            raise ValueError(f"TLS version {version!r} is not known; use one of {', '.join(TLS_VERSIONS)}")
    if TLS_VERSIONS.index(low) > TLS_VERSIONS.index(high):
        raise ValueError(f"tls_min {low} is above tls_max {high}; exchange them")


DEFAULT_PROFILE = DeviceProfile()
"""The safe reading of the documents."""
EARLY_OS = DeviceProfile(
    long_id_errno=Errno.EINVAL, unknown_identity_as=None, no_current_network_errno=Errno.ENOTCONN
)
"""Where early headers and texts differ from later ones, the early reading."""
