"""Reads the certificates of a PKCS #7 file, sorted as DER wants a set to be or not."""

from __future__ import annotations

import warnings
from threading import Lock

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7

_FILTERS = Lock()
"""Filters of warnings are the whole process's."""


def certificates_of(der: bytes) -> list[x509.Certificate]:
    """Return the certificates in their order; raises ValueError for what is no PKCS #7 file with certificates.

    A chain in its own order, as the Security Service gives it, is BER and no DER (X.690 11.6). The library reads it
    and warns; nobody who runs a scenario has to know.
    """
    with _FILTERS, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PKCS#7 certificates could not be parsed as DER")
        return pkcs7.load_der_pkcs7_certificates(der)
