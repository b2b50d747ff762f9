"""The certificates of the Security Service, shaped as those that were recorded of the real one.

Behaviour reference, section 6.4. What makes them different from most: the CAs of one tenant share one subject
and carry no key identifiers, so that only a signature tells which of them issued a certificate.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

EcKey = ec.EllipticCurvePrivateKey
Random = Callable[[int], bytes]
PublicKey = ec.EllipticCurvePublicKey

warnings.filterwarnings("ignore", message="Attribute's length must be", category=UserWarning)
# A device ID is a common name of 128 characters, twice ub-common-name (RFC 5280 appendix A.1), and the library
# warns each time one is read. Here that is no news. It cannot be silenced around each use, because
# warnings.catch_warnings is not safe among threads, and services have threads.

_HOST = "http://security-service.example"
"""Where CRLs and issuers are said to be; a name that never resolves (RFC 2606 2)."""
_MICROSOFT = (
    (NameOID.COUNTRY_NAME, "US"),
    (NameOID.STATE_OR_PROVINCE_NAME, "Washington"),
    (NameOID.LOCALITY_NAME, "Redmond"),
    (NameOID.ORGANIZATION_NAME, "Microsoft Corporation"),
)
_SHA384_OID = bytes.fromhex("06082a8648ce3d040303")
_SHA256_OID = bytes.fromhex("06082a8648ce3d040302")


def root_ca(key: EcKey, begin: datetime, end: datetime, random: Random) -> x509.Certificate:
    """Make the root of the service, P-384 and ECDSA with SHA-384."""
    name = _service_name(f"Azure Sphere Root Certificate Authority {begin.year}")
    builder = _builder(name, name, key.public_key(), begin, end, random)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_ca_usage(), critical=True)
    subject_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(subject_key, critical=False).sign(key, hashes.SHA384())


def policy_ca(
    key: PublicKey, begin: datetime, end: datetime, root: x509.Certificate, root_key: EcKey, random: Random
) -> x509.Certificate:
    """Make the CA between root and tenants: one CA below it, for client authentication, with key identifiers."""
    name = _service_name(f"Azure Sphere Policy CA {begin.year}")
    builder = _builder(name, root.subject, key, begin, end, random)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    builder = builder.add_extension(_ca_usage(), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    subject_key = x509.SubjectKeyIdentifier.from_public_key(key)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    builder = builder.add_extension(subject_key, critical=False).add_extension(authority, critical=False)
    return _with_addresses(builder, "root").sign(root_key, hashes.SHA384())


def tenant_subject(tenant_id: str) -> x509.Name:
    """Return the subject of every CA of a tenant, whatever its generation."""
    attributes = (*_MICROSOFT, (NameOID.COMMON_NAME, f"Microsoft Azure Sphere {tenant_id}"))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def tenant_ca(
    tenant_id: str,
    key: PublicKey,
    begin: datetime,
    end: datetime,
    policy: x509.Certificate,
    policy_key: EcKey,
    random: Random,
) -> x509.Certificate:
    """Make a CA of a tenant: no key identifiers, no path length, CRL and issuer addresses."""
    builder = _builder(tenant_subject(tenant_id), policy.subject, key, begin, end, random)
    builder = builder.add_extension(_ca_usage(digital_signature=True), critical=True)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return _with_addresses(builder, "policy").sign(policy_key, hashes.SHA384())


def attestation(
    device_id: str,
    key: PublicKey,
    begin: datetime,
    end: datetime,
    issuer: x509.Certificate,
    issuer_key: EcKey,
    random: Random,
) -> x509.Certificate:
    """Make a device's certificate; its common name is the device ID, 128 hexadecimal digits.

    What else the real one holds is not known; this one is good for TLS client authentication.
    """
    builder = _builder(_long_common_name(device_id), issuer.subject, key, begin, end, random)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(digital_signature=True), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    return builder.sign(issuer_key, _hash_of(issuer_key))


def proof_of_possession(
    code: str,
    key: PublicKey,
    begin: datetime,
    end: datetime,
    issuer: x509.Certificate,
    issuer_key: EcKey,
    random: Random,
    *,
    empty_usages: bool = False,
) -> x509.Certificate:
    """Make the certificate that proves the CA's key: its subject is the verification code and nothing else.

    Key usage and extended key usage are those of a TLS client here, so that a back end which takes it for a
    device can be caught. In the recorded one both are there and name next to nothing; ``empty_usages`` makes
    one where they name nothing at all, against RFC 5280 4.2.1.3 and 4.2.1.12: OpenSSL calls it invalid.
    """
    builder = _builder(_long_common_name(code), issuer.subject, key, begin, end, random)
    builder = builder.add_extension(_usage(digital_signature=not empty_usages), critical=True)
    purposes = [] if empty_usages else [ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    return builder.sign(issuer_key, _hash_of(issuer_key))


def with_wrong_signature_field(certificate: x509.Certificate) -> x509.Certificate:
    """Return a certificate whose outer signature algorithm says SHA-256 where the signature is one of SHA-384.

    That is the incident of June and July 2020: nobody who checks can accept it (RFC 5280 4.1.1.2).
    """
    der = certificate.public_bytes(Encoding.DER)
    signed = certificate.tbs_certificate_bytes
    after = der.index(signed) + len(signed)
    at = der.index(_SHA384_OID, after)
    return x509.load_der_x509_certificate(der[:at] + _SHA256_OID + der[at + len(_SHA384_OID) :])


def common_name(certificate: x509.Certificate) -> str:
    """Return the common name whole, however long; empty when there is none."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def thumbprint(certificate: x509.Certificate) -> str:
    """Return the SHA-1 of the certificate in upper-case hexadecimal digits, as the product lists it."""
    return certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 (a name, no safeguard)


