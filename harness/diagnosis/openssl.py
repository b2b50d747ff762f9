"""OpenSSL's verification errors (X509_V_ERR_*), sorted by what they say about a chain.

The numbers have not changed since OpenSSL 1.1.0 up to 95; later ones concern OCSP and differ by
version. An error that speaks of neither certificate nor CRL (out of memory, wrong call) has no place
here: it proves nothing about the chain.
"""

from __future__ import annotations

from enum import Enum, auto


class Fault(Enum):
    """What a failed verification found."""

    EXPIRED = auto()
    NOT_YET_VALID = auto()
    ISSUER_NOT_FOUND = auto()
    SELF_SIGNED = auto()
    SELF_SIGNED_IN_CHAIN = auto()
    WRONG_PURPOSE = auto()
    REVOKED = auto()
    NO_USABLE_CRL = auto()
    CRL_EXPIRED = auto()
    CRL_NOT_YET_VALID = auto()
    TOO_WEAK = auto()
    WRONG_NAME = auto()
    UNACCEPTABLE = auto()


_NAMED = {
    9: Fault.NOT_YET_VALID,
    10: Fault.EXPIRED,
    11: Fault.CRL_NOT_YET_VALID,
    12: Fault.CRL_EXPIRED,
    18: Fault.SELF_SIGNED,
    19: Fault.SELF_SIGNED_IN_CHAIN,
    23: Fault.REVOKED,
    26: Fault.WRONG_PURPOSE,
}
_ISSUER_NOT_FOUND = (2, 20, 21)
# No CRL, or one whose signature, dates, scope or issuer make it worthless.
_NO_USABLE_CRL = (3, 5, 8, 15, 16, 33, 35, 36, 44, 54)
_WRONG_NAME = (62, 63, 64)
_TOO_WEAK = (66, 67, 68)
# Signatures and dates that do not decode, CA and key usage rules, critical extensions, policies,
# name constraints, proxy certificates, Suite B, and the rules of X509_V_FLAG_X509_STRICT.
_UNACCEPTABLE = (4, 6, 7, 13, 14, 22, 24, 25, *range(27, 33), 34, *range(37, 44), *range(45, 54))
_UNACCEPTABLE_TOO = (*range(55, 62), 65, 71, 72, *range(76, 96))

FAULTS: dict[int, Fault] = (
    _NAMED
    | dict.fromkeys(_ISSUER_NOT_FOUND, Fault.ISSUER_NOT_FOUND)
    | dict.fromkeys(_NO_USABLE_CRL, Fault.NO_USABLE_CRL)
    | dict.fromkeys(_WRONG_NAME, Fault.WRONG_NAME)
    | dict.fromkeys(_TOO_WEAK, Fault.TOO_WEAK)
    | dict.fromkeys((*_UNACCEPTABLE, *_UNACCEPTABLE_TOO), Fault.UNACCEPTABLE)
)
