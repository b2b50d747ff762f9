"""RADIUS packets: codec and the checks that make one authentic.

RFC 2865 3 (format, Response Authenticator), RFC 3579 3 (EAP-Message, Message-Authenticator),
RFC 2548 2.4 (MS-MPPE keys). Attribute *names* are the business of :mod:`.attributes`.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from enum import IntEnum
from functools import lru_cache
from hashlib import md5
from typing import NamedTuple

MAX_PACKET = 4096
_HEADER = struct.Struct("!BBH")
_EMPTY_MD5 = md5(usedforsecurity=False)
_INNER = bytes(octet ^ 0x36 for octet in range(256))
_OUTER = bytes(octet ^ 0x5C for octet in range(256))

Attributes = list[tuple[int, bytes]]
"""Type and value of each attribute, in the order of the packet."""


class Code(IntEnum):
    """RFC 2865 4, RFC 5997."""

    ACCESS_REQUEST = 1
    ACCESS_ACCEPT = 2
    ACCESS_REJECT = 3
    ACCESS_CHALLENGE = 11
    STATUS_SERVER = 12


class Type(IntEnum):
    """Attribute types that the conversation itself needs."""

    USER_NAME = 1
    REPLY_MESSAGE = 18
    STATE = 24
    VENDOR_SPECIFIC = 26
    SESSION_TIMEOUT = 27
    EAP_MESSAGE = 79
    MESSAGE_AUTHENTICATOR = 80
    EAP_KEY_NAME = 102


MICROSOFT = 311
MS_MPPE_SEND_KEY = 16
MS_MPPE_RECV_KEY = 17


ANSWERS = {
    Code.ACCESS_ACCEPT.value: "Access-Accept",
    Code.ACCESS_REJECT.value: "Access-Reject",
    Code.ACCESS_CHALLENGE.value: "Access-Challenge",
}
"""The packets that answer an Access-Request, by name."""


UNSIGNED = "no Message-Authenticator"
"""What :func:`check_reply` says of a reply that lacks it and is right in everything else."""


class MalformedPacket(ValueError):
    """Bytes that are no RADIUS packet; RFC 2865 3 has them discarded silently."""


class RadiusPacket(NamedTuple):
    """One parsed packet; nothing about it is verified yet."""

    code: int
    identifier: int
    authenticator: bytes
    attributes: Attributes

    def first(self, kind: int) -> bytes | None:
        """Return the value of the first attribute of that type."""
        for type_, value in self.attributes:
            if type_ == kind:
                return value
        return None

    def joined(self, kind: int) -> bytes:
        """Return the values of all attributes of that type, joined in order (RFC 3579 3.1)."""
        return b"".join([value for type_, value in self.attributes if type_ == kind])


def attribute(kind: int, value: bytes) -> bytes:
    """Return one encoded attribute; a value has 1 to 253 octets."""
    if not 1 <= len(value) <= 253:
        raise ValueError(f"a RADIUS attribute holds 1 to 253 octets, not {len(value)} (type {kind})")
    return bytes((kind, len(value) + 2)) + value


def eap_message(eap: bytes) -> bytes:
    """Return an EAP packet as consecutive EAP-Message attributes (RFC 3579 3.1)."""
    if len(eap) <= 253:
        return bytes((Type.EAP_MESSAGE, len(eap) + 2)) + eap
    return b"".join([attribute(Type.EAP_MESSAGE, eap[at : at + 253]) for at in range(0, len(eap), 253)])


def access_request(identifier: int, authenticator: bytes, attributes: bytes, secret: bytes) -> bytes:
    """Return an Access-Request with a Message-Authenticator as its first attribute.

    First, because an attacker who can prepend attributes is what CVE-2024-3596 is about.
    Raises ValueError when the packet would exceed 4096 octets (RFC 2865 3).
    """
    return signed_request(Code.ACCESS_REQUEST, identifier, authenticator, attributes, secret)


def unsigned_request(identifier: int, authenticator: bytes, attributes: bytes) -> bytes:
    """Return an Access-Request without Message-Authenticator, as RFC 3579 3.2 forbids beside EAP.

    Raises ValueError when the packet would exceed 4096 octets (RFC 2865 3).
    """
    length = _checked_length(20 + len(attributes))
    return _HEADER.pack(Code.ACCESS_REQUEST, identifier, length) + authenticator + attributes


def signed_request(
    code: int, identifier: int, authenticator: bytes, attributes: bytes, secret: bytes
) -> bytes:
    """Return a request whose Message-Authenticator covers it (RFC 3579 3.2)."""
    length = _checked_length(38 + len(attributes))
    head = _HEADER.pack(code, identifier, length) + authenticator + b"\x50\x12"
    return head + _hmac_md5(secret, head + bytes(16) + attributes) + attributes


def _md5(data: bytes) -> bytes:
    """MD5 from a copy of the empty one: OpenSSL looks the hash up for every new one."""
    digest = _EMPTY_MD5.copy()
    digest.update(data)
    return digest.digest()


@lru_cache(maxsize=16)
def _keyed(secret: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Return the two hashes of RFC 2104 2 after their first block, which depends on the key alone."""
    key = (_md5(secret) if len(secret) > 64 else secret).ljust(64, b"\0")
    inner, outer = _EMPTY_MD5.copy(), _EMPTY_MD5.copy()
    inner.update(key.translate(_INNER))
    outer.update(key.translate(_OUTER))
    return inner, outer


