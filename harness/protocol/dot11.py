"""The 802.11 management frames of an association and the frames that carry EAPOL.

IEEE 802.11-2020: 9.3.3 (management frames), 9.4.2.24 (RSN element), 9.3.2 (data frames, with
the LLC/SNAP header of RFC 1042). Frames are without radiotap header and FCS.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache

from harness.protocol.wpa_keys import Akm

_SNAP_EAPOL = bytes.fromhex("aaaa03000000888e")
_MANAGEMENT = struct.Struct("<HH6s6s6sH")

ASSOCIATION_REQUEST = 0x0000
ASSOCIATION_RESPONSE = 0x0010
PROBE_REQUEST = 0x0040
PROBE_RESPONSE = 0x0050
AUTHENTICATION = 0x00B0
DEAUTHENTICATION = 0x00C0
_DATA_TO_DS = 0x0108
_DATA_FROM_DS = 0x0208

_SSID = 0
_RSN = 48
_RATES_ELEMENT = bytes.fromhex("010882848b960c121824")
_CAPABILITIES = 0x0011  # ESS, privacy
BROADCAST = b"\xff" * 6

STATUS_SUCCESS = 0
STATUS_INVALID_AKMP = 43
REASON_8021X_FAILED = 23
REASON_4WAY_TIMEOUT = 15
REASON_LEAVING = 3


class MalformedFrame(ValueError):
    """Bytes that are not the frame they should be."""


@dataclass(frozen=True, slots=True)
class ManagementFrame:
    """A management frame: its subtype (as in frame control), addresses and body."""

    subtype: int
    destination: bytes
    source: bytes
    bssid: bytes
    body: bytes

    def encode(self) -> bytes:
        """Return the frame; sequence control is 0."""
        head = _MANAGEMENT.pack(self.subtype, 0, self.destination, self.source, self.bssid, 0)
        return head + self.body


def parse_management(frame: bytes) -> ManagementFrame:
    """Parse a management frame. Raises MalformedFrame."""
    if len(frame) < _MANAGEMENT.size:
        raise MalformedFrame(f"802.11 frame of {len(frame)} octets is shorter than its header")
    control, _, destination, source, bssid, _ = _MANAGEMENT.unpack_from(frame)
    return ManagementFrame(control & 0x00FC, destination, source, bssid, frame[_MANAGEMENT.size :])


def elements(data: bytes) -> dict[int, bytes]:
    """Return the information elements by id, first one wins. Raises MalformedFrame."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        end = at + 2 + (data[at + 1] if at + 1 < len(data) else 255)
        if end > len(data):
            raise MalformedFrame(f"information element at octet {at} runs over the end of the frame")
        found.setdefault(data[at], data[at + 2 : end])
        at = end
    return found


@cache
def rsn_element(akm: Akm) -> bytes:
    """Return the RSN element that offers or chooses exactly this AKM and its cipher (9.4.2.24).

    Version 1; group and one pairwise cipher the same; capabilities 0, or management frame
    protection required and capable with AKM 12 (WPA3 specification 3.5).
    """
    suite = b"\x00\x0f\xac" + bytes((akm.cipher,))
    body = b"\x01\x00" + suite + b"\x01\x00" + suite + b"\x01\x00\x00\x0f\xac" + bytes((akm.number,))
    if akm.number == 12:
        # PMKID count 0, then BIP-GMAC-256 as group management cipher.
        body += b"\xc0\x00" + b"\x00\x00" + b"\x00\x0f\xac\x0c"
    else:
        body += b"\x00\x00"
    return bytes((_RSN, len(body))) + body


def akm_of(element: bytes) -> int:
    """Return the AKM suite type in the body of an RSN element, 0 for one outside 00-0F-AC."""
    if len(element) < 8:
        raise MalformedFrame("RSN element is too short for a pairwise cipher list")
    at = 8 + 4 * int.from_bytes(element[6:8], "little")
    if len(element) < at + 6:
        raise MalformedFrame("RSN element is too short for an AKM list")
    suite = element[at + 2 : at + 6]
    return suite[3] if suite[:3] == b"\x00\x0f\xac" else 0


