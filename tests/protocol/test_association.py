"""Whole conversations in virtual time."""

from __future__ import annotations

import gc
import struct
from typing import TYPE_CHECKING

import pytest

from harness.observation import EapResult, FourWay, Keys, RadiusResult, Stage
from harness.outcome import Cause
from harness.protocol import dot11, radius
from harness.protocol.authenticator import AccessPoint
from harness.trace import Link, Recorder
from tests.protocol.edits import final

if TYPE_CHECKING:
    from tests.protocol.conftest import Bench, Manners


@pytest.mark.parametrize("akm", [1, 5, 12])
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_connects(bench: Bench, tls: str, akm: int) -> None:
    server = bench.server(tls=tls)
    seen = bench.run(server, bench.association(akm=akm))
    assert server.complaints == []
    assert seen.stage is Stage.COMPLETE
    assert seen.radius_result is RadiusResult.ACCEPT
    assert seen.eap_result is EapResult.SUCCESS
    assert seen.keys is Keys.AGREE
    assert seen.four_way is FourWay.COMPLETE
    assert seen.akm == akm
    assert seen.session_id == server.session_id != b""
    assert seen.tls is not None
    assert seen.tls.version == tls
    assert seen.tls.protected_success is (tls == "1.3")
    assert seen.proposed_methods == (13,)
    assert (seen.discards, seen.violations) == ((), ())


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize(("own", "theirs"), [(40, 40), (100, 3000), (3400, 60), (3400, 3000)])
def test_fragments_of_all_sizes(
    bench: Bench, manners: type[Manners], tls: str, own: int, theirs: int
) -> None:
    server = bench.server(manners(fragment=theirs), tls=tls)
    seen = bench.run(server, bench.association(fragment_size=own))
    assert server.complaints == []
    assert seen.stage is Stage.COMPLETE


def test_a_fragment_that_fits_into_no_radius_packet_is_dropped_with_a_reason(bench: Bench) -> None:
    policy = bench.policy(tls_max="1.3")
    point = AccessPoint("CORP", bytes(6), b"testing123", attributes=(("Operator-Name", "x" * 250),) * 11)
    seen = bench.run(bench.server(tls="1.3"), bench.association(policy=policy, point=point))
    assert seen.stage is Stage.HANDSHAKE
    assert seen.radius_result is None
    [discard] = seen.discards
    assert discard.reason.startswith(
        "request cannot be sent: a RADIUS packet holds 4096 octets, this one needs 4"
    )
    assert discard.clause == "RFC 2865 3"


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_other_methods_first_are_answered_by_naks(bench: Bench, manners: type[Manners], tls: str) -> None:
    expanded = bytes.fromhex("00000000000019")
    proposals = ((4, b"\x10" + bytes(16)), (254, expanded), (25, b"\x20"))
    server = bench.server(manners(proposals=proposals), tls=tls)
    seen = bench.run(server)
    assert seen.stage is Stage.COMPLETE
    assert seen.proposed_methods == (4, 254, 25, 13)
    assert [nak.hex() for nak in server.naks] == ["030d", "fe00000000000003fe0000000000000d", "030d"]


@pytest.mark.catalogue("check-F31")
def test_a_notification_is_answered(bench: Bench, manners: type[Manners]) -> None:
    server = bench.server(manners(notification=b"maintenance at noon"))
    assert bench.run(server).stage is Stage.COMPLETE
    assert server.complaints == []


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_repeated_requests_get_the_same_response(bench: Bench, manners: type[Manners], tls: str) -> None:
    server = bench.server(manners(repeat=frozenset(range(1, 7)), fragment=300), tls=tls)
    assert bench.run(server).stage is Stage.COMPLETE
    assert len(server.repeated) == 6
    assert all(first == again for first, again in server.repeated)


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize("deliver", [False, True])
def test_a_client_that_the_server_does_not_trust(
    bench: Bench, manners: type[Manners], tls: str, *, deliver: bool
) -> None:
    server = bench.server(manners(deliver_alert=deliver), tls=tls)
    policy = bench.policy(credential=bench.pki.stranger)
    seen = bench.run(server, bench.association(policy=policy))
    assert (seen.stage, seen.radius_result) == (Stage.RESULT, RadiusResult.REJECT)
    assert seen.violations == ()
    assert seen.tls is not None
    # RFC 9190 2.1.1: in TLS 1.3 the client's handshake is complete before the server has judged.
    assert seen.tls.handshake_complete is (tls == "1.3")
    assert [(alert.sent, alert.name) for alert in seen.tls.alerts] == [(False, "unknown-ca")] * deliver


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_a_server_that_the_client_does_not_trust(bench: Bench, tls: str) -> None:
    server = bench.server(tls=tls)
    policy = bench.policy(root_ca=bench.pki.other.certificate)
    seen = bench.run(server, bench.association(policy=policy))
    assert (seen.stage, seen.radius_result) == (Stage.RESULT, RadiusResult.REJECT)
    assert seen.tls is not None
    assert seen.tls.verify_failure is not None
    assert [(alert.sent, alert.name) for alert in seen.tls.alerts] == [(True, "unknown-ca")]
    assert "unknown ca" in server.tls_errors[0]


