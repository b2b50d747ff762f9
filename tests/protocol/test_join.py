from __future__ import annotations

import pytest

from harness.outcome import Cause
from harness.protocol import dot11
from harness.protocol.authenticator import AccessPoint
from harness.protocol.dot11 import ManagementFrame
from harness.protocol.join import JoinFailure, join

AP, STA = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
ALL = frozenset({1, 5, 12})


def _join(
    akm: int, wanted: frozenset[int] = ALL, ssid: str = "CORP"
) -> tuple[JoinFailure | None, list[ManagementFrame]]:
    frames: list[ManagementFrame] = []
    return join(AccessPoint("CORP", AP, b"s", akm), STA, ssid, wanted, frames.append), frames


@pytest.mark.parametrize("akm", [1, 5, 12])
def test_a_station_joins_frame_by_frame(akm: int) -> None:
    failure, frames = _join(akm)
    assert failure is None
    assert [frame.subtype for frame in frames] == [
        dot11.PROBE_REQUEST,
        dot11.PROBE_RESPONSE,
        dot11.AUTHENTICATION,
        dot11.AUTHENTICATION,
        dot11.ASSOCIATION_REQUEST,
        dot11.ASSOCIATION_RESPONSE,
    ]
    assert [frame.source for frame in frames] == [STA, AP] * 3
    assert dot11.akm_of(dot11.rsn_of(frames[1])) == dot11.akm_of(dot11.rsn_of(frames[4])) == akm
    assert dot11.status_of(frames[5]) == dot11.STATUS_SUCCESS


def test_nobody_answers_for_another_ssid() -> None:
    failure, frames = _join(1, ssid="HOME")
    assert failure == JoinFailure(Cause.ACCESS_POINT_NOT_FOUND, "no probe response for SSID 'HOME'")
    assert [frame.subtype for frame in frames] == [dot11.PROBE_REQUEST]
    assert dot11.ssid_of(frames[0]) == b"HOME"


@pytest.mark.parametrize(
    ("akm", "wanted", "offer", "needs"),
    [
        (0, ALL, "no security (no RSN element)", "1, 5, 12"),
        (2, ALL, "AKM 2", "1, 5, 12"),
        (1, frozenset({12}), "AKM 1", "12"),
        (12, frozenset({1, 5}), "AKM 12", "1, 5"),
    ],
)
def test_security_that_does_not_match(akm: int, wanted: frozenset[int], offer: str, needs: str) -> None:
    failure, frames = _join(akm, wanted)
    text = f"the probe response offers {offer}, the network needs EAP with AKM {needs}"
    assert failure == JoinFailure(Cause.SECURITY_MISMATCH, text)
    assert len(frames) == 2


def test_the_pre_shared_key_offer_is_well_formed() -> None:
    _, frames = _join(2)
    one = dot11.rsn_of(_join(1)[1][1])
    two = dot11.rsn_of(frames[1])
    assert [at for at, pair in enumerate(zip(one, two, strict=True)) if pair[0] != pair[1]] == [17]


def test_an_ssid_outside_ascii() -> None:
    frames: list[ManagementFrame] = []
    assert join(AccessPoint("Büro", AP, b"s"), STA, "Büro", ALL, frames.append) is None
    assert dot11.ssid_of(frames[0]) == "Büro".encode()
