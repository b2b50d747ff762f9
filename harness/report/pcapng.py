"""A capture file of what a recorder holds: air and wire as two interfaces, TLS secrets before the packets.

Source: draft-ietf-opsawg-pcapng, clauses 4.1 (section header), 4.2 (interface), 4.3 (enhanced
packet), 4.7 (decryption secrets); link types from the LINKTYPE registry of tcpdump.org. Wireshark
decrypts only when the secrets come first in the file, and only when each TLS session has its own
UDP source port.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Sequence

from harness.trace import Endpoint, Link, Packet, Recorder

_SECTION_HEADER = 0x0A0D0D0A
_INTERFACE = 1
_ENHANCED_PACKET = 6
_DECRYPTION_SECRETS = 10
_TLS_KEY_LOG = 0x544C534B
_BYTE_ORDER_MAGIC = 0x1A2B3C4D
_UNKNOWN_LENGTH = -1

_OPT_COMMENT = 1
_SHB_USER_APPLICATION = 4
_IF_NAME = 2
_IF_TSRESOL = 9
_NANOSECONDS = 9

_LINKTYPE = {Link.AIR: 105, Link.WIRE: 101}
"""LINKTYPE_IEEE802_11 (no radiotap, no FCS) and LINKTYPE_RAW (starts with an IP header)."""
_INTERFACES = tuple(_LINKTYPE)

_UDP = 17
_DONT_FRAGMENT = 0x4000
_HOP_LIMIT = 64


def encode(recorders: Sequence[Recorder], *, offset: float, comment: str = "") -> bytes:
    """Return a pcapng file with the packets of all recorders in the order of time.

    ``offset`` is wall clock minus harness clock, in seconds. The result holds TLS secrets when the
    recorders do: keep it private. Raises :class:`ValueError` for a datagram without addresses.
    """
    key_log = "".join(f"{line}\n" for recorder in recorders for line in recorder.key_log)
    packets = sorted((packet for recorder in recorders for packet in recorder.packets), key=lambda p: p.at)
    blocks = [_section_header(comment), *map(_interface, _INTERFACES)]
    if key_log:
        blocks.append(_secrets(key_log))
    blocks += [_packet(packet, offset) for packet in packets]
    return b"".join(blocks)


def _section_header(comment: str) -> bytes:
    options = _text_option(_OPT_COMMENT, comment) + _text_option(_SHB_USER_APPLICATION, "eaptls-harness")
    return _block(_SECTION_HEADER, struct.pack("<IHHq", _BYTE_ORDER_MAGIC, 1, 0, _UNKNOWN_LENGTH), options)


def _interface(link: Link) -> bytes:
    options = _text_option(_IF_NAME, link.value) + _option(_IF_TSRESOL, bytes([_NANOSECONDS]))
    return _block(_INTERFACE, struct.pack("<HHI", _LINKTYPE[link], 0, 0), options)


def _secrets(key_log: str) -> bytes:
    data = key_log.encode("ascii")
    return _block(_DECRYPTION_SECRETS, struct.pack("<II", _TLS_KEY_LOG, len(data)) + _padded(data), b"")


def _packet(packet: Packet, offset: float) -> bytes:
    data = datagram(packet) if packet.link is Link.WIRE else packet.data
    ticks = round((packet.at + offset) * 1e9)
    head = struct.pack(
        "<IIIII", _INTERFACES.index(packet.link), ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data)
    )
    return _block(_ENHANCED_PACKET, head + _padded(data), _text_option(_OPT_COMMENT, packet.comment))


def _block(kind: int, body: bytes, options: bytes) -> bytes:
    """Return a block; its length is written before and after the body (clause 3.1)."""
    content = body + (options + _option(0, b"") if options else b"")
    length = struct.pack("<I", len(content) + 12)
    return struct.pack("<I", kind) + length + content + length


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _text_option(code: int, text: str) -> bytes:
    # Cut to what the 16-bit length holds, on a character boundary.
    # A file name in it need not be text.
    value = text.encode("utf-8", "backslashreplace")[:0xFFF0].decode(errors="ignore").encode()
    return _option(code, value) if value else b""


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def datagram(packet: Packet) -> bytes:
    """Return the UDP payload of a packet in UDP and IP headers made for the file (RFC 768, 791, 8200)."""
    if packet.source is None or packet.destination is None:
        raise ValueError("a datagram on the wire needs a source and a destination")
    source, destination = _address(packet.source), _address(packet.destination)
    ports = struct.pack(">HH", packet.source.port, packet.destination.port)
    length = len(packet.data) + 8
    pseudo = source + destination + struct.pack(">II", length, _UDP)
    # RFC 768: a computed checksum of zero is sent as all ones.
    checksum = internet_checksum(pseudo + ports + struct.pack(">HH", length, 0) + packet.data) or 0xFFFF
    udp = ports + struct.pack(">HH", length, checksum) + packet.data
    if len(source) != len(destination):
        raise ValueError(f"{packet.source} and {packet.destination} are of different IP versions")
    header = _ipv4 if len(source) == 4 else _ipv6
    return header(source, destination, len(udp)) + udp


def _address(endpoint: Endpoint) -> bytes:
    return ipaddress.ip_address(endpoint.host).packed


def _ipv4(source: bytes, destination: bytes, payload: int) -> bytes:
    def header(checksum: int) -> bytes:
        return (
            struct.pack(">BBHHHBBH", 0x45, 0, payload + 20, 0, _DONT_FRAGMENT, _HOP_LIMIT, _UDP, checksum)
            + source
            + destination
        )

    return header(internet_checksum(header(0)))


def _ipv6(source: bytes, destination: bytes, payload: int) -> bytes:
    return struct.pack(">IHBB", 6 << 28, payload, _UDP, _HOP_LIMIT) + source + destination


def internet_checksum(data: bytes) -> int:
    """Return the checksum of RFC 1071 over data of any length."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
