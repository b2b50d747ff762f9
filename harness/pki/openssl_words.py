"""OpenSSL's words: for its numbers of verification errors, and for why a call failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import memory

if TYPE_CHECKING:
    from OpenSSL import SSL

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
