from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.observation import ReplyAttribute
from harness.protocol import attributes, radius

_SILENT = {"State", "Vendor-Specific", "EAP-Message", "Message-Authenticator"}


def _round_trip(name: str, value: str | int) -> ReplyAttribute:
    head = b"\x02\x00" + (20 + len(octets := attributes.encode([(name, value)]))).to_bytes(2) + bytes(16)
    [decoded] = attributes.decode(radius.parse(head + octets).attributes)
    return decoded


@pytest.mark.parametrize("name", attributes.known_names())
def test_every_name_in_the_dictionary_round_trips(name: str) -> None:
    for value in (7, "10.1.2.3", "2001:db8::1", "text"):
        try:
            decoded = _round_trip(name, value)
        except ValueError:
            continue
        assert decoded.name == name
        assert decoded.value in {value, str(value).encode().hex()}
        return
    pytest.fail("no value fits")


@pytest.mark.parametrize(
    ("name", "value", "octets"),
    [
        ("NAS-Identifier", "ap-1", "200661702d31"),
        ("Framed-MTU", 1400, "0c0600000578"),
        ("NAS-Port-Type", "Wireless-802.11", "3d0600000013"),
        ("NAS-IP-Address", "192.0.2.1", "0406c0000201"),
        # RFC 2868 3.1, 3.6: tag octet, then three octets of value, or the text.
        ("Tunnel-Type", "VLAN", "40060000000d"),
        ("Tunnel-Medium-Type", "IEEE-802", "410600000006"),
        ("Tunnel-Private-Group-Id", "42", "5105003432"),
    ],
)
def test_octets(name: str, value: str | int, octets: str) -> None:
    assert attributes.encode([(name, value)]).hex() == octets
    assert _round_trip(name, value) == ReplyAttribute(name, value)


def test_vlan_as_freeradius_sends_it_with_a_tag() -> None:
    # protocol facts 2.3: ":1" gave 0100000d, 01000006 and 01 + text.
    answer = [(64, bytes.fromhex("0100000d")), (65, bytes.fromhex("01000006")), (81, b"\x0142"), (81, b"42")]
    assert [(item.name, item.value) for item in attributes.decode(answer)] == [
        ("Tunnel-Type", "VLAN"),
        ("Tunnel-Medium-Type", "IEEE-802"),
        ("Tunnel-Private-Group-Id", "42"),
        ("Tunnel-Private-Group-Id", "42"),
    ]


def test_unknown_and_odd_values_are_shown_not_judged() -> None:
    answer = [(200, b"\x01\x02"), (27, b"\x00\x00\x0e\x10"), (4, b"\x01\x02"), (18, b"\xffhi"), (25, b"\x00")]
    assert attributes.decode(answer) == (
        ReplyAttribute("Attr-200", "0102"),
        ReplyAttribute("Session-Timeout", 3600),
        ReplyAttribute("NAS-IP-Address", "0102"),
        ReplyAttribute("Reply-Message", "\\xffhi"),
        ReplyAttribute("Class", "00"),
    )


def test_an_integer_of_the_wrong_size_is_shown_in_octets() -> None:
    answer = [(27, b"\x00\x00\x00\x00\x07"), (64, b"\x00\x00\x00\x00\x0d"), (6, b"\x02")]
    assert [item.value for item in attributes.decode(answer)] == ["0000000007", "000000000d", "02"]


def test_what_belongs_to_the_conversation_is_not_shown() -> None:
    answer = [(24, b"state"), (26, b"\0\0\x01\x37key"), (79, b"eap"), (80, bytes(16)), (25, b"a")]
    assert attributes.decode(answer) == (ReplyAttribute("Class", "61"),)
    assert not _SILENT & set(attributes.known_names())


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=253)), max_size=6))
def test_decode_takes_any_octets(answer: list[tuple[int, bytes]]) -> None:
    for item in attributes.decode(answer):
        assert item.name
        assert isinstance(item.value, str | int)


@given(text=st.text(min_size=1, max_size=60))
def test_text_round_trips(text: str) -> None:
    assert _round_trip("NAS-Identifier", text).value == text
    assert _round_trip("Tunnel-Private-Group-Id", text).value == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("No-Such", 1, "unknown RADIUS attribute 'No-Such'"),
        ("NAS-Port", "x", "RADIUS attribute NAS-Port cannot hold 'x': Can not encode non-integer as integer"),
        (
            "NAS-Port",
            -1,
            "RADIUS attribute NAS-Port cannot hold -1: integer value -1 out of range (0..4294967295)",
        ),
        (
            "NAS-Identifier",
            5,
            "RADIUS attribute NAS-Identifier cannot hold 5: Can only encode str/bytes as string",
        ),
        ("NAS-IP-Address", 7, "RADIUS attribute NAS-IP-Address cannot hold 7: Address has to be a string"),
        (
            "NAS-IP-Address",
            "nowhere",
            "RADIUS attribute NAS-IP-Address cannot hold 'nowhere': Expected 4 octets in 'nowhere'",
        ),
        (
            "NAS-Identifier",
            "",
            (
                "RADIUS attribute NAS-Identifier cannot hold '': "
                "a RADIUS attribute holds 1 to 253 octets, not 0 (type 32)"
            ),
        ),
        (
            "Tunnel-Type",
            1 << 24,
            "RADIUS attribute Tunnel-Type cannot hold 16777216: a tagged integer has 3 octets",
        ),
    ],
)
def test_what_cannot_be_encoded(name: str, value: str | int, text: str) -> None:
    with pytest.raises(ValueError, match="RADIUS attribute") as caught:
        attributes.encode([(name, value)])
    assert str(caught.value) == text