def probe_request(station: bytes, ssid: bytes) -> ManagementFrame:
    """Return a directed probe request."""
    return ManagementFrame(PROBE_REQUEST, BROADCAST, station, BROADCAST, _ssid(ssid) + _RATES_ELEMENT)


def probe_response(bssid: bytes, station: bytes, ssid: bytes, rsn: bytes) -> ManagementFrame:
    """Return a probe response; an open network has no RSN element."""
    fixed = struct.pack("<QHH", 0, 100, _CAPABILITIES if rsn else 0x0001)
    return ManagementFrame(PROBE_RESPONSE, station, bssid, bssid, fixed + _ssid(ssid) + _RATES_ELEMENT + rsn)


def authentication(
    source: bytes, destination: bytes, bssid: bytes, sequence: int, status: int = 0
) -> ManagementFrame:
    """Return an Open System authentication frame (9.3.3.11)."""
    return ManagementFrame(
        AUTHENTICATION, destination, source, bssid, struct.pack("<HHH", 0, sequence, status)
    )


def association_request(station: bytes, bssid: bytes, ssid: bytes, rsn: bytes) -> ManagementFrame:
    """Return an association request with the chosen RSN element."""
    body = struct.pack("<HH", _CAPABILITIES, 10) + _ssid(ssid) + _RATES_ELEMENT + rsn
    return ManagementFrame(ASSOCIATION_REQUEST, bssid, station, bssid, body)


def association_response(bssid: bytes, station: bytes, status: int) -> ManagementFrame:
    """Return an association response; the AID is 1 when the status is success."""
    body = struct.pack("<HHH", _CAPABILITIES, status, 0xC001 if status == 0 else 0) + _RATES_ELEMENT
    return ManagementFrame(ASSOCIATION_RESPONSE, station, bssid, bssid, body)


def deauthentication(bssid: bytes, station: bytes, reason: int) -> ManagementFrame:
    """Return a deauthentication frame from the access point."""
    return ManagementFrame(DEAUTHENTICATION, station, bssid, bssid, struct.pack("<H", reason))


def ssid_of(frame: ManagementFrame) -> bytes:
    """Return the SSID element of a probe or association frame. Raises MalformedFrame."""
    return elements(frame.body[_fixed(frame) :]).get(_SSID, b"")


def rsn_of(frame: ManagementFrame) -> bytes:
    """Return the body of the RSN element, empty when there is none. Raises MalformedFrame."""
    return elements(frame.body[_fixed(frame) :]).get(_RSN, b"")


def status_of(frame: ManagementFrame) -> int:
    """Return the status code of an authentication or association response."""
    at = 4 if frame.subtype == AUTHENTICATION else 2
    if len(frame.body) < at + 2:
        raise MalformedFrame("frame ends before its status code")
    return int.from_bytes(frame.body[at : at + 2], "little")


def eapol_from_station(station: bytes, bssid: bytes, eapol: bytes) -> bytes:
    """Return the data frame in which a station sends EAPOL (To DS)."""
    return _MANAGEMENT.pack(_DATA_TO_DS, 0, bssid, station, bssid, 0) + _SNAP_EAPOL + eapol


def eapol_to_station(station: bytes, bssid: bytes, eapol: bytes) -> bytes:
    """Return the data frame in which an access point sends EAPOL (From DS)."""
    return _MANAGEMENT.pack(_DATA_FROM_DS, 0, station, bssid, bssid, 0) + _SNAP_EAPOL + eapol


def _ssid(ssid: bytes) -> bytes:
    return bytes((_SSID, len(ssid))) + ssid


def _fixed(frame: ManagementFrame) -> int:
    """Octets of fixed fields before the elements (9.3.3)."""
    return {PROBE_RESPONSE: 12, ASSOCIATION_REQUEST: 4, ASSOCIATION_RESPONSE: 6, AUTHENTICATION: 6}.get(
        frame.subtype, 0
    )
