"""A certificate with its private key and the intermediates that go with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from harness.pki.keys import KeyForm, PrivateKey, private_key_pem, public_key_der


@dataclass(frozen=True, slots=True)
class Credential:
    """What one side shows in a TLS handshake.

    ``chain`` holds the intermediates to send, the issuer of the certificate first; never the root.
    Two credentials are equal when certificate, chain and the *public* part of the key are.
    """

    certificate: x509.Certificate = field(compare=False)
    key: PrivateKey = field(repr=False, compare=False)
    chain: tuple[x509.Certificate, ...] = field(default=(), compare=False)
    _fingerprint: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Made once: credentials are keys of caches, looked up for every association. DER tells its
        # own length, so joined encodings cannot be confused.
        parts = (self.certificate, *self.chain)
        encoded = b"".join(part.public_bytes(Encoding.DER) for part in parts)
        object.__setattr__(self, "_fingerprint", sha256(public_key_der(self.key) + encoded).digest())

    def certificate_pem(self) -> bytes:
        """Return the certificate alone, as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    def chain_pem(self) -> bytes:
        """Return the certificate and then the intermediates, as PEM."""
        return self.certificate_pem() + b"".join(part.public_bytes(Encoding.PEM) for part in self.chain)

    def key_pem(self, password: str | None = None, form: KeyForm = KeyForm.PKCS8) -> bytes:
        """Return the private key as PEM; see :func:`harness.pki.keys.private_key_pem` for errors."""
        return private_key_pem(self.key, password, form)
