"""X.509 from a spec: certificates and revocation lists after the profile of RFC 5280.

Nothing here decides what is issued when; that is :mod:`harness.pki.mint`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from harness.pki.credential import Credential
from harness.pki.keys import PrivateKey
from harness.pki.spec import CertificateSpec, Defect, Names, Profile

ENDED_AGO = timedelta(minutes=30)
"""How long ago an expired certificate or CRL ended; inside the validity of CAs made with defaults."""
BEGINS_IN = timedelta(days=1)
"""When a certificate that is not yet valid begins, at the earliest."""

_PURPOSE = {
    Profile.SERVER: ExtendedKeyUsageOID.SERVER_AUTH,
    Profile.CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH,
}
_OTHER_SIDE = {Profile.SERVER: Profile.CLIENT, Profile.CLIENT: Profile.SERVER}


def build_certificate(
    spec: CertificateSpec, now: datetime, key: PrivateKey, issuer: Credential | None
) -> x509.Certificate:
    """Make the certificate of that key; without an issuer it signs itself.

    The serial number is random, 20 octets long at most (RFC 5280 4.1.2.2).
    """
    subject = _subject(spec.names)
    signer = issuer.key if issuer else key
    not_before, not_after = _validity(spec, now)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    for extension, critical in _extensions(spec, key, signer):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer, signature_hash(signer))


def build_crl(
    issuer: Credential,
    revoked: Iterable[x509.Certificate],
    number: int,
    this_update: datetime,
    next_update: datetime,
) -> x509.CertificateRevocationList:
    """Make a full CRL (RFC 5280 5) that lists these certificates as revoked at ``this_update``."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(this_update)
        .next_update(next_update)
        .add_extension(authority_key_identifier(issuer.key), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    for certificate in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(certificate.serial_number)
            .revocation_date(this_update)
            .build()
        )
    return builder.sign(issuer.key, signature_hash(issuer.key))


def _subject(names: Names) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names.cn)] if names.cn else [])


def _validity(spec: CertificateSpec, now: datetime) -> tuple[datetime, datetime]:
    # A defect moves one end only, as far as the order of both allows.
    if spec.defect is Defect.EXPIRED:
        not_after = now - ENDED_AGO
        return min(now + spec.valid_from, not_after - ENDED_AGO), not_after
    if spec.defect is Defect.NOT_YET_VALID:
        not_before = now + max(spec.valid_from, BEGINS_IN)
        return not_before, not_before + spec.lifetime
    not_before = now + spec.valid_from
    return not_before, not_before + spec.lifetime


def _extensions(
    spec: CertificateSpec, key: PrivateKey, signer: PrivateKey
) -> list[tuple[x509.ExtensionType, bool]]:
    is_ca = spec.profile.is_ca
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=is_ca, path_length=None), True),
        (_ca_key_usage() if is_ca else _leaf_key_usage(spec.profile, key), True),
    ]
    if spec.key_identifiers:
        extensions.append((x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False))
        extensions.append((authority_key_identifier(signer), False))
    purpose = _purpose(spec)
    if purpose is not None:
        extensions.append((x509.ExtendedKeyUsage([purpose]), False))
    alternatives = _alternative_names(spec.names)
    if alternatives:
        # RFC 5280 4.2.1.6: critical where the subject is empty.
        extensions.append((x509.SubjectAlternativeName(alternatives), not spec.names.cn))
    return extensions


def _purpose(spec: CertificateSpec) -> ObjectIdentifier | None:
    # A CA gets none: there it would restrict what the CA may issue.
    if spec.profile.is_ca or spec.defect is Defect.NO_PURPOSE:
        return None
    if spec.defect is Defect.WRONG_PURPOSE:
        return _PURPOSE[_OTHER_SIDE[spec.profile]]
    return _PURPOSE[spec.profile]


def _alternative_names(names: Names) -> list[x509.GeneralName]:
    return [
        *(x509.DNSName(name) for name in names.dns),
        *(x509.RFC822Name(name) for name in names.email),
        *(x509.UniformResourceIdentifier(name) for name in names.uri),
    ]


def _ca_key_usage() -> x509.KeyUsage:
    return _key_usage(key_cert_sign=True, crl_sign=True)


def client_key_usage() -> x509.KeyUsage:
    """Return the key usage of a TLS client: it signs in the handshake."""
    return _key_usage(digital_signature=True)


def _leaf_key_usage(profile: Profile, key: PrivateKey) -> x509.KeyUsage:
    # TLS 1.2 with RSA key exchange encrypts to the server's key (RFC 5246 7.4.2).
    rsa_server = profile is Profile.SERVER and isinstance(key, rsa.RSAPrivateKey)
    return _key_usage(digital_signature=True, key_encipherment=rsa_server)


def _key_usage(
    *,
    digital_signature: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def authority_key_identifier(signer: PrivateKey) -> x509.AuthorityKeyIdentifier:
    """Return the identifier of the key that signs."""
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())


def signature_hash(signer: PrivateKey) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    """Return the hash that suits the signer's strength (SP 800-57 part 1, 5.6.1); Ed25519 has its own."""
    if isinstance(signer, ed25519.Ed25519PrivateKey):
        return None
    if isinstance(signer, ec.EllipticCurvePrivateKey):
        if signer.curve.key_size > 384:
            return hashes.SHA512()
        if signer.curve.key_size > 256:
            return hashes.SHA384()
    return hashes.SHA256()
