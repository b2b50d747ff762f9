"""What the device shows of itself: whether its certificate was sent, and whether its own library lets it be.

OpenSSL sends an empty Certificate message where no signature algorithm of the server's fits the client's key
(RFC 8446 4.4.2.3, RFC 5246 7.4.6), and says so to nobody; what was sent is read off the flight.
"""

from __future__ import annotations

from OpenSSL import SSL

from harness.outcome import Cause

KEY_TOO_WEAK = "ee key too small"
TOO_WEAK = frozenset({KEY_TOO_WEAK, "ca key too small", "ca md too weak"})
"""OpenSSL's reasons for not taking or not sending a chain. A client hears them of its own chain alone: of the
server's it reports X509_V_ERR 66 to 68."""
# OpenSSL looks at the client's own certificate in TLS 1.3 when CertificateVerify has come, below when
# CertificateRequest has; the callback is called as the state before ends.
_SERVER_CERTIFICATE = "SSLv3/TLS read server certificate"
_SERVER_KEY_EXCHANGE = "SSLv3/TLS read server key exchange"

_HANDSHAKE_RECORD = 22
_CERTIFICATE = 11
_LIST_LENGTH = slice(9, 12)
_WITHOUT_CERTIFICATE = 160
"""Octets that a client's last flight of TLS 1.3 may have without a certificate: ChangeCipherSpec 6, an empty
Certificate 30, Finished 74 at most, records included. A certificate and its signature alone have more."""


def is_in(flight: bytes, *, ends_tls13: bool) -> bool:
    """Tell whether a flight that OpenSSL made for a client holds the client's certificate.

    ``ends_tls13``: it ended the client's handshake of TLS 1.3, and is encrypted. Below, the Certificate message is in
    clear and the first of its flight (RFC 5246 7.3).
    """
    if ends_tls13:
        return len(flight) > _WITHOUT_CERTIFICATE
    if len(flight) < _LIST_LENGTH.stop or flight[0] != _HANDSHAKE_RECORD or flight[5] != _CERTIFICATE:
        return False
    return flight[_LIST_LENGTH] != b"\x00\x00\x00"


def comes_next(connection: SSL.Connection) -> bool:
    """Tell whether OpenSSL, in a callback about its state, will look at the client's own certificate next.

    All that the server proves about itself has been judged by then: the exchange of keys below TLS 1.3
    included, where the server signs it; the signature of TLS 1.3 was made to fit before, by what the client offered.
    """
    state = connection.get_state_string()
    if state == _SERVER_KEY_EXCHANGE.encode():
        return True
    if state != _SERVER_CERTIFICATE.encode():
        return False
    # Without ServerKeyExchange: the exchange by RSA, whose suites are the only ones without a D.
    cipher = connection.get_cipher_name() or ""
    return connection.get_protocol_version() == SSL.TLS1_3_VERSION or "DHE" not in cipher


def is_too_weak(reasons: str) -> bool:
    """Tell whether OpenSSL's reasons, several of them separated by ``; ``, say that the own chain is too weak."""
    return not TOO_WEAK.isdisjoint(reasons.split("; "))


def cause_of(reasons: str) -> Cause:
    """Return why OpenSSL does not take a device's own material, from its reasons."""
    if KEY_TOO_WEAK in reasons:
        return Cause.CLIENT_KEY_TOO_WEAK_TO_SEND
    if is_too_weak(reasons):
        return Cause.CLIENT_CHAIN_TOO_WEAK_TO_SEND
    if "key values mismatch" in reasons:
        return Cause.CLIENT_KEY_MISMATCH
    return Cause.TLS_SETTINGS_UNUSABLE
