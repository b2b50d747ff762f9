"""Names of the alerts of TLS."""

from __future__ import annotations

_ALERTS = {
    0: "close-notify",
    10: "unexpected-message",
    20: "bad-record-mac",
    22: "record-overflow",
    40: "handshake-failure",
    42: "bad-certificate",
    43: "unsupported-certificate",
    44: "certificate-revoked",
    45: "certificate-expired",
    46: "certificate-unknown",
    47: "illegal-parameter",
    48: "unknown-ca",
    49: "access-denied",
    50: "decode-error",
    51: "decrypt-error",
    70: "protocol-version",
    71: "insufficient-security",
    80: "internal-error",
    86: "inappropriate-fallback",
    90: "user-canceled",
    100: "no-renegotiation",
    109: "missing-extension",
    110: "unsupported-extension",
    112: "unrecognized-name",
    116: "certificate-required",
    120: "no-application-protocol",
}


def alert_name(description: int) -> str:
    """Return the name of an alert (RFC 8446 6), hyphenated, or ``alert-N``."""
    return _ALERTS.get(description, f"alert-{description}")
