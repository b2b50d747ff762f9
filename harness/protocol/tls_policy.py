"""What a TLS client offers and what it insists on, as a value: equal policies make the same client."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from harness.pki.credential import Credential


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """What a client offers and what it insists on.

    Without ``root_ca`` the server is not verified at all. ``time`` is the device's clock (UTC)
    for validity checks. ``ciphers`` is an OpenSSL list for TLS 1.2 and below, empty: defaults; a security
    level in it holds for everything, the client's own certificate included. Without one a weak certificate of the
    client's own is offered nevertheless, for the server to judge, and the server's is held against OpenSSL's level.
    """

    credential: Credential | None
    root_ca: x509.Certificate | None
    time: datetime
    tls_min: str = "1.2"
    tls_max: str = "1.3"
    ciphers: str = ""
    server_name: str = ""
    check_server_purpose: bool = True
    any_ca_is_anchor: bool = True
    """``root_ca`` ends the server's path also where it is a CA that another one issued."""
    ignore_all_without_root: bool = True
    """Without a root CA, ignore every fault of the server's certificate; ``False``: only that nobody
    vouches for it, while its dates and purpose count."""

    @property
    def verifies(self) -> bool:
        """Whether anything of the server's chain is verified."""
        return self.root_ca is not None or not self.ignore_all_without_root

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The client's certificates, its own first; empty when it has none."""
        return (self.credential.certificate, *self.credential.chain) if self.credential else ()
