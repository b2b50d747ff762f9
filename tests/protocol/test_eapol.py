from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.protocol import eapol
from harness.protocol.eapol import KeyFrame, KeyInfo, MalformedEapol


@given(kind=st.integers(0, 255), body=st.binary(max_size=300), padding=st.binary(max_size=8))
def test_round_trip_whatever_padding_follows(kind: int, body: bytes, padding: bytes) -> None:
    assert eapol.parse(eapol.encode(kind, body) + padding) == (kind, body)


def test_octets_of_eapol_start() -> None:
    assert eapol.encode(eapol.Type.START).hex() == "02010000"


@given(
    info=st.integers(0, 0xFFFF),
    counter=st.integers(0, 2**64 - 1),
    nonce=st.binary(min_size=32, max_size=32),
    size=st.sampled_from([16, 24]),
    data=st.binary(max_size=200),
    octet=st.integers(0, 255),
    length=st.integers(0, 0xFFFF),
)
def test_key_frame_round_trip(
    info: int, counter: int, nonce: bytes, size: int, data: bytes, octet: int, length: int
) -> None:
    frame = KeyFrame(info, counter, nonce, bytes((octet,)) * size, data, length)
    raw = frame.encode()
    kind, body = eapol.parse(raw)
    assert kind == eapol.Type.KEY
    assert eapol.parse_key(body, size) == frame
    blank = eapol.without_mic(raw, size)
    assert eapol.parse_key(eapol.parse(blank)[1], size).mic == bytes(size)
    assert len(blank) == len(raw)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (bytes(94), "EAPOL-Key body of 94 octets is shorter than 95"),
        (b"\xfe" + bytes(94), "EAPOL-Key descriptor type 254 is not RSN (2)"),
        (b"\x02" + bytes(92) + b"\x00\x03ab", "key data length says 3, only 2 octets came"),
    ],
)
def test_malformed_key_frames(body: bytes, text: str) -> None:
    with pytest.raises(MalformedEapol) as caught:
        eapol.parse_key(body, 16)
    assert str(caught.value) == text


@given(st.binary(max_size=150), st.sampled_from([16, 24]))
def test_parsing_raises_nothing_but_malformed_eapol(octets: bytes, size: int) -> None:
    try:
        _, body = eapol.parse(octets)
        frame = eapol.parse_key(body, size)
    except MalformedEapol:
        return
    assert len(frame.mic) == size


def test_key_information_bits() -> None:
    # IEEE 802.11-2020 Figure 12-35: messages 1 to 4 of AKM 1 as every capture shows them.
    message_3 = (
        KeyInfo.PAIRWISE | KeyInfo.INSTALL | KeyInfo.ACK | KeyInfo.MIC | KeyInfo.SECURE | KeyInfo.ENCRYPTED
    )
    assert KeyInfo.PAIRWISE | KeyInfo.ACK | 2 == 0x008A
    assert KeyInfo.PAIRWISE | KeyInfo.MIC | 2 == 0x010A
    assert message_3 | 2 == 0x13CA
    assert KeyInfo.PAIRWISE | KeyInfo.MIC | KeyInfo.SECURE | 2 == 0x030A
