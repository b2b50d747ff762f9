"""A device's chain judged by OpenSSL, and what its numbers mean to who runs the service.

OpenSSL chooses an issuer by its name and, where there are any, its key identifiers; it never tries a signature
to choose. Of two trusted CAs with one name and no key identifiers it takes the first that is valid in time, and
when the signature then does not fit it gives up (error 7) and tries no other. A tenant's CAs are such CAs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import crypto

from harness.services.backend.answers import Judgement, Reason
from harness.services.backend.trust import Trust, store_of
from harness.services.backend.uploads import issued

_ABOUT_THE_ISSUER = frozenset({(7, 0), (9, 1), (10, 1)})
"""Errors (X509_V_ERR_*) and depths at which OpenSSL has chosen the issuer: its signature does not fit, or its dates."""


def judge_by_name(chain: Sequence[x509.Certificate], trust: Trust, now: datetime) -> Judgement:
    """Judge as a server with one trust store does, whose issuers OpenSSL chooses by name.

    ``chain`` is what the device has sent, its own certificate first.
    """
    return _judge(chain, trust.certificates, trust, now)


def judge_by_signature(chain: Sequence[x509.Certificate], trust: Trust, now: datetime) -> Judgement:
    """Judge with a store of its own for each of several trusted CAs of one name: one that fits is enough.

    This is what a service has to do that trusts a tenant's old and new CA.
    """
    refused = Judgement(Reason.ISSUER_UNKNOWN, "no CA is trusted")
    for anchors in _without_namesakes(trust.certificates):
        judgement = _judge(chain, anchors, trust, now)
        signed = any(issued(chain[0], one) for one in anchors)
        if judgement.accepted or signed:
            return judgement  # who has signed it decides; what the others say is about somebody else
        refused = judgement
    return refused


def _judge(
    chain: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate], trust: Trust, now: datetime
) -> Judgement:
    store = store_of(anchors, now, partial_chain=trust.partial_chain)
    leaf, *others = (crypto.X509.from_cryptography(certificate) for certificate in chain)
    try:
        verified = crypto.X509StoreContext(store, leaf, others).get_verified_chain()
    except crypto.X509StoreContextError as error:
        number, depth, words = error.errors
        return _refusal(number, depth, words, chain, anchors, trust, now)
    path = tuple(certificate.to_cryptography() for certificate in verified)
    if not _is_for_clients(chain[0]):
        return Judgement(
            Reason.WRONG_PURPOSE, "the certificate is not for TLS client authentication", 26, path=path
        )
    return Judgement(None, path=path)


def _refusal(
    number: int,
    depth: int,
    words: str,
    chain: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    trust: Trust,
    now: datetime,
) -> Judgement:
    detail = f"error {number} at depth {depth}: {words}"
    if (number, depth) in _ABOUT_THE_ISSUER:
        meant = _meant(number, depth, detail, chain, anchors, trust, now)
        if meant is not None:
            return meant
    reason = Reason.CERTIFICATE_UNACCEPTABLE
    match number:
        case 7:
            reason = Reason.SIGNATURE_WRONG
        case 9:
            reason = Reason.ISSUING_CA_NOT_YET_VALID if depth else Reason.CERTIFICATE_NOT_YET_VALID
        case 10:
            reason = Reason.ISSUING_CA_EXPIRED if depth else Reason.CERTIFICATE_EXPIRED
        case 2:
            # The issuer of what was found is nowhere: neither trusted nor sent.
            reason = Reason.CHAIN_INCOMPLETE
        case 18 | 19 | 20 | 21:
            reason = Reason.ISSUER_UNKNOWN
            if depth == 0 and any(issued(chain[0], one) for one in anchors):
                # OpenSSL finds no issuer for a certificate whose extensions it cannot read, e.g. empty ones.
                reason = Reason.CERTIFICATE_UNACCEPTABLE
                detail += "; a trusted CA has signed it, and its extensions are not those of a client"
    return Judgement(reason, detail, number, depth)


def _meant(
    number: int,
    depth: int,
    detail: str,
    chain: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    trust: Trust,
    now: datetime,
) -> Judgement | None:
    """Find out by OpenSSL itself what its word means where it tried a CA of the issuer's name that did not sign.

    That is its word without such namesakes. ``None``: there are none.
    """
    namesakes = [one for one in anchors if one.subject == chain[0].issuer and not issued(chain[0], one)]
    if not namesakes:
        return None
    tried = f"{detail}; a trusted CA of the issuer's name and with another key was tried"
    without = _judge(chain, [one for one in anchors if one not in namesakes], trust, now)
    if without.accepted:
        return Judgement(
            Reason.ISSUER_AMBIGUOUS, f"{tried}, and the one that has signed was not", number, depth
        )
    return replace(without, detail=f"{tried}; without it {without.detail}", number=number, depth=depth)


def _without_namesakes(certificates: Sequence[x509.Certificate]) -> list[tuple[x509.Certificate, ...]]:
    """Return one list for each CA that shares its name: with it, and with all that share theirs with nobody."""
    counts = [sum(one.subject == other.subject for other in certificates) for one in certificates]
    alone = tuple(one for one, count in zip(certificates, counts, strict=True) if count == 1)
    shared = [one for one, count in zip(certificates, counts, strict=True) if count > 1]
    return [(*alone, one) for one in shared] or [alone]


def _is_for_clients(certificate: x509.Certificate) -> bool:
    """Return what OpenSSL's purpose sslclient asks: no extended key usage, or one with client authentication."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    except ValueError:  # an extension without a single purpose, which is the shape of a proof of possession
        return False
    return ExtendedKeyUsageOID.CLIENT_AUTH in usage
