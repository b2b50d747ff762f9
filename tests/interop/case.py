"""One row of the interop table: a server, a client, and what both clients must make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from harness.outcome import Cause, Verdict
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool, KeyType
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Defect, Profile
from harness.server.settings import ServerSettings

SERVER_NAME = "radius.corp.example"


def _ca(name: str, issuer: str | None = None, **more: Any) -> CertificateSpec:
    profile = Profile.INTERMEDIATE_CA if issuer else Profile.ROOT_CA
    return CertificateSpec(name, profile, issuer, **more)


def _server(name: str, issuer: str = "root", **more: Any) -> CertificateSpec:
    return CertificateSpec(name, Profile.SERVER, issuer, dns=(SERVER_NAME,), **more)


def _client(name: str, issuer: str = "root", **more: Any) -> CertificateSpec:
    # All have the common name "device", so that a name check passes or fails for its own reason.
    return CertificateSpec(name, Profile.CLIENT, issuer, cn="device", **more)


def _all() -> list[CertificateSpec]:
    authorities = [
        _ca("root"),
        _ca("other-root"),
        _ca("expired-root", defect=Defect.EXPIRED),
        _ca("future-root", defect=Defect.NOT_YET_VALID),
        _ca("middle", "root"),
    ]
    chained = [
        _server("chained-server", "middle"),
        _client("chained-device", "middle"),
        _server("missing-intermediate-server", "middle", defect=Defect.MISSING_INTERMEDIATE),
        _client("missing-intermediate-device", "middle", defect=Defect.MISSING_INTERMEDIATE),
        _server("old-server", "expired-root"),
        _server("early-server", "future-root"),
        _client("revoked-by-middle", "middle", defect=Defect.REVOKED),
    ]
    plain = [
        _server("server"),
        _client("device"),
        CertificateSpec("wildcard-server", Profile.SERVER, "root", dns=("*.corp.example",)),
        CertificateSpec("nameless-server", Profile.SERVER, "root", cn=SERVER_NAME),
    ]
    keyed = [make(f"{key}-{side}", key=key) for key in _USABLE for side, make in _SIDES]
    wrong = [make(f"{defect}-{side}", defect=defect) for defect in _SOLE for side, make in _SIDES]
    return [*authorities, *plain, *keyed, *chained, *wrong]


_SIDES = (("server", _server), ("device", _client))
# RSA-1024 is too weak to connect, RSA-4096 takes a second to make and shows nothing more.
_USABLE = frozenset(KeyType) - {KeyType.RSA_1024, KeyType.RSA_4096}
_SOLE = frozenset(Defect) - {Defect.MISSING_INTERMEDIATE}
"""Defects that need no intermediate."""
SPECS: Mapping[str, CertificateSpec] = {spec.name: spec for spec in _all()}


@dataclass(frozen=True, slots=True)
class Crl:
    """A CRL of one CA that the server holds; it lists all certificates with the defect ``revoked``."""

    issuer: str = "root"
    expired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A server and a client; certificates by name in :data:`SPECS`.

    ``settings`` are those of ServerSettings that differ from its defaults. ``tls`` are the lowest and
    highest version that the client offers. ``listening`` is false where nobody hears the client.
    """

    name: str
    verdict: Verdict
    cause: Cause
    server: str = "server"
    trusts: tuple[str, ...] = ("root",)
    crls: tuple[Crl, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    device: str = "device"
    root: str | None = "root"
    server_name: str = ""
    identity: str = "device"
    tls: tuple[str, str] = ("1.2", "1.3")
    ciphers: str = ""
    fragment_size: int = 1398
    akm: int = 1
    known_difference: str = ""
    """Why eapol_test ends in another way; the case then makes sure that it still does."""
    right_secret: bool = True
    listening: bool = True

    def __str__(self) -> str:
        return self.name


class Material:
    """The certificates of a run of the table, as settings and credentials."""

    def __init__(self) -> None:
        self.mint = Mint(KeyPool(), datetime.now(UTC))

    def server_settings(self, case: Case) -> ServerSettings:
        """Return the settings of the case's server; equal cases give equal settings."""
        return ServerSettings(
            credential=self.credential(case.server),
            trusts=tuple(self.certificate(name) for name in case.trusts),
            crls=tuple(self.mint.crl(crl.issuer, SPECS, expired=crl.expired) for crl in case.crls),
            **case.settings,
        )

    def credential(self, name: str) -> Credential:
        """Return a certificate with key and chain."""
        return self.mint.issue(name, SPECS)

    def authorities(self) -> tuple[x509.Certificate, ...]:
        """Return the certificates of all CAs."""
        return tuple(self.certificate(name) for name, spec in SPECS.items() if spec.profile.is_ca)

    def certificate(self, name: str) -> x509.Certificate:
        """Return a certificate alone."""
        return self.credential(name).certificate
