from __future__ import annotations

from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.protocol import radius

SECRET = b"xyzzy5461"


def test_status_server_of_rfc_5997_6_1() -> None:
    request = bytes.fromhex("0cda00268a54f4686fb394c52866e302185d062350125a665e2e1e8411f3e243822097c84fa3")
    built = radius.signed_request(12, 0xDA, request[4:20], b"", SECRET)
    assert built == request
    reply = bytes.fromhex("02da0014ef0d552a4bf2d693ec2b6fe8b5411d66")
    assert radius.check_reply(reply, radius.parse(reply), request[4:20], SECRET) == radius.UNSIGNED


def test_status_server_of_rfc_5997_6_2() -> None:
    request = bytes.fromhex("0cb30026925f6b66dd5fed571fcb1db7ad3882605012e8d6eabda910875cd91fdade26367858")
    assert radius.signed_request(12, 0xB3, request[4:20], b"", SECRET) == request
    reply = bytes.fromhex("05b300140f6f92145f107e2f504e860a4860669c")
    assert radius.check_reply(reply, radius.parse(reply), request[4:20], SECRET) == radius.UNSIGNED


def test_access_accept_of_rfc_2865_7_1() -> None:
    request = bytes.fromhex(
        "010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee"
        "0406c0a80110050600000003"
    )
    parsed = radius.parse(request)
    assert parsed.first(radius.Type.USER_NAME) == b"nemo"
    reply = bytes.fromhex("0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103")
    assert radius.check_reply(reply, radius.parse(reply), request[4:20], SECRET) == radius.UNSIGNED


def test_mppe_key_of_a_live_server() -> None:
    key = radius.decrypt_mppe_key(
        bytes.fromhex(
            "84aadf15184e23b4e2704a5807ac748e255c53caf3e8e76716a6d930b9fe04061fde7008bbc58158cfdd491b5b85065ff95a"
        ),
        b"testing123",
        bytes.fromhex("bdd491ab9d55885b543f5eb4721540f9"),
    )
    assert key.hex() == "b8bafcb298bd2791bf861d744f27b9afcf854d85b6e876b62bf9f29c6e0908b3"


@pytest.mark.parametrize("size", [17, 18, 33, 49])
def test_mppe_value_of_impossible_size(size: int) -> None:
    with pytest.raises(radius.MalformedPacket, match="not salt plus whole blocks"):
        radius.decrypt_mppe_key(bytes(size - 1), b"s", bytes(16))


@pytest.mark.parametrize("size", [1, 252, 253, 254, 506, 507, 1400])
def test_eap_message_is_split_and_joined(size: int) -> None:
    eap = bytes(range(256)) * 6
    eap = eap[:size]
    packet = radius.parse(radius.access_request(7, bytes(16), radius.eap_message(eap), b"secret"))
    assert packet.joined(radius.Type.EAP_MESSAGE) == eap
    values = [v for t, v in packet.attributes if t == radius.Type.EAP_MESSAGE]
    assert all(len(value) == 253 for value in values[:-1])


def test_message_authenticator_is_the_first_attribute() -> None:
    packet = radius.parse(radius.access_request(7, bytes(16), radius.attribute(1, b"x"), b"secret"))
    assert [kind for kind, _ in packet.attributes] == [80, 1]


def _reply(attributes: bytes, *, secret: bytes = b"secret", request: bytes = bytes(16)) -> bytes:
    head = bytes((2, 7)) + (20 + len(attributes)).to_bytes(2)
    return head + md5(head + request + attributes + secret).digest() + attributes


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            radius.eap_message(b"\x03\x07\x00\x04"),
            ("Access-Accept with EAP-Message has no Message-Authenticator", "RFC 3579 3.2"),
        ),
        (b"", ("Access-Accept without EAP-Message has no Message-Authenticator", "CVE-2024-3596")),
    ],
)
def test_a_reply_without_message_authenticator(body: bytes, words: tuple[str, str]) -> None:
    data = _reply(body)
    packet = radius.parse(data)
    assert radius.check_reply(data, packet, bytes(16), b"secret") == radius.UNSIGNED
    assert radius.unsigned_words(packet) == words
    assert not radius.is_signed(packet)