def test_reply_attributes_and_session_id_of_the_accept(bench: Bench, manners: type[Manners]) -> None:
    vlan = bytes.fromhex("40060100000d") + bytes.fromhex("410601000006") + b"\x51\x05\x0142"
    server = bench.server(manners(edit=final(extra=vlan + b"\x66\x04\x0d\x01")))
    seen = bench.run(server)
    assert [(item.name, item.value) for item in seen.reply_attributes] == [
        ("Tunnel-Type", "VLAN"),
        ("Tunnel-Medium-Type", "IEEE-802"),
        ("Tunnel-Private-Group-Id", "42"),
        ("EAP-Key-Name", "0d01"),
    ]
    assert seen.server_session_id == b"\x0d\x01"


def test_a_failure_ends_in_a_deauthentication(bench: Bench) -> None:
    for server, reason in (
        (bench.server(trust=bench.pki.other.certificate), dot11.REASON_8021X_FAILED),
        (bench.server(), None),
    ):
        recorder = Recorder()
        bench.run(server, bench.association(recorder=recorder))
        frame = dot11.parse_management(recorder.packets[-1].data)
        gone = frame.subtype == dot11.DEAUTHENTICATION
        assert gone is (reason is not None)
        if reason is not None:
            assert frame.body == struct.pack("<H", reason)


@pytest.mark.catalogue("check-L03")
def test_a_failed_four_way_handshake_has_a_reason_of_its_own(bench: Bench, manners: type[Manners]) -> None:
    recorder = Recorder()
    server = bench.server(manners(edit=final(keys=(bytes(32), bytes(32)))))
    bench.run(server, bench.association(recorder=recorder))
    frame = dot11.parse_management(recorder.packets[-1].data)
    assert frame.body == struct.pack("<H", dot11.REASON_4WAY_TIMEOUT)


def test_a_network_that_is_not_there(bench: Bench) -> None:
    association = bench.association(point=AccessPoint("OTHER", bytes(6), b"s"))
    association.start(1.0)
    assert association.finished
    assert association.join_failure is not None
    assert association.join_failure.cause is Cause.ACCESS_POINT_NOT_FOUND
    assert association.datagrams_to_send(1.0) == []
    assert association.get_timer() is None
    association.handle_timer(2.0)
    association.receive_unreachable(2.0)
    with pytest.raises(ValueError, match="did not join the network, so there is nothing to observe"):
        association.observe()


def test_nothing_moves_after_the_end(bench: Bench) -> None:
    association = bench.association()
    before = bench.run(bench.server(), association)
    association.receive_datagram(b"late", 5000.0)
    association.handle_timer(5000.0)
    assert association.get_timer() is None
    assert association.datagrams_to_send(5000.0) == []
    assert association.observe() == before


def test_no_secret_is_printed(bench: Bench) -> None:
    recorder = Recorder()
    association = bench.association(recorder=recorder)
    seen = bench.run(bench.server(), association)
    printed = repr((association, association.station, association._point, seen, recorder, recorder.events))
    assert "testing123" not in printed
    assert recorder.key_log[0] not in printed
    keys = association._supplicant.keys
    assert keys is not None
    assert keys.msk.hex() not in printed + repr(keys)
    assert repr(keys.msk) not in printed + repr(keys)


def test_nothing_waits_for_the_garbage_collector(bench: Bench) -> None:
    # Under load, cycles would cost a tenth of the client's time.
    bench.run(bench.server(), bench.association())
    gc.collect()
    gc.disable()
    try:
        association = bench.association()
        bench.run(bench.server(), association)
        del association
        assert gc.collect() == 0
    finally:
        gc.enable()


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_without_a_link_it_is_eap_and_radius_alone(bench: Bench, tls: str) -> None:
    fake = bench.server(tls=tls)
    recorder = Recorder()
    seen = bench.run(fake, bench.association(recorder=recorder, link=False))
    assert seen.stage is Stage.RESULT
    assert seen.keys is Keys.AGREE
    assert seen.four_way is FourWay.NOT_RUN
    assert seen.eap_result is EapResult.SUCCESS
    assert {packet.link for packet in recorder.packets} == {Link.WIRE}
    assert fake.complaints == []


def test_without_a_link_keys_are_compared_all_the_same(bench: Bench, manners: type[Manners]) -> None:
    seen = bench.run(
        bench.server(manners(edit=final(keys=(bytes(32), bytes(32))))), bench.association(link=False)
    )
    assert seen.stage is Stage.RESULT
    assert seen.keys is Keys.DIFFER


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_the_largest_eap_packet_of_either_side_is_what_went_over_radius(bench: Bench, tls: str) -> None:
    recorder = Recorder()
    seen = bench.run(bench.server(tls=tls), bench.association(recorder=recorder, fragment_size=300))
    octets: dict[bool, list[int]] = {True: [], False: []}
    for packet in recorder.packets:
        if packet.link is Link.WIRE:
            parsed = radius.parse(packet.data)
            octets[parsed.code == radius.Code.ACCESS_REQUEST].append(
                len(parsed.joined(radius.Type.EAP_MESSAGE))
            )
    assert seen.largest_eap == (max(octets[True]), max(octets[False]))
    assert 300 < seen.largest_eap[0] <= 310
    assert seen.framed_mtu == 1400
