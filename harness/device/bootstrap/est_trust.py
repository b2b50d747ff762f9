"""Which of the CA certificates that a service gives the device needs.

``cacerts`` may hold several roots while one is being renewed, the certificates with which each vouches for the other, and
intermediate CAs (RFC 7030 4.1.3), in no order. The store takes one root for a network. It is the one at the end of the
shortest path of the client certificate just issued: a longer one goes through a certificate by which one root
vouches for another, and a RADIUS server does not send those. Where several end a path of that length, it is the youngest.
Where the network's server turns out not to end at that one, it is the youngest of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature


def root_for(
    certificate: x509.Certificate, authorities: Sequence[x509.Certificate], now: datetime
) -> x509.Certificate | None:
    """Return the self-signed CA at the end of a path whose certificates are all valid at ``now``."""
    usable = [one for one in authorities if _is_ca(one) and valid(one, now)]
    roots = [one for one in usable if _issued(one, one)]
    others = [one for one in usable if one not in roots]
    found = [(length, root) for root in roots if (length := _length(certificate, root, others)) is not None]
    ends = [root for length, root in found if length == min(length for length, _ in found)]
    return max(ends, key=lambda root: root.not_valid_after_utc, default=None)


def other_root(
    known: x509.Certificate | None, authorities: Sequence[x509.Certificate], now: datetime
) -> x509.Certificate | None:
    """Return the youngest self-signed CA that is valid at ``now`` and is not the one that is known."""
    found = [
        one for one in authorities if one != known and _is_ca(one) and valid(one, now) and _issued(one, one)
    ]
    return max(found, key=lambda root: root.not_valid_after_utc, default=None)


def valid(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether the dates of a certificate hold; both ends are inside (RFC 5280 4.1.2.5)."""
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _length(
    certificate: x509.Certificate, root: x509.Certificate, others: Sequence[x509.Certificate]
) -> int | None:
    """Return how many certificates are between one and a root at least; ``None``: there is no path."""
    reached, left = [certificate], list(others)
    for length in range(len(others) + 1):
        if any(_issued(one, root) for one in reached):
            return length
        reached = [issuer for issuer in left if any(_issued(one, issuer) for one in reached)]
        # Nothing is on a path twice: two CAs that vouch for each other end somewhere.
        left = [one for one in left if one not in reached]
    return None


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether names and signature say so; several CAs of one name are told apart by the signature alone."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False
