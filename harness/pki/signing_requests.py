"""Certification requests (RFC 2986): made where the private key is, answered where it never comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.pki.build import authority_key_identifier, client_key_usage, signature_hash
from harness.pki.credential import Credential
from harness.pki.keys import KeyType, PrivateKey

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_CURVES = {"secp256r1": KeyType.EC_P256, "secp384r1": KeyType.EC_P384, "secp521r1": KeyType.EC_P521}
_BITS = {1024: KeyType.RSA_1024, 2048: KeyType.RSA_2048, 3072: KeyType.RSA_3072, 4096: KeyType.RSA_4096}


def make_request(
    key: PrivateKey, subject: x509.Name, alternatives: x509.SubjectAlternativeName | None = None
) -> x509.CertificateSigningRequest:
    """Make a request for that name, signed with the key it is about.

    Alternative names go into the attribute extensionRequest, critical where the subject is empty.
    """
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if alternatives is not None:
        builder = builder.add_extension(alternatives, critical=not list(subject))
    return builder.sign(key, signature_hash(key))


def common_name(cn: str) -> x509.Name:
    """Return a subject that is a common name alone; empty for none. It may be longer than X.509 allows.

    A device ID has 128 characters, ub-common-name is 64 (RFC 5280 appendix A.1); the library writes such a
    name only when it is told not to look.
    """
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn, _validate=False)] if cn else [])


def proves_possession(request: x509.CertificateSigningRequest) -> bool:
    """Judge whether the request is signed with the key that it names (RFC 2986 4.2)."""
    try:
        return request.is_signature_valid
    except (UnsupportedAlgorithm, ValueError, TypeError):
        return False


def key_type(key: object) -> KeyType | None:
    """Name the kind of a public key; ``None`` for one that this house does not make."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVES.get(key.curve.name)
    if isinstance(key, rsa.RSAPublicKey):
        return _BITS.get(key.key_size)
    return KeyType.ED25519 if isinstance(key, ed25519.Ed25519PublicKey) else None


def alternative_names(
    holder: x509.Certificate | x509.CertificateSigningRequest,
) -> x509.SubjectAlternativeName | None:
    """Return the alternative names of a certificate, or those that a request asks for."""
    try:
        return holder.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def spki(holder: x509.Certificate | x509.CertificateSigningRequest) -> bytes:
    """Return the DER SubjectPublicKeyInfo: two are the same key when these octets are the same."""
    return holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def issue_client_certificate(
    key: PublicKey,
    subject: x509.Name,
    alternatives: Sequence[x509.GeneralName],
    issuer: Credential,
    validity: tuple[datetime, datetime],
    random: Callable[[int], bytes],
) -> x509.Certificate:
    """Issue a certificate for TLS clients; the CA alone decides on everything but the names and the key.

    ``validity`` is begin and end, aware, cut to whole seconds; the serial number takes 16 octets of
    ``random`` and is positive (RFC 5280 4.1.2.2).
    """
    begin, end = (moment.replace(microsecond=0) for moment in validity)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject)
        .public_key(key)
        .serial_number(int.from_bytes(random(16), "big") % (1 << 126) + (1 << 126))
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(client_key_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(authority_key_identifier(issuer.key), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    )
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=not list(subject))
    return builder.sign(issuer.key, signature_hash(issuer.key))
