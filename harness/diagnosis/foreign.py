"""What can still be told of a server of which only the log is known: neither its list of CAs nor its CRLs."""

from __future__ import annotations

from cryptography import x509

from harness.diagnosis import chain
from harness.diagnosis.ends import BothEnds
from harness.server.records import LogEvent

_SIGNATURE_FAILURE = 7
_OPEN = "; whether an intermediate is missing from what the device sends cannot be told without the server's list of CAs"


def only_candidate(
    ends: BothEnds, likeliest: x509.Certificate | None, *, revoked: bool
) -> x509.Certificate | None:
    """Return the one certificate that a line can mean which names none; ``None`` where it may be another.

    A date is told by the server's clock, which has to be known. Revoked can be the device's own certificate
    alone where a root issued it.
    """
    if not revoked:
        return likeliest if ends.far.clock is not None else None
    sent = ends.sent_chain
    return sent[0] if len(sent) == 1 and _issued_by_known_root(ends, sent[0]) else None


def unknown_list(ends: BothEnds) -> str:
    """Return what the reader has to know of an issuer that was not found; empty where nothing is open."""
    sent = ends.sent_chain
    if not ends.far.foreign or not sent or _issued_by_known_root(ends, sent[-1]):
        return ""
    return _OPEN


def may_lack_intermediate(ends: BothEnds) -> bool:
    """Whether the device holds a CA that would lengthen the chain it sent: then it may be that one that is missing."""
    sent = ends.sent_chain
    if not ends.far.foreign or not sent:
        return False
    return any(
        chain.issued_by(sent[-1], one) and not chain.issued_by(one, one) and one not in sent
        for one in ends.known
    )


def signature_is_open(ends: BothEnds, event: LogEvent) -> bool:
    """Whether a signature that does not fit may be that of another CA of the same name in the server's list."""
    return ends.far.foreign and event.number == _SIGNATURE_FAILURE


def _issued_by_known_root(ends: BothEnds, certificate: x509.Certificate) -> bool:
    return any(
        chain.issued_by(one, one) and chain.issued_by(certificate, one)
        for one in (*ends.known, *ends.sent_chain)
    )