def _hmac_md5(secret: bytes, data: bytes) -> bytes:
    """HMAC-MD5 at half the price of ``hmac.digest``, which looks the hash up and keys it every time."""
    inner, outer = _keyed(secret)
    inner, outer = inner.copy(), outer.copy()
    inner.update(data)
    outer.update(inner.digest())
    return outer.digest()


def _checked_length(length: int) -> int:
    if length > MAX_PACKET:
        raise ValueError(f"a RADIUS packet holds {MAX_PACKET} octets, this one needs {length}")
    return length


def parse(data: bytes) -> RadiusPacket:
    """Parse one datagram; octets beyond the length field are padding (RFC 2865 3).

    Raises MalformedPacket, saying what is wrong.
    """
    if len(data) < 20:
        raise MalformedPacket(f"datagram of {len(data)} octets is shorter than a RADIUS header")
    code, identifier, length = _HEADER.unpack_from(data)
    if not 20 <= length <= MAX_PACKET:
        raise MalformedPacket(f"RADIUS length field {length} is not in 20..{MAX_PACKET}")
    if length > len(data):
        raise MalformedPacket(f"RADIUS length field says {length}, only {len(data)} octets came")
    attributes: Attributes = []
    at = 20
    while at < length:
        size = data[at + 1] if at + 1 < length else 0
        end = at + size
        if size < 2 or end > length:
            raise MalformedPacket(f"attribute at octet {at} runs over the end of the packet")
        attributes.append((data[at], data[at + 2 : end]))
        at = end
    return RadiusPacket(code, identifier, data[4:20], attributes)


def check_reply(data: bytes, packet: RadiusPacket, request_authenticator: bytes, secret: bytes) -> str:
    """Return why a reply is not authentic, or ``""`` when it is.

    The Response Authenticator is checked always (RFC 2865 3), the Message-Authenticator when it is there
    (RFC 3579 3.2). :data:`UNSIGNED` says that it is not there and all else is right.
    """
    length = int.from_bytes(data[2:4])
    # Response Authenticator = MD5(code, id, length, RequestAuth, attributes, secret).
    expected = _md5(data[:4] + request_authenticator + data[20:length] + secret)
    if not hmac.compare_digest(expected, packet.authenticator):
        return "Response Authenticator is wrong (RFC 2865 3)"
    at = _message_authenticator_at(data, length)
    if at is None:
        return UNSIGNED
    if at < 0:
        return "Message-Authenticator is not 16 octets long (RFC 3579 3.2)"
    covered = data[:4] + request_authenticator + data[20:at] + bytes(16) + data[at + 16 : length]
    if not hmac.compare_digest(_hmac_md5(secret, covered), data[at : at + 16]):
        return "Message-Authenticator is wrong (RFC 3579 3.2)"
    return ""


def is_signed(packet: RadiusPacket) -> bool:
    """Tell whether a packet carries a Message-Authenticator, right or wrong."""
    return packet.first(Type.MESSAGE_AUTHENTICATOR) is not None


def unsigned_words(packet: RadiusPacket) -> tuple[str, str]:
    """Return in words what is wrong with a reply without Message-Authenticator, and the clause.

    With EAP-Message it must be there (RFC 3579 3.2). Without, no older document demands it, and the
    Response Authenticator alone can be forged (CVE-2024-3596).
    """
    name = ANSWERS[packet.code]
    if packet.first(Type.EAP_MESSAGE) is not None:
        return f"{name} with EAP-Message has no Message-Authenticator", "RFC 3579 3.2"
    return f"{name} without EAP-Message has no Message-Authenticator", "CVE-2024-3596"


def _message_authenticator_at(data: bytes, length: int) -> int | None:
    """Return the offset of its value, None when absent, -1 when its size is wrong."""
    at = 20
    while at < length:
        if data[at] == Type.MESSAGE_AUTHENTICATOR:
            return at + 2 if data[at + 1] == 18 else -1
        at += data[at + 1]
    return None


def vendor_values(packet: RadiusPacket, vendor: int, kind: int) -> list[bytes]:
    """Return the values of a vendor's attribute (RFC 2865 5.26, one or more per attribute)."""
    found: list[bytes] = []
    prefix = vendor.to_bytes(4)
    for type_, value in packet.attributes:
        if type_ != Type.VENDOR_SPECIFIC or value[:4] != prefix:
            continue
        at = 4
        while at + 2 <= len(value) and value[at + 1] >= 2:
            if value[at] == kind:
                found.append(value[at + 2 : at + value[at + 1]])
            at += value[at + 1]
    return found


def decrypt_mppe_key(value: bytes, secret: bytes, request_authenticator: bytes) -> bytes:
    """Return the key in an MS-MPPE-Send-Key or -Recv-Key value (RFC 2548 2.4.2).

    Raises MalformedPacket when the value cannot be one; a wrong secret gives wrong octets,
    most often seen as an impossible length.
    """
    salt, cipher = value[:2], value[2:]
    if len(cipher) < 16 or len(cipher) % 16:
        raise MalformedPacket(f"MS-MPPE key of {len(value)} octets is not salt plus whole blocks")
    # Each block is masked by what comes before it, encrypted: so all masks are known at once.
    before = (request_authenticator + salt, *(cipher[at - 16 : at] for at in range(16, len(cipher), 16)))
    mask = b"".join([_md5(secret + one) for one in before])
    plain = (int.from_bytes(cipher) ^ int.from_bytes(mask)).to_bytes(len(cipher))
    length = plain[0]
    if length > len(plain) - 1:
        raise MalformedPacket(f"MS-MPPE key says {length} octets, {len(plain) - 1} are there")
    return plain[1 : 1 + length]
