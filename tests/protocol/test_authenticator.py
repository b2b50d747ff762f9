from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import md5
from random import Random

import pytest

from harness.protocol import eap, eapol, radius
from harness.protocol.authenticator import AccessPoint, Authenticator, request_attributes, station_id

AP, STA = bytes.fromhex("0a0000000001"), bytes.fromhex("0a00000000fe")
SECRET = b"testing123"
POINT = AccessPoint("CORP", AP, SECRET)


def _frame(packet: bytes) -> bytes:
    return eapol.encode(eapol.Type.EAP, packet)


def _identity(name: bytes, identifier: int = 9) -> bytes:
    return _frame(eap.encode(2, identifier, 1, name))


class _Port:
    """An authenticator, and the server's side of the wire."""

    def __init__(self, point: AccessPoint = POINT) -> None:
        self.machine = Authenticator(point, STA, Random(3).randbytes)

    def say(self, frame: bytes) -> radius.RadiusPacket:
        """Give a frame of the station, return the request that follows."""
        self.machine.receive_eapol(frame, 0.0)
        [self.request] = self.machine.client.datagrams_to_send()
        return radius.parse(self.request)

    def answer(self, code: int, body: bytes) -> list[bytes]:
        """Answer the request with these attributes, signed; return the EAP packets for the station."""
        request = self.request
        head = bytes((code, request[1])) + (38 + len(body)).to_bytes(2)
        mac = hmac.digest(SECRET, head + request[4:20] + b"\x50\x12" + bytes(16) + body, "md5")
        body = b"\x50\x12" + mac + body
        proof = md5(head + request[4:20] + body + SECRET).digest()
        self.machine.receive_datagram(head + proof + body, 0.0)
        return [eapol.parse(frame)[1] for frame in self.machine.eapol_to_send()]


def test_eapol_start_is_answered_by_a_request_for_the_identity() -> None:
    port = _Port()
    port.machine.receive_eapol(eapol.encode(eapol.Type.START), 0.0)
    [frame] = port.machine.eapol_to_send()
    asked = eap.parse(eapol.parse(frame)[1])
    assert (asked.code, asked.method, asked.data) == (eap.Code.REQUEST, eap.Method.IDENTITY, b"")
    assert port.machine.eapol_to_send() == []
    assert port.machine.client.datagrams_to_send() == []


def test_the_first_request_carries_what_rfc_3579_and_3580_ask_for() -> None:
    packet = _Port().say(_identity(b"me@corp.example"))
    kinds = [kind for kind, _ in packet.attributes]
    assert kinds[0] == radius.Type.MESSAGE_AUTHENTICATOR
    assert packet.first(1) == b"me@corp.example"
    assert packet.first(30) == b"0A-00-00-00-00-01:CORP"
    assert packet.first(31) == b"0A-00-00-00-00-FE"
    assert packet.first(32) == b"eaptls-harness"
    assert packet.first(61) == (19).to_bytes(4)
    assert packet.first(12) == (1400).to_bytes(4)
    assert packet.first(188) == bytes.fromhex("000fac01")
    assert packet.first(186) == packet.first(187) == bytes.fromhex("000fac04")
    assert packet.first(102) == b"\x00"
    assert packet.first(24) is None
    assert packet.joined(79) == eap.encode(2, 9, 1, b"me@corp.example")


def test_configured_attributes_are_added_and_the_key_name_can_be_left_out() -> None:
    point = AccessPoint("CORP", AP, SECRET, attributes=(("Operator-Name", "1corp"),), ask_key_name=False)
    packet = _Port(point).say(_identity(b"me"))
    assert packet.first(126) == b"1corp"
    assert packet.first(102) is None


def test_attributes_made_beforehand_are_used_as_they_are() -> None:
    fixed = request_attributes(POINT, STA)
    machine = Authenticator(POINT, STA, Random(3).randbytes, fixed_attributes=fixed)
    machine.receive_eapol(_identity(b"me"), 0.0)
    [request] = machine.client.datagrams_to_send()
    assert fixed in request


def test_station_id_is_upper_case_with_hyphens() -> None:
    assert station_id(STA) == "0A-00-00-00-00-FE"


@pytest.mark.parametrize(("name", "sent"), [(b"", None), (b"x" * 300, b"x" * 253)])
def test_user_name_at_its_limits(name: bytes, sent: bytes | None) -> None:
    packet = _Port().say(_identity(name))
    assert packet.first(1) == sent
    assert packet.joined(79) == eap.encode(2, 9, 1, name)


