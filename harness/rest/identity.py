"""The certificate that the interface shows: self-signed, made once for a device and kept in its directory.

The real device's certificate is self-signed too, and its clients know it by heart. They also ask for the
host name ``*.devices.sphere.azure.local`` wherever the device is, so the certificate carries it.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from harness.device.disk import DirectoryDisk, replace_file
from harness.device.trouble import DeviceDamaged
from harness.pki.keys import KeyType, PrivateKey, generate, private_key_pem

IDENTITY_FILE = "rest-identity.pem"
CERTIFICATE_FILE = "rest-certificate.pem"
HOST_NAMES = ("localhost", "*.devices.sphere.azure.local")
_LIFETIME = timedelta(days=20 * 365)
_ADDRESSES = ("127.0.0.1", "::1")
# It is its own CA: strict clients want the right to sign certificates written down (RFC 5280 4.2.1.3).
_KEY_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def identity(directory: Path, name: str, address: str) -> x509.Certificate:
    """Return the interface's certificate, made when there is none for that address yet.

    The key is in ``rest-identity.pem``; the certificate alone, for clients, in ``rest-certificate.pem``.
    Hold the device meanwhile. Raises :class:`DeviceDamaged` for a file that is not what was written.
    """
    disk = DirectoryDisk(directory)
    data = disk.read(IDENTITY_FILE)
    if data is not None:
        certificate, key = _load(disk, data)
        if address in _addresses(certificate):
            return certificate
    else:
        key = generate(KeyType.EC_P256)
    certificate = _make(key, name, address)
    pem = certificate.public_bytes(Encoding.PEM)
    replace_file(disk, IDENTITY_FILE, private_key_pem(key) + pem)
    replace_file(disk, CERTIFICATE_FILE, pem)
    return certificate


def server_context(directory: Path) -> ssl.SSLContext:
    """Return the TLS settings of the interface: TLS 1.2 and newer, the device's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(directory / IDENTITY_FILE)
    return context


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate as tools write it: ``AB:CD:…``."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _load(disk: DirectoryDisk, data: bytes) -> tuple[x509.Certificate, PrivateKey]:
    try:
        certificate = x509.load_pem_x509_certificate(data)
        key = load_pem_private_key(data, None)
        if isinstance(key, PrivateKey) and key.public_key() == certificate.public_key():
            return certificate, key
    except (ValueError, TypeError):
        pass
    fix = "delete the file: a new certificate is made, and clients have to be told"
    raise DeviceDamaged(disk.place(IDENTITY_FILE), "the file is not a key with its certificate", fix)


def _addresses(certificate: x509.Certificate) -> set[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(address) for address in names.get_values_for_type(x509.IPAddress)}


def _make(key: PrivateKey, name: str, address: str) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "eaptls virtual device"),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:64]),
        ]
    )
    addresses = dict.fromkeys((*_ADDRESSES, address))
    alternatives = [
        *(x509.DNSName(host) for host in HOST_NAMES),
        *(x509.IPAddress(ip_address(one)) for one in addresses),
    ]
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_KEY_USAGE, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
