"""The certificate that FreeRADIUS was looking at: it lists the attributes of each before it judges it.

``TLS-Client-Cert-*`` are the peer's own certificate, ``TLS-Cert-*`` a CA above it. A list begins with
the serial number; the last one before a verification error is of the certificate that failed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from harness.server.records import LoggedCertificate

_LISTED = re.compile(
    r"\n\([0-9]+\) [\w.-]+: +TLS-(?P<leaf>Client-)?Cert-"
    r'(?P<name>Serial|Subject|Issuer|Valid-Since|Expiration) [:+]?= "(?P<value>.*)"'
)


def last_certificate(lines: str) -> LoggedCertificate | None:
    """Return the certificate that was listed last in numbered lines; ``None`` without one."""
    if "Cert-Serial" not in lines:
        return None
    listed = list(_LISTED.finditer(f"\n{lines}"))
    begin = max((at for at, match in enumerate(listed) if match["name"] == "Serial"), default=None)
    if begin is None:
        return None
    found = {match["name"]: match["value"] for match in listed[begin:]}
    return LoggedCertificate(
        leaf=bool(listed[begin]["leaf"]),
        serial=found["Serial"].lower().lstrip("0") or "0",
        subject=found.get("Subject", ""),
        issuer=found.get("Issuer", ""),
        not_before=_moment(found.get("Valid-Since", "")),
        not_after=_moment(found.get("Expiration", "")),
    )


def _moment(text: str) -> datetime | None:
    """Read a UTCTime or GeneralizedTime (RFC 5280 4.1.2.5); ``None`` for what is neither."""
    if len(text) == len("YYMMDDHHMMSSZ"):
        text = ("19" if text[:2] >= "50" else "20") + text
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