@pytest.mark.catalogue("check-I14")
def test_state_is_returned_as_it_came_and_forgotten_when_absent() -> None:
    port = _Port()
    port.say(_identity(b"me"))
    [request] = port.answer(
        11, radius.attribute(24, b"\x00state\xff") + radius.eap_message(eap.encode(1, 10, 13, b"\x20"))
    )
    assert request == eap.encode(1, 10, 13, b"\x20")
    packet = port.say(_frame(eap.encode(2, 10, 13, b"\x00" + bytes(600))))
    assert packet.first(24) == b"\x00state\xff"
    assert packet.first(1) == b"me"
    # RFC 3579 3.1: EAP-Message attributes are consecutive.
    at = [index for index, (kind, _) in enumerate(packet.attributes) if kind == 79]
    assert len(at) == 3
    assert at == list(range(at[0], at[0] + 3))
    port.answer(11, radius.eap_message(eap.encode(1, 11, 13, b"\x00")))
    assert port.say(_frame(eap.encode(2, 11, 13, b"\x00"))).first(24) is None


def test_the_access_point_s_own_failure_has_the_identifier_of_the_response() -> None:
    for body in (b"", radius.eap_message(eap.encode(3, 9))):
        port = _Port()
        port.say(_identity(b"me", identifier=0x5A))
        assert port.answer(3, body) == [eap.encode(4, 0x5A)]


def test_the_server_s_failure_is_passed_on_as_it_came() -> None:
    port = _Port()
    port.say(_identity(b"me"))
    assert port.answer(3, radius.eap_message(eap.encode(4, 77))) == [eap.encode(4, 77)]


def test_nothing_is_relayed_after_the_final_answer() -> None:
    port = _Port()
    port.say(_identity(b"me"))
    port.answer(2, radius.eap_message(eap.encode(1, 10, 13, b"\x20")))
    port.machine.receive_eapol(_frame(eap.encode(2, 10, 13, b"\x00")), 0.0)
    assert port.machine.client.datagrams_to_send() == []
    assert port.machine.client.requests == 1


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\x02\x00\x00\x09abc",
        eapol.encode(eapol.Type.EAP, b"\x02"),
        eapol.encode(2),
        eapol.encode(3, b"x"),
    ],
)
def test_frames_that_mean_nothing_are_ignored(frame: bytes) -> None:
    port = _Port()
    port.machine.receive_eapol(frame, 0.0)
    assert port.machine.client.datagrams_to_send() == []
    assert port.machine.eapol_to_send() == []


@pytest.mark.catalogue("check-I05")
def test_the_order_of_the_message_authenticator_is_noted_once() -> None:
    port = _Port()
    port.say(_identity(b"me"))
    for identifier in (10, 11):
        head = bytes((11, port.request[1]))
        eap_part = radius.eap_message(eap.encode(1, identifier, 13, b"\x20"))
        head += (38 + len(eap_part)).to_bytes(2)
        mac = hmac.digest(SECRET, head + port.request[4:20] + eap_part + b"\x50\x12" + bytes(16), "md5")
        body = eap_part + b"\x50\x12" + mac
        proof = md5(head + port.request[4:20] + body + SECRET).digest()
        port.machine.receive_datagram(head + proof + body, 0.0)
        port.say(_frame(eap.encode(2, identifier, 13, b"\x00")))
    assert [(found.clause, found.text, found.fatal) for found in port.machine.violations] == [
        ("CVE-2024-3596", "Message-Authenticator is not the first attribute of the answer", False)
    ]


@pytest.mark.parametrize("keys", [(), (17,), (16,)])
def test_keys_that_are_not_both_there_are_missing(keys: tuple[int, ...]) -> None:
    port = _Port()
    port.say(_identity(b"me"))
    vendor = b"".join(
        radius.attribute(26, (311).to_bytes(4) + bytes((kind, 52)) + b"\x80\x01" + bytes(48)) for kind in keys
    )
    port.answer(2, radius.eap_message(eap.encode(3, 9)) + vendor)
    assert port.machine.msk is None
    assert port.machine.keys_unreadable == ""


_Make = Callable[[], object]


@pytest.mark.parametrize("make", [lambda: POINT, lambda: _Port().machine, lambda: _Port().machine.client])
def test_the_secret_is_in_no_repr(make: _Make) -> None:
    assert "testing123" not in repr(make())
