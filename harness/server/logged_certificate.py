"""The certificate that FreeRADIUS was looking at: it lists the attributes of each before it judges it.

``TLS-Client-Cert-*`` are the peer's own certificate, ``TLS-Cert-*`` a CA above it. A list begins with
the serial number; the last one before a verification error is of the certificate that failed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from harness.server.records import LoggedCertificate

_LISTED = re.compile(
    r"\n\([0-9]+\) [\w.-]+: +TLS-(?P<leaf>Client-)?Cert-"
    r'(?P<name>Serial|Subject|Issuer|Valid-Since|Expiration) [:+]?= "(?P<value>.*)"'
)


def last_certificate(lines: str, begun: LoggedCertificate | None = None) -> LoggedCertificate | None:
    """Return the certificate that was listed last in numbered lines; ``None`` without one.

    ``begun`` is what earlier lines of the same request listed: a log is read as it grows, so a list may
    begin in one piece and end in the next.
    """
    if "Cert-" not in lines:
        return begun
    found = begun
    for match in _LISTED.finditer(f"\n{lines}"):
        leaf, name, value = bool(match["leaf"]), match["name"], match["value"]
        if name == "Serial":
            found = LoggedCertificate(leaf, value.lower().lstrip("0") or "0")
        elif found is not None and found.leaf == leaf:
            found = _with(found, name, value)
    return found


def _with(found: LoggedCertificate, name: str, value: str) -> LoggedCertificate:
    match name:
        case "Subject":
            return replace(found, subject=value)
        case "Issuer":
            return replace(found, issuer=value)
        case "Valid-Since":
            return replace(found, not_before=_moment(value))
        case _:
            return replace(found, not_after=_moment(value))


def _moment(text: str) -> datetime | None:
    """Read a UTCTime or GeneralizedTime (RFC 5280 4.1.2.5); ``None`` for what is neither."""
    if len(text) == len("YYMMDDHHMMSSZ"):
        text = ("19" if text[:2] >= "50" else "20") + text
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
