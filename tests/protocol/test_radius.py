from __future__ import annotations

from hashlib import md5

import pytest

from harness.protocol import radius

SECRET = b"xyzzy5461"


def test_status_server_of_rfc_5997_6_1() -> None:
    request = bytes.fromhex("0cda00268a54f4686fb394c52866e302185d062350125a665e2e1e8411f3e243822097c84fa3")
    built = radius.signed_request(12, 0xDA, request[4:20], b"", SECRET)
    assert built == request
    reply = bytes.fromhex("02da0014ef0d552a4bf2d693ec2b6fe8b5411d66")
    assert radius.check_reply(reply, radius.parse(reply), request[4:20], SECRET) == ""


def test_status_server_of_rfc_5997_6_2() -> None:
    request = bytes.fromhex("0cb30026925f6b66dd5fed571fcb1db7ad3882605012e8d6eabda910875cd91fdade26367858")
    assert radius.signed_request(12, 0xB3, request[4:20], b"", SECRET) == request
    reply = bytes.fromhex("05b300140f6f92145f107e2f504e860a4860669c")
    assert radius.check_reply(reply, radius.parse(reply), request[4:20], SECRET) == ""


def test_access_accept_of_rfc_2865_7_1() -> None:
    request = bytes.fromhex(
        "010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee"
        "0406c0a80110050600000003"
    )
    parsed = radius.parse(request)
    assert parsed.first(radius.Type.USER_NAME) == b"nemo"
    reply = bytes.fromhex("0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103")
    assert radius.check_reply(reply, radius.parse(reply), request[4:20], SECRET) == ""


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


def test_reply_with_eap_needs_a_message_authenticator() -> None:
    data = _reply(radius.eap_message(b"\x03\x07\x00\x04"))
    assert radius.check_reply(data, radius.parse(data), bytes(16), b"secret") == (
        "reply with EAP-Message has no Message-Authenticator (RFC 3579 3.2)"
    )


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
