"""Files as people upload them: one certificate, in PEM or DER, and nothing that only looks like it."""

from __future__ import annotations

import re

from cryptography import x509

PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def read_certificate(content: bytes) -> x509.Certificate | str:
    """Return the one certificate of a file, or what the file is instead, as the end of a sentence."""
    if not content.strip():
        return "empty"
    found = PEM.findall(content)
    if len(found) > 1:
        return f"a bundle of {len(found)} certificates where one is due"
    try:
        return x509.load_pem_x509_certificate(found[0]) if found else x509.load_der_x509_certificate(content)
    except ValueError:
        pass
    if b"BEGIN PKCS7" in content or _is_pkcs7(content):
        return "a PKCS#7 chain where one certificate in PEM or DER is due"
    return "neither PEM nor DER of a certificate"


def _is_pkcs7(content: bytes) -> bool:
    # The OID of signedData, RFC 2315 14, near the beginning of the outermost SEQUENCE.
    return content[:1] == b"\x30" and bytes.fromhex("06092a864886f70d010702") in content[:24]


def is_ca(certificate: x509.Certificate) -> bool:
    """Return whether a certificate says that it is a CA's (RFC 5280 4.2.1.9)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, x509.ExtensionNotFound):
        return False


def issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether names and signature say that ``issuer`` has issued ``certificate``."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # noqa: BLE001 - what cannot be read has not been issued, whatever the library says of it
        return False
    return True
