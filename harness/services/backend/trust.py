"""What a service of one's own trusts: a file, read by OpenSSL itself, because such files break in OpenSSL's ways.

OpenSSL takes all of a file or nothing: a missing line end between two certificates and a PKCS#7 chain leave a
server without any CA, and it says so only to who reads its log.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import crypto

from harness.services.backend.answers import Answer, Reason
from harness.services.backend.uploads import PEM

_SAYS_NOTHING = frozenset({"PEM lib", "EVP lib", "provider signature failure"})
"""Where OpenSSL's error came through, and what an earlier verification of this thread has left behind."""


@dataclass(frozen=True, slots=True)
class Trust:
    """CAs that OpenSSL has read, in the order of the file.

    ``partial_chain``: a CA that is no root ends a chain as well (X509_V_FLAG_PARTIAL_CHAIN).
    """

    certificates: tuple[x509.Certificate, ...] = ()
    partial_chain: bool = False

    def store(self, now: datetime) -> crypto.X509Store:
        """Return a store of OpenSSL with all of them, in this order, which judges dates by ``now``."""
        return store_of(self.certificates, now, partial_chain=self.partial_chain)

    def holds(self, certificate: x509.Certificate) -> bool:
        """Return whether it is one of them."""
        return certificate in self.certificates


def store_of(
    certificates: Sequence[x509.Certificate], now: datetime, *, partial_chain: bool
) -> crypto.X509Store:
    """Return a store of OpenSSL with these certificates, in this order."""
    store = crypto.X509Store()
    for certificate in certificates:
        store.add_cert(crypto.X509.from_cryptography(certificate))
    if partial_chain:
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    store.set_time(now)
    return store


def read_trust_file(content: bytes, *, partial_chain: bool = False) -> Trust | Answer:
    """Return what OpenSSL reads of a trust file, or its refusal. It judges real bytes in a real file."""
    descriptor, name = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        crypto.X509Store().load_locations(name)
    except crypto.Error as error:
        told = [reason for _, _, reason in error.args[0] if reason not in _SAYS_NOTHING]
        return Answer(
            Reason.NO_CERTIFICATES, f"OpenSSL reads nothing of the file: {told[-1] if told else error}"
        )
    finally:
        Path(name).unlink()
    # OpenSSL has taken every certificate there is, or it would have complained.
    found = [x509.load_pem_x509_certificate(block) for block in PEM.findall(content)]
    return Trust(tuple(dict.fromkeys(found)), partial_chain)


def pem_bundle(certificates: Sequence[x509.Certificate], *, newline: bool = True) -> bytes:
    """Return certificates as one PEM file; without ``newline`` as ``cat`` joins files that lack their last line end."""
    blocks = [certificate.public_bytes(Encoding.PEM).rstrip() for certificate in certificates]
    return b"\n".join(blocks) + b"\n" if newline else b"".join(blocks)


def mark(certificate: x509.Certificate) -> str:
    """Return SHA-256 in hexadecimal digits: which certificate it is."""
    return certificate.fingerprint(hashes.SHA256()).hex()
