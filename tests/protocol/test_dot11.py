"""802.11 frames, read by scapy as a second opinion."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.dot11 import (
    Dot11,
    Dot11AssoReq,
    Dot11AssoResp,
    Dot11Auth,
    Dot11Deauth,
    Dot11Elt,
    Dot11EltRSN,
    Dot11ProbeReq,
    Dot11ProbeResp,
)
from scapy.layers.eap import EAPOL

from harness.protocol import dot11, eapol
from harness.protocol.dot11 import MalformedFrame
from harness.protocol.wpa_keys import AKMS

AP, STA = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
AP_TEXT, STA_TEXT, ALL_TEXT = "02:00:00:00:00:01", "02:00:00:00:00:02", "ff:ff:ff:ff:ff:ff"
RSN = dot11.rsn_element(AKMS[1])


def _read(frame: bytes) -> Any:
    read = Dot11(frame)
    assert bytes(read) == frame
    return read


def _addresses(read: Any) -> tuple[str, str, str]:
    return read.addr1, read.addr2, read.addr3


def test_probe_request() -> None:
    read = _read(dot11.probe_request(STA, b"CORP").encode())
    assert _addresses(read) == (ALL_TEXT, STA_TEXT, ALL_TEXT)
    assert Dot11ProbeReq in read
    assert read[Dot11Elt].info == b"CORP"


def test_probe_response() -> None:
    read = _read(dot11.probe_response(AP, STA, b"CORP", RSN).encode())
    assert _addresses(read) == (STA_TEXT, AP_TEXT, AP_TEXT)
    assert read[Dot11ProbeResp].beacon_interval == 100
    assert read[Dot11ProbeResp].cap.privacy
    assert read[Dot11Elt].info == b"CORP"
    assert Dot11EltRSN in read
    open_network = _read(dot11.probe_response(AP, STA, b"CORP", b"").encode())
    assert not open_network[Dot11ProbeResp].cap.privacy
    assert Dot11EltRSN not in open_network


def test_authentication() -> None:
    read = _read(dot11.authentication(STA, AP, AP, 1).encode())
    assert _addresses(read) == (AP_TEXT, STA_TEXT, AP_TEXT)
    assert (read[Dot11Auth].algo, read[Dot11Auth].seqnum, read[Dot11Auth].status) == (0, 1, 0)


def test_association() -> None:
    request = _read(dot11.association_request(STA, AP, b"CORP", RSN).encode())
    assert _addresses(request) == (AP_TEXT, STA_TEXT, AP_TEXT)
    assert request[Dot11AssoReq].listen_interval == 10
    assert request[Dot11EltRSN].akm_suites[0].suite == 1
    good = _read(dot11.association_response(AP, STA, dot11.STATUS_SUCCESS).encode())
    assert (good[Dot11AssoResp].status, good[Dot11AssoResp].AID & 0x3FFF) == (0, 1)
    bad = _read(dot11.association_response(AP, STA, dot11.STATUS_INVALID_AKMP).encode())
    assert (bad[Dot11AssoResp].status, bad[Dot11AssoResp].AID) == (43, 0)


def test_deauthentication() -> None:
    read = _read(dot11.deauthentication(AP, STA, dot11.REASON_8021X_FAILED).encode())
    assert _addresses(read) == (STA_TEXT, AP_TEXT, AP_TEXT)
    assert read[Dot11Deauth].reason == 23


@pytest.mark.parametrize(("number", "cipher"), [(1, 4), (5, 4), (12, 9)])
def test_rsn_element(number: int, cipher: int) -> None:
    frame = dot11.probe_response(AP, STA, b"CORP", dot11.rsn_element(AKMS[number])).encode()
    read = _read(frame)[Dot11EltRSN]
    assert read.version == 1
    assert read.group_cipher_suite.cipher == cipher
    assert [suite.cipher for suite in read.pairwise_cipher_suites] == [cipher]
    assert [suite.suite for suite in read.akm_suites] == [number]
    assert (read.mfp_required, read.mfp_capable) == ((1, 1) if number == 12 else (0, 0))
    if number == 12:
        assert read.group_management_cipher_suite.cipher == 12
    assert dot11.akm_of(dot11.rsn_of(dot11.parse_management(frame))) == number


@pytest.mark.parametrize("to_station", [True, False])
def test_eapol_frames(to_station: bool) -> None:  # noqa: FBT001
    wrap = dot11.eapol_to_station if to_station else dot11.eapol_from_station
    read = _read(wrap(STA, AP, eapol.encode(eapol.Type.START)))
    assert (read.type, read.subtype) == (2, 0)
    receiver, sender = (STA_TEXT, AP_TEXT) if to_station else (AP_TEXT, STA_TEXT)
    assert _addresses(read) == (receiver, sender, AP_TEXT)
    assert str(read.FCfield) == ("from_DS" if to_station else "to_DS")
    assert read[EAPOL].type == 1


@given(
    ssid=st.binary(max_size=32),
    number=st.sampled_from([1, 5, 12]),
    station=st.binary(min_size=6, max_size=6),
)
def test_what_is_written_is_read(ssid: bytes, number: int, station: bytes) -> None:
    rsn = dot11.rsn_element(AKMS[number])
    for frame in (
        dot11.probe_response(AP, station, ssid, rsn),
        dot11.association_request(station, AP, ssid, rsn),
    ):
        read = dot11.parse_management(frame.encode())
        assert read == frame
        assert dot11.ssid_of(read) == ssid
        assert dot11.rsn_of(read) == rsn[2:]


def test_status_codes() -> None:
    assert dot11.status_of(dot11.association_response(AP, STA, 43)) == 43
    assert dot11.status_of(dot11.authentication(AP, STA, AP, 2, 13)) == 13


def test_an_akm_of_another_vendor_is_0() -> None:
    body = bytearray(RSN[2:])
    body[14:17] = b"\x00\x50\xf2"
    assert dot11.akm_of(bytes(body)) == 0


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: dot11.parse_management(bytes(23)), "802.11 frame of 23 octets is shorter than its header"),
        (
            lambda: dot11.elements(b"\x00\x01a\x30"),
            "information element at octet 3 runs over the end of the frame",
        ),
        (
            lambda: dot11.elements(b"\x00\x05abc"),
            "information element at octet 0 runs over the end of the frame",
        ),
        (lambda: dot11.akm_of(bytes(7)), "RSN element is too short for a pairwise cipher list"),
        (lambda: dot11.akm_of(bytes(6) + b"\x01\x00" + bytes(9)), "RSN element is too short for an AKM list"),
        (
            lambda: dot11.status_of(dot11.parse_management(b"\x10\x00" + bytes(24))),
            "frame ends before its status code",
        ),
    ],
)
def test_malformed(call: Any, text: str) -> None:
    with pytest.raises(MalformedFrame) as caught:
        call()
    assert str(caught.value) == text


@given(st.binary(max_size=120))
def test_parsing_raises_nothing_but_malformed_frame(octets: bytes) -> None:
    try:
        frame = dot11.parse_management(octets)
        dot11.ssid_of(frame)
        dot11.akm_of(dot11.rsn_of(frame))
        dot11.status_of(frame)
    except MalformedFrame:
        return


def test_the_first_of_two_equal_elements_wins() -> None:
    assert dot11.elements(b"\x00\x01a\x00\x01b") == {0: b"a"}
