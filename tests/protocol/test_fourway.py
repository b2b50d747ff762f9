from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.protocol import eapol
from harness.protocol.dot11 import rsn_element
from harness.protocol.fourway import AccessPointSide, DeviceSide
from harness.protocol.wpa_keys import AKMS

AP, STA = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")


def _sides(akm_number: int, device_pmk: bytes | None = None) -> tuple[AccessPointSide, DeviceSide]:
    akm = AKMS[akm_number]
    pmk = bytes(range(akm.pmk_size))
    rsn = rsn_element(akm)

    def random_ap(octets: int) -> bytes:
        return bytes((7 * at + 1) % 256 for at in range(octets))

    def random_sta(octets: int) -> bytes:
        return bytes((5 * at + 3) % 256 for at in range(octets))

    return (
        AccessPointSide(akm, pmk, AP, STA, rsn, random_ap),
        DeviceSide(akm, device_pmk or pmk, STA, AP, rsn, random_sta),
    )


@pytest.mark.parametrize("akm", [1, 5, 12])
def test_handshake_completes_on_both_sides(akm: int) -> None:
    ap, sta = _sides(akm)
    second = sta.receive(ap.start())
    assert second is not None
    third = ap.receive(second)
    assert third is not None
    fourth = sta.receive(third)
    assert fourth is not None
    assert ap.receive(fourth) is None
    assert ap.complete
    assert sta.complete


@pytest.mark.parametrize("akm", [1, 5, 12])
def test_another_pmk_fails_at_message_2(akm: int) -> None:
    ap, sta = _sides(akm, device_pmk=b"\xff" * AKMS[akm].pmk_size)
    second = sta.receive(ap.start())
    assert second is not None
    assert ap.receive(second) is None
    assert ap.mic_failed
    assert not ap.complete


def test_a_changed_message_3_is_discarded() -> None:
    ap, sta = _sides(1)
    second = sta.receive(ap.start())
    assert second is not None
    third = ap.receive(second)
    assert third is not None
    assert sta.receive(third[:-1] + bytes((third[-1] ^ 1,))) is None
    assert sta.failure == "MIC of message 3 is wrong (12.7.6.4)"
    assert not sta.complete


def test_message_3_must_repeat_the_rsn_element_of_the_beacon() -> None:
    akm = AKMS[1]
    pmk = bytes(32)
    ap = AccessPointSide(akm, pmk, AP, STA, rsn_element(AKMS[5]), bytes)
    sta = DeviceSide(akm, pmk, STA, AP, rsn_element(akm), bytes)
    second = sta.receive(ap.start())
    assert second is not None
    third = ap.receive(second)
    assert third is not None
    assert sta.receive(third) is None
    assert sta.failure.startswith("message 3 has another RSN element than the beacon")


def test_an_old_replay_counter_is_discarded() -> None:
    ap, sta = _sides(1)
    second = sta.receive(ap.start())
    assert second is not None
    assert ap.receive(second) is not None
    assert ap.receive(second) is None
    assert not ap.mic_failed


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\x02\x03", "EAPOL frame of 2 octets is shorter than its header"),
        (b"\x02\x03\x00\x05abc", "EAPOL body length says 5, only 3 octets came"),
    ],
)
def test_malformed_eapol(raw: bytes, text: str) -> None:
    with pytest.raises(eapol.MalformedEapol) as caught:
        eapol.parse(raw)
    assert str(caught.value) == text


def test_key_frame_codec_round_trip() -> None:
    frame = eapol.KeyFrame(0x13CA, 7, bytes(range(32)), b"\x05" * 16, b"data", 16)
    kind, body = eapol.parse(frame.encode())
    assert kind == eapol.Type.KEY
    assert eapol.parse_key(body, 16) == frame


@given(
    akm=st.sampled_from([1, 5, 12]),
    message=st.integers(1, 4),
    at=st.integers(4, 400),
    mask=st.integers(1, 255),
)
def test_a_changed_octet_never_completes_both_sides(akm: int, message: int, at: int, mask: int) -> None:
    """The MIC covers the whole frame; message 1 has none, and its nonce goes into the keys."""
    ap, sta = _sides(akm)
    number, frame = 1, ap.start()
    while True:
        if number == message:
            at %= len(frame)
            frame = frame[:at] + bytes((frame[at] ^ mask,)) + frame[at + 1 :]
        try:
            answer = (sta if number % 2 else ap).receive(frame)
        except eapol.MalformedEapol:
            answer = None
        if answer is None:
            break
        number, frame = number + 1, answer
    if message > 1:
        assert not ap.complete
    elif ap.complete:
        # What nothing protects in message 1: EAPOL version and packet type, key length, IV, RSC.
        assert at not in range(17, 49)


@pytest.mark.parametrize("akm", [1, 5, 12])
def test_every_pair_of_different_keys_fails(akm: int) -> None:
    size = AKMS[akm].pmk_size
    for octet in (0, size - 1):
        pmk = bytearray(range(size))
        pmk[octet] ^= 1
        ap, sta = _sides(akm, device_pmk=bytes(pmk))
        second = sta.receive(ap.start())
        assert second is not None
        assert ap.receive(second) is None
        assert ap.mic_failed


@pytest.mark.parametrize("akm", [1, 5, 12])
def test_a_second_message_2_is_no_message_4(akm: int) -> None:
    """Message 3 without its MIC bit looks like message 1; what answers it must not end the handshake."""
    ap, sta = _sides(akm)
    second = sta.receive(ap.start())
    assert second is not None
    third = ap.receive(second)
    assert third is not None
    stripped = third[:5] + bytes((third[5] & ~0x01,)) + third[6:]
    again = sta.receive(stripped)
    assert again is not None
    assert ap.receive(again) is None
    assert not ap.complete
    assert not ap.mic_failed
