"""Which certificate a verification error is about, and what is to be told of it."""

from __future__ import annotations

from cryptography import x509

from harness.diagnosis import chain
from harness.diagnosis.chain import Certificates
from harness.diagnosis.ends import BothEnds, device
from harness.outcome import Proof


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
