from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.protocol.eap_tls import MAX_MESSAGE, Fragmenter, FramingError, Reassembler

sizes = st.integers(1, 4000)


def _cut(flight: bytes, size: int) -> list[bytes]:
    fragmenter = Fragmenter(size)
    pieces = [fragmenter.load(flight)]
    while fragmenter.waiting:
        pieces.append(fragmenter.next())
    return pieces


def _long(length: int) -> bytes:
    return (bytes(range(251)) * (length // 251 + 1))[:length]


@given(length=st.integers(0, MAX_MESSAGE), size=st.integers(40, 4000))
@settings(deadline=None)
def test_any_flight_in_any_fragments_comes_out_whole(length: int, size: int) -> None:
    flight = _long(length)
    reassembler = Reassembler()
    *first, last = _cut(flight, size)
    assert [reassembler.feed(piece) for piece in first] == [None] * len(first)
    assert reassembler.feed(last) == flight
    assert not reassembler.last_had_needless_length


@given(flight=st.binary(max_size=300), size=st.integers(1, 40))
def test_flags_are_those_of_rfc_5216_2_1_5(flight: bytes, size: int) -> None:
    pieces = _cut(flight, size)
    more = [bool(piece[0] & 0x40) for piece in pieces]
    length = [bool(piece[0] & 0x80) for piece in pieces]
    assert more == [True] * (len(pieces) - 1) + [False]
    # RFC 9190 2.1.9: L on the first fragment of several, and nowhere else.
    assert length == [len(pieces) > 1] + [False] * (len(pieces) - 1)
    assert all(not piece[0] & 0x3F for piece in pieces)
    if len(pieces) > 1:
        assert int.from_bytes(pieces[0][1:5]) == len(flight)
    assert all(len(piece) <= size + 5 for piece in pieces)


@pytest.mark.parametrize(("length", "pieces"), [(0, 1), (1398, 1), (1399, 2), (2796, 2), (2797, 3)])
def test_default_size(length: int, pieces: int) -> None:
    fragmenter = Fragmenter()
    fragmenter.load(_long(length))
    count = 1
    while fragmenter.waiting:
        fragmenter.next()
        count += 1
    assert count == pieces


@pytest.mark.parametrize("size", [0, -1])
def test_a_fragment_holds_at_least_one_octet(size: int) -> None:
    with pytest.raises(
        ValueError, match=rf"^a fragment of {size} octets cannot carry anything; 1 is the least$"
    ):
        Fragmenter(size)


def test_an_empty_flight_is_an_acknowledgement() -> None:
    assert Fragmenter().load(b"") == b"\x00"


def test_needless_length_is_noted_for_the_last_message_only() -> None:
    reassembler = Reassembler()
    assert reassembler.feed(b"\x80\0\0\0\x03abc") == b"abc"
    assert reassembler.last_had_needless_length
    assert reassembler.feed(b"\x00abc") == b"abc"
    assert not reassembler.last_had_needless_length


def test_length_on_every_fragment_is_accepted() -> None:
    reassembler = Reassembler()
    assert reassembler.feed(b"\xc0\0\0\0\x04ab") is None
    assert reassembler.feed(b"\x80\0\0\0\x04cd") == b"abcd"


@pytest.mark.catalogue("check-G06")
def test_length_on_no_fragment_is_accepted() -> None:
    reassembler = Reassembler()
    assert reassembler.feed(b"\x40ab") is None
    assert reassembler.feed(b"\x00cd") == b"abcd"


@pytest.mark.catalogue("check-G07", "check-G09", "check-G10")
@pytest.mark.parametrize(
    ("pieces", "text", "clause"),
    [
        ([b""], "EAP-TLS packet without a flags octet", "RFC 5216 3.1"),
        ([b"\x80\0\0\0"], "L bit set without the four octets of TLS message length", "RFC 5216 3.1"),
        ([b"\xc0\0\1\0\1a"], "TLS message length 65537 exceeds 65536", "RFC 5216 2.1.5"),
        (
            [b"\xc0\0\0\0\x05ab", b"\x80\0\0\0\x06c"],
            "TLS message length changed from 5 to 6 between fragments",
            "RFC 5216 3.1",
        ),
        ([b"\xc0\0\0\0\x02abc"], "3 octets of fragments exceed the 2 allowed", "RFC 5216 2.1.5"),
        ([b"\x40"], "fragment with the M bit and no data", "RFC 5216 2.1.5"),
        (
            [b"\xc0\0\0\0\x05ab", b"\x00cd"],
            "TLS message length field says 5, the fragments add up to 4",
            "RFC 5216 3.1",
        ),
        (
            [b"\x80\0\0\0\x05abcd"],
            "TLS message length field says 5, the fragments add up to 4",
            "RFC 5216 3.1",
        ),
        (
            [b"\x40" + bytes(60000), b"\x40" + bytes(6000)],
            "66000 octets of fragments exceed the 65536 allowed",
            "RFC 5216 2.1.5",
        ),
    ],
)
def test_broken_framing(pieces: list[bytes], text: str, clause: str) -> None:
    reassembler = Reassembler()
    for piece in pieces[:-1]:
        assert reassembler.feed(piece) is None
    with pytest.raises(FramingError) as caught:
        reassembler.feed(pieces[-1])
    assert str(caught.value) == text
    assert caught.value.clause == clause


@given(st.lists(st.binary(max_size=30), max_size=12))
def test_any_input_gives_messages_or_framing_errors(pieces: list[bytes]) -> None:
    reassembler = Reassembler()
    with suppress(FramingError):
        for piece in pieces:
            message = reassembler.feed(piece)
            assert message is None or message.endswith(piece[5 if piece[0] & 0x80 else 1 :])
