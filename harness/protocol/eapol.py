"""EAPOL frames (IEEE 802.1X-2020 11.3) and EAPOL-Key frames (IEEE 802.11-2020 12.7.2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag

VERSION = 2
_HEADER = struct.Struct("!BBH")
_KEY_HEAD = struct.Struct("!BHHQ32s16sQQ")


class Type(IntEnum):
    """Packet types."""

    EAP = 0
    START = 1
    LOGOFF = 2
    KEY = 3


class MalformedEapol(ValueError):
    """Bytes that are no EAPOL frame."""


def encode(kind: int, body: bytes = b"") -> bytes:
    """Return an EAPOL frame (without link layer header)."""
    return _HEADER.pack(VERSION, kind, len(body)) + body


def parse(frame: bytes) -> tuple[int, bytes]:
    """Return packet type and body; padding after the body is ignored. Raises MalformedEapol."""
    if len(frame) < 4:
        raise MalformedEapol(f"EAPOL frame of {len(frame)} octets is shorter than its header")
    _, kind, length = _HEADER.unpack_from(frame)
    if length > len(frame) - 4:
        raise MalformedEapol(f"EAPOL body length says {length}, only {len(frame) - 4} octets came")
    return kind, frame[4 : 4 + length]


class KeyInfo(IntFlag):
    """Key Information bits (IEEE 802.11-2020 Figure 12-35); the low 3 bits are the version."""

    PAIRWISE = 0x0008
    INSTALL = 0x0040
    ACK = 0x0080
    MIC = 0x0100
    SECURE = 0x0200
    ERROR = 0x0400
    REQUEST = 0x0800
    ENCRYPTED = 0x1000


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """An EAPOL-Key frame with RSN descriptor (type 2); ``mic`` has 16 or 24 octets."""

    info: int
    replay_counter: int
    nonce: bytes = bytes(32)
    mic: bytes = bytes(16)
    data: bytes = b""
    key_length: int = 0

    def encode(self) -> bytes:
        """Return the whole EAPOL frame."""
        head = _KEY_HEAD.pack(2, self.info, self.key_length, self.replay_counter, self.nonce, bytes(16), 0, 0)
        return encode(Type.KEY, b"".join((head, self.mic, len(self.data).to_bytes(2), self.data)))


def parse_key(body: bytes, mic_size: int) -> KeyFrame:
    """Parse the body of an EAPOL-Key frame; the AKM decides the size of the MIC.

    Raises MalformedEapol.
    """
    fixed = _KEY_HEAD.size + mic_size + 2
    if len(body) < fixed:
        raise MalformedEapol(f"EAPOL-Key body of {len(body)} octets is shorter than {fixed}")
    descriptor, info, key_length, counter, nonce, _, _, _ = _KEY_HEAD.unpack_from(body)
    if descriptor != 2:
        raise MalformedEapol(f"EAPOL-Key descriptor type {descriptor} is not RSN (2)")
    data_length = int.from_bytes(body[fixed - 2 : fixed])
    if data_length > len(body) - fixed:
        raise MalformedEapol(f"key data length says {data_length}, only {len(body) - fixed} octets came")
    mic = body[_KEY_HEAD.size : _KEY_HEAD.size + mic_size]
    return KeyFrame(info, counter, nonce, mic, body[fixed : fixed + data_length], key_length)


def without_mic(frame: bytes, mic_size: int) -> bytes:
    """Return an EAPOL-Key frame with its MIC field zeroed, as the MIC is computed over it."""
    at = 4 + _KEY_HEAD.size
    return frame[:at] + bytes(mic_size) + frame[at + mic_size :]