def serial_name(certificate: x509.Certificate) -> str:
    """Return the serial number as the integrated listing names a certificate: 32 hexadecimal digits."""
    return f"{certificate.serial_number:032x}"


def _long_common_name(value: str) -> x509.Name:
    # ub-common-name is 64 characters (RFC 5280 appendix A.1), a device ID has 128. The library refuses the longer
    # name unless it is told not to look, for which its public interface has no word; real devices have such
    # certificates, and whether a service reads them whole is what is tested.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, value, _validate=False)])


def _service_name(name: str) -> x509.Name:
    attributes = (*_MICROSOFT, (NameOID.COMMON_NAME, name))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: PublicKey,
    begin: datetime,
    end: datetime,
    random: Random,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(_serial(random))
        .not_valid_before(_whole(begin))
        .not_valid_after(_whole(end))
    )


def _whole(time: datetime) -> datetime:
    # RFC 5280 4.1.2.5: times have no fractions of a second.
    return time.replace(microsecond=0)


def _serial(random: Random) -> int:
    # 16 octets with a value in all of them: the first has its highest bit clear (RFC 5280 4.1.2.2: positive)
    # and the next one set, so that the number is written in 16 octets always.
    return int.from_bytes(random(16), "big") % (1 << 126) + (1 << 126)


def _with_addresses(builder: x509.CertificateBuilder, issuer: str) -> x509.CertificateBuilder:
    crl = x509.DistributionPoint(
        [x509.UniformResourceIdentifier(f"{_HOST}/crl/{issuer}.crl")], None, None, None
    )
    place = x509.UniformResourceIdentifier(f"{_HOST}/certs/{issuer}.crt")
    issuers = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, place)
    return builder.add_extension(x509.CRLDistributionPoints([crl]), critical=False).add_extension(
        x509.AuthorityInformationAccess([issuers]), critical=False
    )


def _hash_of(key: EcKey) -> hashes.SHA256 | hashes.SHA384:
    return hashes.SHA256() if key.curve.key_size <= 256 else hashes.SHA384()


def _ca_usage(*, digital_signature: bool = False) -> x509.KeyUsage:
    return _usage(digital_signature=digital_signature, certificates=True)


def _usage(*, digital_signature: bool, certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
