from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.protocol import eap
from harness.protocol.eap import Code, EapPacket, Method


@given(
    code=st.sampled_from([Code.REQUEST, Code.RESPONSE]),
    identifier=st.integers(0, 255),
    method=st.integers(0, 255),
    data=st.binary(max_size=2000),
    padding=st.binary(max_size=8),
)
def test_round_trip_whatever_padding_follows(
    code: Code, identifier: int, method: int, data: bytes, padding: bytes
) -> None:
    packet = EapPacket(code, identifier, method, data)
    assert eap.parse(packet.encode() + padding) == packet


@pytest.mark.parametrize(
    ("packet", "octets"),
    [
        (EapPacket(Code.REQUEST, 7, Method.IDENTITY), "0107000501"),
        (EapPacket(Code.RESPONSE, 7, Method.IDENTITY, b"me"), "02070007016d65"),
        (EapPacket(Code.SUCCESS, 9), "03090004"),
        (EapPacket(Code.FAILURE, 9), "04090004"),
    ],
)
def test_octets_of_rfc_3748_4(packet: EapPacket, octets: str) -> None:
    assert packet.encode().hex() == octets
    assert eap.parse(bytes.fromhex(octets)) == packet


@pytest.mark.parametrize(
    ("packet", "text"),
    [
        ("", "EAP packet of 0 octets is shorter than its header"),
        ("010700", "EAP packet of 3 octets is shorter than its header"),
        ("0107000601", "EAP length field says 6, only 5 octets came"),
        ("03070005aa", "EAP Success or Failure with length 5 instead of 4"),
        ("04070003", "EAP Success or Failure with length 3 instead of 4"),
        ("0507000501", "unknown EAP code 5"),
        ("0007000501", "unknown EAP code 0"),
        ("0107000401", "EAP Request or Response without a type octet"),
        ("02070002", "EAP Request or Response without a type octet"),
    ],
)
def test_malformed(packet: str, text: str) -> None:
    with pytest.raises(eap.MalformedEap) as caught:
        eap.parse(bytes.fromhex(packet))
    assert str(caught.value) == text


@given(st.binary(max_size=40))
def test_parse_raises_nothing_but_malformed_eap(octets: bytes) -> None:
    try:
        packet = eap.parse(octets)
    except eap.MalformedEap:
        return
    assert octets.startswith(packet.encode())


def test_nak_of_a_legacy_proposal_is_legacy() -> None:
    assert eap.nak(7, (13,), proposed=Method.MD5_CHALLENGE).hex() == "02070006030d"
    assert eap.nak(7, (13, 25), proposed=25).hex() == "02070007030d19"
    assert eap.nak(7, (), proposed=4).hex() == "020700060300"


@pytest.mark.catalogue("check-F28")
def test_nak_of_an_expanded_proposal_is_expanded() -> None:
    # RFC 3748 5.3.2: type 254, vendor 0, vendor type 3, then the wanted types in the same form.
    assert eap.nak(7, (13,), proposed=254).hex() == "02070014" + "fe00000000000003" + "fe0000000000000d"
    assert eap.nak(7, (), proposed=254).hex() == "02070014" + "fe00000000000003" + "fe00000000000000"