def test_wrong_message_authenticator_is_told_apart_from_wrong_response_authenticator() -> None:
    data = _reply(radius.attribute(80, bytes(16)))
    assert radius.check_reply(data, radius.parse(data), bytes(16), b"secret") == (
        "Message-Authenticator is wrong (RFC 3579 3.2)"
    )
    assert radius.check_reply(data, radius.parse(data), bytes(16), b"other") == (
        "Response Authenticator is wrong (RFC 2865 3)"
    )
    data = _reply(radius.attribute(80, bytes(15)))
    assert radius.check_reply(data, radius.parse(data), bytes(16), b"secret") == (
        "Message-Authenticator is not 16 octets long (RFC 3579 3.2)"
    )


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x02\x00", "datagram of 2 octets is shorter than a RADIUS header"),
        (b"\x02\x00\x00\x13" + bytes(16), "RADIUS length field 19 is not in 20..4096"),
        (b"\x02\x00\x10\x01" + bytes(16), "RADIUS length field 4097 is not in 20..4096"),
        (b"\x02\x00\x00\x20" + bytes(16), "RADIUS length field says 32, only 20 octets came"),
        (
            b"\x02\x00\x00\x16" + bytes(16) + b"\x01\x01",
            "attribute at octet 20 runs over the end of the packet",
        ),
        (b"\x02\x00\x00\x15" + bytes(16) + b"\x01", "attribute at octet 20 runs over the end of the packet"),
    ],
)
def test_malformed_packets(data: bytes, text: str) -> None:
    with pytest.raises(radius.MalformedPacket) as caught:
        radius.parse(data)
    assert str(caught.value) == text


def test_padding_after_the_length_is_ignored() -> None:
    packet = radius.parse(_reply(radius.attribute(1, b"x")) + b"padding")
    assert packet.attributes == [(1, b"x")]


@given(st.binary(max_size=120))
def test_parse_raises_nothing_but_malformed_packet(data: bytes) -> None:
    try:
        packet = radius.parse(data)
    except radius.MalformedPacket:
        return
    size = 20 + sum(2 + len(value) for _, value in packet.attributes)
    assert size == int.from_bytes(data[2:4]) <= len(data)


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=60)), max_size=8), st.binary(max_size=9))
def test_attributes_come_out_as_they_went_in(attributes: list[tuple[int, bytes]], padding: bytes) -> None:
    body = b"".join(bytes((kind, len(value) + 2)) + value for kind, value in attributes)
    packet = radius.parse(_reply(body) + padding)
    assert packet.attributes == attributes
    assert packet.joined(79) == b"".join(value for kind, value in attributes if kind == 79)


@given(octets=st.binary(min_size=16, max_size=80), secret=st.binary(min_size=1, max_size=20))
def test_checking_a_reply_never_raises(octets: bytes, secret: bytes) -> None:
    data = _reply(b"\x50\x12" + bytes(16) + radius.attribute(26, octets), secret=secret)
    assert radius.check_reply(data, radius.parse(data), bytes(16), secret) in {
        "",
        "Message-Authenticator is wrong (RFC 3579 3.2)",
    }


@given(
    value=st.binary(max_size=100),
    key=st.binary(max_size=15),
    authenticator=st.binary(min_size=16, max_size=16),
)
def test_mppe_decryption_undoes_rfc_2548_2_4_2(value: bytes, key: bytes, authenticator: bytes) -> None:
    plain = (bytes((len(key),)) + key).ljust(16, b"\0")
    pad = md5(b"secret" + authenticator + b"\x80\x01").digest()
    cipher = bytes(left ^ right for left, right in zip(plain, pad, strict=True))
    assert radius.decrypt_mppe_key(b"\x80\x01" + cipher, b"secret", authenticator) == key
    try:
        radius.decrypt_mppe_key(value, b"secret", authenticator)
    except radius.MalformedPacket:
        return


@given(st.binary(max_size=60))
def test_vendor_values_take_any_octets(value: bytes) -> None:
    packet = radius.RadiusPacket(2, 1, bytes(16), [(26, (311).to_bytes(4) + value), (26, value)])
    for found in radius.vendor_values(packet, 311, 16):
        assert found in value


def test_several_vendor_attributes_in_one() -> None:
    value = (311).to_bytes(4) + b"\x10\x04ab" + b"\x11\x03c" + b"\x10\x03d"
    packet = radius.RadiusPacket(2, 1, bytes(16), [(26, value), (26, (9).to_bytes(4) + b"\x10\x03x")])
    assert radius.vendor_values(packet, 311, 16) == [b"ab", b"d"]


@pytest.mark.parametrize("size", [0, 254])
def test_an_attribute_of_impossible_size(size: int) -> None:
    with pytest.raises(ValueError, match=f"^a RADIUS attribute holds 1 to 253 octets, not {size} .type 24.$"):
        radius.attribute(24, bytes(size))


@pytest.mark.parametrize("room", [4096 - 38, 4096 - 37])
def test_a_packet_holds_4096_octets(room: int) -> None:
    if room == 4058:
        assert len(radius.access_request(1, bytes(16), bytes(room), b"s")) == 4096
        assert len(radius.unsigned_request(1, bytes(16), bytes(room + 18))) == 4096
        return
    text = "^a RADIUS packet holds 4096 octets, this one needs 4097$"
    with pytest.raises(ValueError, match=text):
        radius.access_request(1, bytes(16), bytes(room), b"s")
    with pytest.raises(ValueError, match=text):
        radius.unsigned_request(1, bytes(16), bytes(room + 18))
