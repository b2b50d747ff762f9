"""Whether a client's certificate chain verifies at a given time, and why not, in OpenSSL's judgement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import crypto

_SIGNATURE_FAILURE = 7
"""X509_V_ERR_CERT_SIGNATURE_FAILURE."""
_INVALID_PURPOSE = 26
"""X509_V_ERR_INVALID_PURPOSE."""
_CLIENT_PURPOSES = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}


@dataclass(frozen=True, slots=True)
class ChainFailure:
    """Why a chain does not verify: OpenSSL's X509_V_ERR number and words, and the certificate at fault."""

    number: int
    text: str
    depth: int
    subject: str = ""

    def __str__(self) -> str:
        return f"{self.text} at depth {self.depth}"


@dataclass(frozen=True, slots=True)
class ClientTrust:
    """Whom a service trusts as issuer of its clients' certificates.

    ``anchors`` are certificates that end a chain; one that signs not itself ends it with ``partial_chain``
    alone, as OpenSSL has it. ``intermediates`` are known beside what the client sends.

    OpenSSL finds an issuer by its subject, and where several have the same it takes the first whose dates hold, before
    it looks at any signature (``X509_STORE_CTX_get1_issuer``). Two tenant CAs of one tenant are such a pair.
    ``by_signature`` tries each of them; without it the store is used as a plain OpenSSL server does.
    """

    anchors: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...] = ()
    partial_chain: bool = False
    by_signature: bool = True

    def failure(self, chain: Sequence[x509.Certificate], now: datetime) -> ChainFailure | None:
        """Return why that chain, the client's own certificate first, does not verify at ``now``; ``None`` if it does.

        Raises :class:`ValueError` for an empty chain.
        """
        if not chain:
            raise ValueError("there is no certificate to verify")
        failure = self._try(self.anchors, self.intermediates, chain, now)
        if failure is None or failure.number != _SIGNATURE_FAILURE or not self.by_signature:
            return failure
        for issuer in (*self.anchors, *self.intermediates, *chain[1:]):
            if issuer.subject == chain[0].issuer:
                kept = _without_namesakes(self.anchors, issuer)
                known = _without_namesakes((*self.intermediates, *chain[1:]), issuer)
                if self._try(kept, known, chain[:1], now) is None:
                    return None
        return failure

    def _try(
        self,
        anchors: Iterable[x509.Certificate],
        known: Iterable[x509.Certificate],
        chain: Sequence[x509.Certificate],
        now: datetime,
    ) -> ChainFailure | None:
        store = self.store(anchors, now)
        helpers = [crypto.X509.from_cryptography(one) for one in (*chain[1:], *known)]
        leaf = crypto.X509.from_cryptography(chain[0])
        try:
            crypto.X509StoreContext(store, leaf, helpers).verify_certificate()
        except crypto.X509StoreContextError as error:
            number, depth, text = error.errors
            return ChainFailure(number, text, depth, subject_of(error.certificate))
        if not _is_for_clients(chain[0]):
            return ChainFailure(_INVALID_PURPOSE, "unsuitable certificate purpose", 0, subject_of(leaf))
        return None

    def store(self, anchors: Iterable[x509.Certificate], now: datetime) -> crypto.X509Store:
        """Return an OpenSSL trust store of those anchors that verifies at ``now``."""
        store = crypto.X509Store()
        for anchor in anchors:
            store.add_cert(crypto.X509.from_cryptography(anchor))
        if self.partial_chain:
            store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
        store.set_time(now.astimezone(UTC))
        return store


def _without_namesakes(
    certificates: Iterable[x509.Certificate], chosen: x509.Certificate
) -> tuple[x509.Certificate, ...]:
    return tuple(one for one in certificates if one == chosen or one.subject != chosen.subject)


def _is_for_clients(certificate: x509.Certificate) -> bool:
    """Whether key usage and extended key usage allow what a TLS client does; where they are absent they do."""
    try:
        extensions = certificate.extensions
    except ValueError:
        return False
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.ExtendedKeyUsage) and not _CLIENT_PURPOSES.intersection(value):
            return False
        if isinstance(value, x509.KeyUsage) and not (value.digital_signature or value.key_agreement):
            return False
    return True


def subject_of(certificate: crypto.X509) -> str:
    """Return a certificate's subject as RFC 4514 writes it; empty where it cannot be read."""
    try:
        return certificate.to_cryptography().subject.rfc4514_string()
    except (TypeError, ValueError):
        return ""
