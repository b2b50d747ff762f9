"""The devices of an administrator: certificates with OUs, good ones and one of each fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.pki.credential import Credential

_NOW = datetime.now(UTC).replace(microsecond=0)
_YEAR = timedelta(days=365)
_CLIENT, _SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


def name(cn: str, ou: str = "") -> x509.Name:
    """Return a subject of Contoso's."""
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Contoso")]
    attributes += [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, ou)] if ou else []
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, cn)])


@dataclass(frozen=True)
class Authority:
    """A CA, root or below one."""

    credential: Credential

    @classmethod
    def root(cls, cn: str) -> Authority:
        """Make a root CA."""
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(
            Credential(_certificate(name(cn), key, name(cn), key, _NOW - _YEAR, _NOW + _YEAR, None), key)
        )

    @property
    def certificate(self) -> x509.Certificate:
        return self.credential.certificate

    def issue(
        self,
        cn: str,
        ou: str = "sensors",
        *,
        since: timedelta = -timedelta(hours=1),
        until: timedelta = timedelta(days=90),
        purpose: x509.ObjectIdentifier | None = _CLIENT,
        dns: str = "",
        chain: Sequence[x509.Certificate] = (),
    ) -> Credential:
        """Issue a certificate; without a purpose, that of a CA."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer, signer = self.certificate.subject, self.credential.key
        made = _certificate(name(cn, ou), key, issuer, signer, _NOW + since, _NOW + until, purpose, dns)
        return Credential(made, key, tuple(chain))

    def crl(self, *revoked: Credential) -> bytes:
        """Publish a list of what is revoked."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(_NOW - timedelta(hours=1)).next_update(_NOW + timedelta(days=7))
        for one in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number)
            builder = builder.add_revoked_certificate(
                entry.revocation_date(_NOW - timedelta(hours=1)).build()
            )
        key = self.credential.key
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    signer: object,
    since: datetime,
    until: datetime,
    purpose: x509.ObjectIdentifier | None,
    dns: str = "",
) -> x509.Certificate:
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = (
        builder.serial_number(x509.random_serial_number()).not_valid_before(since).not_valid_after(until)
    )
    builder = builder.add_extension(
        x509.BasicConstraints(ca=purpose is None, path_length=None), critical=True
    )
    if purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if dns:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(dns)]), critical=False)
    return builder.sign(signer, hashes.SHA256())


@dataclass
class Pki:
    """Everything the administrator has issued; ``unlisted`` is a CA without a CRL."""

    root: Authority = field(default_factory=lambda: Authority.root("Contoso Root"))
    unlisted: Authority = field(default_factory=lambda: Authority.root("Contoso Lab Root"))
    other: Authority = field(default_factory=lambda: Authority.root("Fabrikam Root"))

    def __post_init__(self) -> None:
        self.server = self.root.issue(
            "radius.contoso.example", "", purpose=_SERVER, dns="radius.contoso.example"
        )
        aged = self.root.issue("Contoso Aged", "", since=-2 * _YEAR, until=-timedelta(days=1), purpose=None)
        self._aged = Authority(aged)
        myself = Authority.root("sensor-self")
        self.revoked = self.root.issue("sensor-revoked")
        self.devices: dict[str, tuple[str, Credential]] = {
            "good": ("sensor-1", self.root.issue("sensor-1")),
            "camera": ("camera-1", self.root.issue("camera-1", "cameras")),
            "expired": ("sensor-2", self.root.issue("sensor-2", until=-timedelta(minutes=30))),
            "early": ("sensor-3", self.root.issue("sensor-3", since=timedelta(days=1))),
            "stranger": ("sensor-4", self.other.issue("sensor-4")),
            "self-signed": ("sensor-self", myself.credential),
            "purpose": ("sensor-5", self.root.issue("sensor-5", purpose=_SERVER)),
            "revoked": ("sensor-revoked", self.revoked),
            "no-crl": ("sensor-6", self.unlisted.issue("sensor-6")),
            "somebody": ("sensor-8", self.root.issue("sensor-7")),
            "guest": ("guest-1", self.root.issue("guest-1", "guests")),
            "aged-ca": ("sensor-9", self._aged.issue("sensor-9", chain=(aged.certificate,))),
        }

    def files(self) -> dict[str, bytes]:
        """Return what the server reads."""
        trusts = [one.certificate.public_bytes(Encoding.PEM) for one in (self.root, self.unlisted)]
        key = self.server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return {
            "server.key": key,
            "server.pem": self.server.certificate_pem(),
            "trusts.pem": b"".join([*trusts, self.root.crl(self.revoked), self._aged.crl()]),
        }
