"""Finding the network and joining it, before any EAP: probe, authentication, association.

IEEE 802.11-2020 11.1.4 (scanning), 11.3 (authentication and association), 12.6.3 (RSN policy
selection). Both sides speak in frames, so that a capture shows what a radio would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.outcome import Cause
from harness.protocol import dot11
from harness.protocol.authenticator import AccessPoint
from harness.protocol.dot11 import ManagementFrame
from harness.protocol.wpa_keys import AKMS


@dataclass(frozen=True, slots=True)
class JoinFailure:
    """Why the device could not even start EAP, with the frames' own words as evidence."""

    cause: Cause
    text: str


def join(
    point: AccessPoint,
    station: bytes,
    ssid: str,
    akms: frozenset[int],
    emit: Callable[[ManagementFrame], None],
) -> JoinFailure | None:
    """Associate a station with an access point, frame by frame; return None on success.

    ``ssid`` and ``akms`` are what the device's network wants; ``emit`` sees every frame.
    """
    wanted = ssid.encode()
    emit(dot11.probe_request(station, wanted))
    if point.ssid.encode() != wanted:
        return JoinFailure(Cause.ACCESS_POINT_NOT_FOUND, f"no probe response for SSID {ssid!r}")
    offered = _offer(point)
    response = dot11.probe_response(point.bssid, station, wanted, offered)
    emit(response)
    rsn = dot11.rsn_of(response)
    akm = dot11.akm_of(rsn) if rsn else 0
    if akm not in akms:
        wants = ", ".join(str(number) for number in sorted(akms))
        says = f"AKM {akm}" if rsn else "no security (no RSN element)"
        text = f"the probe response offers {says}, the network needs EAP with AKM {wants}"
        return JoinFailure(Cause.SECURITY_MISMATCH, text)
    emit(dot11.authentication(station, point.bssid, point.bssid, 1))
    emit(dot11.authentication(point.bssid, station, point.bssid, 2))
    request = dot11.association_request(station, point.bssid, wanted, dot11.rsn_element(AKMS[akm]))
    emit(request)
    status = dot11.STATUS_SUCCESS
    if dot11.akm_of(dot11.rsn_of(request)) != point.akm:
        status = dot11.STATUS_INVALID_AKMP
    answer = dot11.association_response(point.bssid, station, status)
    emit(answer)
    if dot11.status_of(answer) != dot11.STATUS_SUCCESS:
        return JoinFailure(Cause.SECURITY_MISMATCH, f"association refused with status {status}")
    return None


def _offer(point: AccessPoint) -> bytes:
    """Return the RSN element of the beacon; an open network has none."""
    if point.akm == 0:
        return b""
    if point.enterprise:
        return dot11.rsn_element(AKMS[point.akm])
    # Pre-shared key: CCMP with AKM 2, the element that differs in one octet from AKM 1's.
    element = bytearray(dot11.rsn_element(AKMS[1]))
    element[19] = point.akm
    return bytes(element)
