"""Dates and the clock that they were held against: that of the end that decided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cryptography import x509

from harness.diagnosis import chain
from harness.diagnosis.ends import BothEnds, server
from harness.outcome import Proof


def clock_of_server(ends: BothEnds) -> tuple[Proof, ...]:
    """State what the server's clock showed; nothing where it is not known."""
    clock = ends.far.clock
    return (server(f"its clock showed {_words(clock)}"),) if clock else ()


def ended(ends: BothEnds, certificates: Iterable[x509.Certificate]) -> x509.Certificate | None:
    """Return the one that ended first, of those that the server's clock has passed where that is known."""
    clock = ends.far.clock
    past = [one for one in certificates if clock is None or chain.not_after(one) <= clock]
    return min(past, key=chain.not_after, default=None)


def not_begun(ends: BothEnds, certificates: Iterable[x509.Certificate]) -> x509.Certificate | None:
    """Return the one that begins last, of those that the server's clock has not reached where that is known."""
    clock = ends.far.clock
    ahead = [one for one in certificates if clock is None or chain.not_before(one) > clock]
    return max(ahead, key=chain.not_before, default=None)


def held_crl(ends: BothEnds, issuer: x509.Name | None) -> tuple[Proof, ...]:
    """State the dates of the CRL of an issuer that the server holds, where it is known."""
    for crl in ends.far.crls:
        if crl.issuer == issuer and crl.next_update_utc is not None:
            dates = f"from {_words(crl.last_update_utc)} to {_words(crl.next_update_utc)}"
            return (server(f"held the CRL of {crl.issuer.rfc4514_string()} {dates}"),)
    return ()


def _words(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
