"""A conversation that leads nowhere ends by itself; one that is merely long does not."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path as Folder
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from harness.observation import Discard, DiscardKind, Overtime, Stage, Standstill
from harness.protocol import discards, progress
from harness.protocol.authenticator import AccessPoint
from harness.protocol.impairment import Impairment, Path
from harness.protocol.radius_client import RetryPolicy
from harness.trace import Recorder

if TYPE_CHECKING:
    from harness.protocol.association import Association
    from tests.protocol.conftest import Bench, EndlessServer, Manners, Pki

Endless = Callable[[str], "EndlessServer"]


def _short_hello(bench: Bench, **more: Any) -> Association:
    """Return an association whose ClientHello fits into one fragment, so that data may follow at once."""
    return bench.association(policy=bench.policy(tls_max="1.2"), **more)


@pytest.mark.parametrize("link", [True, False])
@pytest.mark.parametrize(
    ("name", "moved", "repeated"),
    [
        ("identity", 1, "asked for the identity again"),
        ("notification", 1, "sent a Notification"),
        ("proposals", 1, "proposed a method other than EAP-TLS"),
        ("the same start", 2, "repeated its last Request"),
        ("tiny fragments", 2, "sent one more fragment of its TLS messages"),
        ("hello requests", 2, "sent TLS records that the handshake had no answer to"),
    ],
)
def test_what_leads_nowhere_is_answered_fifty_times(
    bench: Bench, endless: Endless, name: str, moved: int, repeated: str, *, link: bool
) -> None:
    server, recorder = endless(name), Recorder()
    seen = bench.run(server, _short_hello(bench, link=link, recorder=recorder))
    assert seen.standstill == Standstill(50, ((repeated, 50),))
    # Each answer but the first ones, to Identity and Start, led nowhere.
    assert server.rounds == seen.requests == seen.replies == 50 + moved
    assert seen.radius_result is None
    assert (seen.discards, [violation for violation in seen.violations if violation.fatal]) == ((), [])
    assert [dict(event.detail) for event in recorder.events if event.name == "gave-up"] == [{"rounds": 50}]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("new starts", "tls start in state handshake"),
        ("acknowledgements", "empty EAP-TLS Request although nothing waits to be sent"),
    ],
)
def test_what_cannot_be_answered_ends_at_once(bench: Bench, endless: Endless, name: str, reason: str) -> None:
    server = endless(name)
    seen = bench.run(server, _short_hello(bench))
    assert [(one.reason, one.kind) for one in seen.discards] == [(reason, DiscardKind.EAP)]
    assert (server.rounds, seen.standstill) == (2, None)


def test_a_message_without_end_is_a_breach(bench: Bench, endless: Endless) -> None:
    server = endless("fragments")
    seen = bench.run(server, _short_hello(bench))
    [breach] = [violation for violation in seen.violations if violation.fatal]
    assert breach.text == "66000 octets of fragments exceed the 65536 allowed"
    assert server.rounds == 1 + 66


def test_warning_alerts_without_end_are_ended_by_tls(bench: Bench, endless: Endless) -> None:
    seen = bench.run(endless("warnings"), _short_hello(bench))
    assert seen.tls is not None
    assert seen.tls.error == "too many warn alerts"


@pytest.mark.parametrize("length", [32, 100, 1000])
def test_all_fragments_together_have_a_bound_in_octets(bench: Bench, endless: Endless, length: int) -> None:
    # TLS ignores HelloRequests: messages of 36,000 octets, without end.
    message = bytes.fromhex("160303000400000000") * 4000
    pieces = len(message) // length

    def ask(number: int, _response: bytes) -> bytes:
        if number == 1:
            return b"\x01\x01\x00\x06\x0d\x20"
        at = (number - 2) % pieces
        body = message[at * length : (at + 1) * length]
        flags = b"\x00" if at == pieces - 1 else b"\x40"
        return b"\x01" + bytes((number % 256,)) + (6 + length).to_bytes(2) + b"\x0d" + flags + body

    server = endless("identity")
    server.ask = ask
    seen = bench.run(server, _short_hello(bench))
    assert seen.standstill is not None
    assert seen.standstill.repeated[0][0] == "sent one more fragment of its TLS messages"
    least = progress.MOST_OCTETS // length
    assert least < server.rounds < least + progress.MOST_IDLE + 10


def test_rounds_that_lead_nowhere_are_counted_together(bench: Bench, endless: Endless) -> None:
    server = endless("identity")
    kinds = [1, 2, 4]
    server.ask = lambda number, _: bytes((1, number % 256, 0, 6, kinds[number % 3], 0))
    seen = bench.run(server)
    assert seen.standstill is not None
    assert seen.standstill.rounds == 50
    assert sorted(number for _, number in seen.standstill.repeated) == [16, 17, 17]
    assert len(seen.proposed_methods) <= 17


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_a_chain_of_more_than_sixty_thousand_octets_in_small_fragments_arrives(
    bench: Bench, manners: type[Manners], tls: str
) -> None:
    own = bench.pki.server
    server = bench.server(manners(fragment=100), tls=tls, credential=replace(own, chain=own.chain * 150))
    seen = bench.run(server)
    assert server.complaints == []
    assert seen.requests > 600
    assert seen.stage is Stage.COMPLETE


class _Tickets:
    """A TLS 1.3 server that sends its session tickets one by one, a Request each."""

    def __init__(self, pki: Pki, folder: Folder, number: int) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.num_tickets = number
        pem = folder / "server.pem"
        chain = (pki.server.certificate, *pki.server.chain)
        key = pki.server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pem.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in chain) + key)
        self.context.load_cert_chain(pem)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = self.context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.records: list[bytes] = []
        self.tickets = 0

    def ask(self, number: int, response: bytes) -> bytes:
        data = b"\x20" if number == 1 else b"\x00" + self._next(response[6:])
        return bytes((1, number % 256)) + (5 + len(data)).to_bytes(2) + b"\x0d" + data

    def _next(self, flight: bytes) -> bytes:
        if not self.records:
            self.incoming.write(flight)
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                return self.outgoing.read()
            written = self.outgoing.read()
            while written:
                end = 5 + int.from_bytes(written[3:5])
                self.records.append(written[:end])
                written = written[end:]
        self.tickets += 1
        return self.records.pop(0)


def test_tickets_without_end_are_not_a_decision(bench: Bench, endless: Endless, tmp_path: Folder) -> None:
    tickets = _Tickets(bench.pki, tmp_path, 200)
    server = endless("identity")
    server.ask = tickets.ask
    policy = bench.policy(credential=None, tls_max="1.3")
    seen = bench.run(server, bench.association(policy=policy, fragment_size=3000))
    assert seen.standstill is not None
    assert seen.standstill.repeated[0][0] == "sent TLS records after the handshake that decided nothing"
    assert seen.standstill.rounds == 50
    assert seen.stage is Stage.JUDGEMENT
    assert 50 <= tickets.tickets <= 52


def test_data_after_the_end_is_answered_fifty_times(bench: Bench, manners: type[Manners]) -> None:
    server = bench.server(manners(chatter=1000))
    seen = bench.run(server)
    assert seen.standstill == Standstill(50, (("sent data although only EAP-Success could follow", 50),))
    assert len(seen.violations) == 50
    assert seen.radius_result is None


def test_after_a_flood_the_answer_that_proves_a_cause_is_kept() -> None:
    kept = discards.Discards()
    for number in range(1, 4):
        for _ in range(200):
            kept.add(Discard(0.0, "junk", "RFC 2865 3", request=number))
        for _ in range(2):
            kept.add(Discard(0.0, "unsigned", "RFC 3579 3.2", DiscardKind.UNSIGNED, number))
    assert len(kept.kept()) == discards.MOST_KEPT + 1
    assert (kept.kept()[-1].kind, kept.kept()[-1].request) == (DiscardKind.UNSIGNED, 3)
    assert kept.left_out == 606 - len(kept.kept())


def test_a_flood_of_forged_answers_is_counted_and_not_kept(bench: Bench) -> None:
    recorder = Recorder()
    association = bench.association(recorder=recorder)
    association.start(0.0)
    association.datagrams_to_send(0.0)
    before = len(recorder.packets)
    for number in range(5000):
        association.receive_datagram(bytes((2, number % 256)) + b"\x00\x14" + number.to_bytes(16), 0.1)
        association.receive_unreachable(0.1)
    seen = association.observe()
    assert seen.unreachable == 5000
    assert len([one for one in recorder.events if one.name == "icmp-port-unreachable"]) == discards.MOST_KEPT
    assert len(seen.discards) == discards.MOST_KEPT
    assert seen.discards_left_out == 5000 - discards.MOST_KEPT
    assert len([event for event in recorder.events if event.name == "discard"]) == discards.MOST_KEPT
    assert len(recorder.packets) - before == discards.MOST_KEPT


LATE = 29.0
"""Seconds; one less than an access point waits for an answer."""


def _answered_late(association: Association, server: Any, late: float = LATE) -> float:
    """Run an association, each request of which is answered that many seconds later; return how long it took."""
    now = began = 1000.0
    association.start(now)
    while not association.finished:
        sent = association.datagrams_to_send(now)
        assert sent
        now += late
        for datagram in sent:
            for reply in server.answer(datagram):
                association.receive_datagram(reply, now)
    return now - began


@pytest.mark.parametrize("link", [True, False])
@pytest.mark.parametrize("name", ["identity", "the same start", "hello requests", "fragments"])
def test_a_server_that_is_just_in_time_every_time_is_given_up(
    bench: Bench, endless: Endless, name: str, *, link: bool
) -> None:
    recorder = Recorder()
    association = _short_hello(bench, link=link, recorder=recorder)
    lasted = _answered_late(association, endless(name))
    seen = association.observe()
    # The 20th Request came after 20 * 29 s, the next one was too late.
    assert seen.overtime == Overtime(seconds=609.0, patience=progress.LONGEST, answered=21)
    assert lasted == 609.0
    assert seen.standstill is None
    assert seen.radius_result is None
    assert seen.held_on_purpose == 0.0
    assert [dict(event.detail) for event in recorder.events if event.name == "gave-up"] == [
        {"seconds": 609.0}
    ]


def test_a_slow_server_that_decides_in_time_is_none_of_that(bench: Bench) -> None:
    association = bench.association()
    _answered_late(association, bench.server())
    seen = association.observe()
    assert seen.overtime is None
    assert seen.stage is Stage.COMPLETE


def test_a_decision_is_taken_however_late_it_comes(bench: Bench) -> None:
    association = bench.association(patience=5.5 * LATE)
    _answered_late(association, bench.server())
    assert association.observe().requests == 6
    assert association.observe().overtime is None


def test_what_a_path_held_on_purpose_is_told(bench: Bench, endless: Endless) -> None:
    back = Impairment(late=range(1, 10**9), delay=LATE)
    path = Path(from_server=back, random=Random(1).randbytes)
    retry = RetryPolicy(initial=60.0, count=0, duration=60.0)
    point = AccessPoint("CORP", bytes.fromhex("020000000001"), b"testing123", retry=retry)
    seen = bench.run(endless("hello requests"), _short_hello(bench, path=path, point=point))
    assert seen.overtime is not None
    assert seen.overtime.seconds == 609.0
    assert seen.held_on_purpose == 21 * LATE
