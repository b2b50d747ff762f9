"""The chain of a tenant as a PKCS #7 file, in the order that the product gives: root, policy CA, tenant CA.

The library's own writer sorts the certificates, as DER wants of a set (X.690 11.6); then the order would
depend on the certificates' lengths and octets. The recorded chain is not sorted.
"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_SEQUENCE, _SET, _IMPLICIT_0 = b"\x30", b"\x31", b"\xa0"
_VERSION_1 = b"\x02\x01\x01"


def certificates_only(certificates: Iterable[x509.Certificate]) -> bytes:
    """Return a SignedData without signatures that holds these certificates in this order (RFC 2315 9.1)."""
    held = b"".join(one.public_bytes(Encoding.DER) for one in certificates)
    no_algorithms, no_signers = _element(_SET, b""), _element(_SET, b"")
    content = (
        _VERSION_1 + no_algorithms + _element(_SEQUENCE, _DATA) + _element(_IMPLICIT_0, held) + no_signers
    )
    return _element(_SEQUENCE, _SIGNED_DATA + _element(_IMPLICIT_0, _element(_SEQUENCE, content)))


def _element(tag: bytes, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return tag + bytes([length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return tag + bytes([0x80 | len(octets)]) + octets + content
