"""EAP packets (RFC 3748 4): codec, and the few method types that an EAP-TLS peer must know."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

_HEADER = struct.Struct("!BBH")


class Code(IntEnum):
    """RFC 3748 4."""

    REQUEST = 1
    RESPONSE = 2
    SUCCESS = 3
    FAILURE = 4


_CODES = {code.value: code for code in Code}
"""A look-up costs a tenth of ``Code(value)``, and every packet needs one."""


class Method(IntEnum):
    """Type values of Requests and Responses (RFC 3748 5, IANA EAP registry)."""

    IDENTITY = 1
    NOTIFICATION = 2
    NAK = 3
    MD5_CHALLENGE = 4
    TLS = 13
    EXPANDED = 254


class MalformedEap(ValueError):
    """Bytes that are no EAP packet; RFC 3748 4.1 has them discarded silently."""


# A tuple, as are the packets of RADIUS: several are made in every round, and it is the cheapest value.
class EapPacket(NamedTuple):
    """One EAP packet; ``method`` is 0 and ``data`` empty in Success and Failure."""

    code: Code
    identifier: int
    method: int = 0
    data: bytes = b""

    def encode(self) -> bytes:
        """Return the octets of the packet."""
        return encode(self.code, self.identifier, self.method, self.data)


def encode(code: int, identifier: int, method: int = 0, data: bytes = b"") -> bytes:
    """Return the octets of an EAP packet; Success and Failure carry neither type nor data."""
    if code in (Code.SUCCESS, Code.FAILURE):
        return _HEADER.pack(code, identifier, 4)
    return _HEADER.pack(code, identifier, 5 + len(data)) + bytes((method,)) + data


def parse(packet: bytes) -> EapPacket:
    """Parse one EAP packet.

    Octets beyond the length field are padding and ignored (RFC 3748 4.1).
    Raises MalformedEap, saying what is wrong.
    """
    if len(packet) < 4:
        raise MalformedEap(f"EAP packet of {len(packet)} octets is shorter than its header")
    code, identifier, length = _HEADER.unpack_from(packet)
    if length > len(packet):
        raise MalformedEap(f"EAP length field says {length}, only {len(packet)} octets came")
    known = _CODES.get(code)
    if known is None:
        raise MalformedEap(f"unknown EAP code {code}")
    if code > 2:
        if length != 4:
            raise MalformedEap(f"EAP Success or Failure with length {length} instead of 4")
        return EapPacket(known, identifier)
    if length < 5:
        raise MalformedEap("EAP Request or Response without a type octet")
    return EapPacket(known, identifier, packet[4], packet[5:length])


def nak(identifier: int, desired: tuple[int, ...], *, proposed: int) -> bytes:
    """Return a Nak of the right form for the proposed type (RFC 3748 5.3.1, 5.3.2).

    An expanded proposal that a peer cannot use may be answered by an expanded Nak only;
    a legacy one by a legacy Nak. An empty ``desired`` says that no alternative exists.
    """
    if proposed != Method.EXPANDED:
        return encode(Code.RESPONSE, identifier, Method.NAK, bytes(desired or (0,)))
    wanted = b"".join(_expanded(method) for method in desired) or _expanded(0)
    return encode(Code.RESPONSE, identifier, Method.EXPANDED, _expanded(Method.NAK)[1:] + wanted)


def _expanded(method: int) -> bytes:
    """Type 254, vendor 0 (IETF), 32-bit vendor type (RFC 3748 5.7)."""
    return struct.pack("!BBHI", Method.EXPANDED, 0, 0, method)
