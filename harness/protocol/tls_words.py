"""Words for what OpenSSL says in numbers: alerts, verification errors, reasons of failures."""

from __future__ import annotations

from OpenSSL import SSL

from harness import memory

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


_VERIFY_TEXTS = {
    2: "unable to get issuer certificate",
    3: "unable to get certificate CRL",
    7: "certificate signature failure",
    9: "certificate is not yet valid",
    10: "certificate has expired",
    18: "self-signed certificate",
    19: "self-signed certificate in certificate chain",
    20: "unable to get local issuer certificate",
    21: "unable to verify the first certificate",
    24: "invalid CA certificate",
    25: "path length constraint exceeded",
    26: "unsuitable certificate purpose",
    32: "key usage does not include certificate signing",
    34: "unhandled critical extension",
    66: "EE certificate key too weak",
    67: "CA certificate key too weak",
    68: "CA signature digest algorithm too weak",
    79: "invalid CA certificate",
}


def verify_text(number: int) -> str:
    """Return OpenSSL's words for an X509_V_ERR number (x509_txt.c has the same numbers)."""
    return _VERIFY_TEXTS.get(number, f"verification error {number}")


def reason(error: SSL.Error) -> str:
    """Return OpenSSL's reason strings; they hold no secrets. Raises MemoryError where they tell of nothing else."""
    memory.raise_if_out(error)
    entries = error.args[0] if error.args else ()
    if isinstance(entries, str):
        return entries
    reasons = [entry[-1] for entry in entries if isinstance(entry, tuple)]
    return "; ".join(dict.fromkeys(reasons)) or "connection ended by the TLS library"
