"""Which certificate a verification error is about, and what is to be told of it."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography import x509

from harness.diagnosis import chain
from harness.diagnosis.chain import Certificates
from harness.diagnosis.ends import BothEnds, device
from harness.outcome import Cause, Proof, Rank

ByRank = Mapping[Rank, Cause]
"""The cause of one fault, by where in a chain the certificate stands that has it."""


def for_both(own: Cause, issuing: Cause, root: Cause) -> ByRank:
    """Return the causes of one fault of a certificate, of the CA that issued it, of the root CA."""
    return {Rank.OWN: own, Rank.ISSUING_CA: issuing, Rank.ROOT_CA: root}


EXPIRED = for_both(Cause.CLIENT_CERTIFICATE_EXPIRED, Cause.ISSUING_CA_EXPIRED, Cause.ROOT_CA_EXPIRED)
NOT_YET_VALID = for_both(
    Cause.CLIENT_CERTIFICATE_NOT_YET_VALID, Cause.ISSUING_CA_NOT_YET_VALID, Cause.ROOT_CA_NOT_YET_VALID
)
# A root revokes itself in no list that OpenSSL reads, so a CA it is.
REVOKED = for_both(Cause.CLIENT_CERTIFICATE_REVOKED, Cause.ISSUING_CA_REVOKED, Cause.ISSUING_CA_REVOKED)


def rank(certificate: x509.Certificate, sent: Certificates) -> Rank:
    """Return where a certificate stands in a chain that was sent leaf first."""
    if certificate == sent[0]:
        return Rank.OWN
    return rank_of_ca(certificate)


def rank_of_ca(certificate: x509.Certificate) -> Rank:
    """Return whether a CA is a root: its signature says so, names alone do not."""
    return Rank.ROOT_CA if chain.issued_by(certificate, certificate) else Rank.ISSUING_CA


def namesake_words(who: str, namesake: x509.Certificate | None) -> str:
    """Return what is to be added about a trusted CA of the issuer's name with another key; empty without one."""
    if namesake is None:
        return ""
    name = chain.subject(namesake)
    return f"; {who} trusts a CA of the issuer's name ({name}) with another key, so the CA was made anew"


def client_path(ends: BothEnds) -> Certificates:
    """Return the path of the client's chain up to a root the server trusts, or just what was sent."""
    sent = ends.sent_chain
    if not sent:
        return ()
    trusted = ends.far.trusted
    roots = [ca for ca in trusted if chain.issued_by(ca, ca)]
    return chain.path(sent[0], [*sent[1:], *trusted, *ends.known], roots) or sent


def server_path(ends: BothEnds) -> Certificates:
    """Return the path of the server's chain up to the device's root CA, or just what was sent."""
    peer = ends.peer_chain
    if not peer or ends.anchor is None:
        return peer
    return chain.path(peer[0], [*peer[1:], *ends.known], [ends.anchor]) or peer


def dates(certificate: x509.Certificate) -> str:
    """Return subject and validity in words."""
    return (
        f"{chain.subject(certificate)} is valid from {chain.not_before(certificate):%Y-%m-%d %H:%M:%S} "
        f"to {chain.not_after(certificate):%Y-%m-%d %H:%M:%S} UTC"
    )


def sent_by_device(ends: BothEnds) -> Proof:
    """State what chain the device sent."""
    return device(f"sent the chain {listing(ends.sent_chain)}")


def listing(certificates: Certificates) -> str:
    """Return the subjects of a chain, leaf first, or ``(empty)``."""
    return " < ".join(chain.subject(certificate) for certificate in certificates) or "(empty)"
