"""How a device names a failed attempt to join a network (behaviour reference, section 3.3)."""

from __future__ import annotations

from enum import IntEnum


class NetworkError(IntEnum):
    """``error`` of the diagnostics."""

    CONNECTION_FAILED = 1
    NETWORK_NOT_FOUND = 2
    NO_PSK_INCLUDED = 3
    WRONG_KEY = 4
    AUTHENTICATION_FAILED = 5
    SECURITY_TYPE_MISMATCH = 6
    FREQUENCY_NOT_ALLOWED = 7
    NOT_ESS_PBSS_MBSS = 8
    NOT_SUPPORTED = 9
    NON_WPA = 10


class CertError(IntEnum):
    """``certError`` of the diagnostics; goes with :attr:`NetworkError.AUTHENTICATION_FAILED` alone."""

    UNSPECIFIED = 0
    UNTRUSTED = 1
    REVOKED = 2
    NOT_YET_VALID = 3
    EXPIRED = 4
    SUBJECT_MISMATCH = 5
    ALT_SUBJECT_MISMATCH = 6
    BAD_CERTIFICATE = 7
    SERVER_CHAIN_PROBE_FAILED = 8
    DOMAIN_SUFFIX_MISMATCH = 9
    DOMAIN_MISMATCH = 10
    INSUFFICIENT_KEY_LENGTH = 11
    CERTIFICATE_NOT_FOUND = 100
    INVALID_ROOT_CA = 101
    INVALID_CLIENT_AUTH = 102
    UNKNOWN_CLIENT_ID = 103
