from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from hashlib import md5

import pytest

from harness.observation import Discard, DiscardKind
from harness.protocol import radius
from harness.protocol.radius_client import DEFAULT_RETRY, RadiusClient, RetryPolicy
from harness.trace import Recorder

SECRET = b"testing123"
EXACT = RetryPolicy(spread=0.0)


def _octets(*values: int) -> Callable[[int], bytes]:
    """Randomness as told: single octets in turn, then 0x80; longer draws are all zeros."""
    script: Iterator[int] = iter(values)

    def draw(octets: int) -> bytes:
        return bytes((next(script, 0x80),)) if octets == 1 else bytes(octets)

    return draw


def _client(retry: RetryPolicy = EXACT, *octets: int) -> RadiusClient:
    return RadiusClient(SECRET, _octets(*octets), retry=retry)


def _times(client: RadiusClient, start: float) -> list[float]:
    """Send a request, let the timer run, and return when something was sent; the end comes last."""
    client.send(b"", start)
    sent = [start] * len(client.datagrams_to_send())
    while True:
        due = client.get_timer()
        if due is None:
            return sent
        client.handle_timer(due)
        sent += [due] * (len(client.datagrams_to_send()) + client.gave_up)


def _reply(request: bytes, code: int = 11, *, secret: bytes = SECRET, body: bytes = b"") -> bytes:
    head = bytes((code, request[1])) + (38 + len(body)).to_bytes(2)
    signed = head + request[4:20] + b"\x50\x12" + bytes(16) + body
    mac = hmac.digest(secret, signed, "md5")
    body = b"\x50\x12" + mac + body
    return head + md5(head + request[4:20] + body + secret).digest() + body


def test_defaults_are_those_of_rfc_5080_2_2_1() -> None:
    assert RetryPolicy(initial=2, maximum=16, count=5, duration=30, spread=0.1) == DEFAULT_RETRY


# Binary fractions cannot hold every sum: starts at which start + 30 - start is not 30 are among them.
@pytest.mark.catalogue("check-I19")
@pytest.mark.parametrize("start", [0.0, 1000.0, 490.434, 1.7e9 + 0.3])
def test_two_seconds_doubled_until_thirty_have_passed(start: float) -> None:
    client = _client()
    assert _times(client, start) == pytest.approx([start + at for at in (0, 2, 6, 14, 30)], abs=1e-5)
    assert client.gave_up
    assert client.retransmissions == 3
    assert client.requests == 1


def test_a_single_time_out_is_capped() -> None:
    retry = RetryPolicy(initial=2, maximum=5, count=6, duration=0, spread=0)
    assert _times(_client(retry), 0.0) == [0, 2, 6, 11, 16, 21, 26]


def test_count_limits_the_transmissions() -> None:
    retry = RetryPolicy(initial=1, maximum=0, count=3, duration=0, spread=0)
    assert _times(_client(retry), 0.0) == [0, 1, 3, 7]


def test_duration_cuts_the_last_time_out_short() -> None:
    retry = RetryPolicy(initial=1, maximum=0, count=0, duration=5, spread=0)
    assert _times(_client(retry), 0.0) == [0, 1, 3, 5]


def test_jitter_is_ten_percent_either_way() -> None:
    # RT = IRT + RAND*IRT, then RT = 2*RT + RAND*RT; octet 0 draws -0.1, octet 255 draws +0.1.
    first, second = 2 * 0.9, 2 * 0.9 * 2.1
    assert _times(_client(DEFAULT_RETRY, 7, 0, 255, 0), 0.0)[1:3] == pytest.approx([first, first + second])
    low = _times(_client(DEFAULT_RETRY, 7, 0, 0, 0, 0, 0), 0.0)
    assert low[1:] == pytest.approx([1.8, 1.8 + 3.42, 1.8 + 3.42 + 6.498, 1.8 + 3.42 + 6.498 + 12.3462, 30.0])


def test_jitter_around_the_cap() -> None:
    retry = RetryPolicy(initial=10, maximum=16, count=3, duration=0, spread=0.1)
    assert _times(_client(retry, 7, 255, 255, 255, 255, 0), 0.0) == pytest.approx(
        [0, 11, 11 + 17.6, 11 + 17.6 + 14.4]
    )


def test_a_retransmission_is_the_same_datagram() -> None:
    client = _client()
    client.send(b"\x01\x03x", 0.0)
    [first] = client.datagrams_to_send()
    client.handle_timer(2.0)
    assert client.datagrams_to_send() == [first]


def test_a_timer_that_comes_early_changes_nothing() -> None:
    client = _client()
    client.send(b"", 0.0)
    client.datagrams_to_send()
    client.handle_timer(1.999)
    assert client.datagrams_to_send() == []
    assert client.get_timer() == 2.0


def test_nothing_is_due_before_the_first_request_and_after_the_reply() -> None:
    client = _client()
    assert client.get_timer() is None
    client.handle_timer(99.0)
    client.send(b"", 100.0)
    [request] = client.datagrams_to_send()
    reply = client.receive_datagram(_reply(request), 100.5)
    assert reply is not None
    assert reply.request_authenticator == request[4:20]
    assert client.get_timer() is None
    assert (client.requests, client.replies) == (1, 1)


def test_identifiers_count_up_from_a_random_one_and_wrap() -> None:
    client = _client(EXACT, 253)
    seen = []
    for _ in range(4):
        client.send(b"", 0.0)
        [request] = client.datagrams_to_send()
        seen.append(request[1])
        assert client.receive_datagram(_reply(request), 0.0) is not None
    assert seen == [254, 255, 0, 1]


def test_each_request_has_a_fresh_authenticator() -> None:
    draws = iter([b"\x01", b"a" * 16, b"\x80", b"b" * 16, b"\x80"])
    client = RadiusClient(SECRET, lambda _octets: next(draws), retry=EXACT)
    client.send(b"", 0.0)
    client.send(b"", 0.0)
    assert [datagram[4:20] for datagram in client.datagrams_to_send()] == [b"a" * 16, b"b" * 16]


def _sent(client: RadiusClient) -> bytes:
    client.send(b"", 0.0)
    [request] = client.datagrams_to_send()
    return request


_EAP = b"\x4f\x06\x03\x01\x00\x04"


def _unsigned(request: bytes, code: bytes = b"\x02", body: bytes = _EAP) -> bytes:
    head = code + request[1:2] + (20 + len(body)).to_bytes(2)
    return head + md5(head + request[4:20] + body + SECRET).digest() + body


@pytest.mark.parametrize(
    ("spoil", "reason", "clause"),
    [
        (lambda _request: b"\x02", "datagram of 1 octets is shorter than a RADIUS header", "RFC 2865 3"),
        (
            lambda request: _reply(request[:1] + b"\x09" + request[2:]),
            "no request with identifier 9 is outstanding",
            "RFC 2865 3",
        ),
        (lambda request: _reply(request, 5), "code 5 does not answer an Access-Request", "RFC 2865 3"),
        (
            lambda request: _reply(request, secret=b"other"),
            "Response Authenticator is wrong (RFC 2865 3)",
            "RFC 2865 3",
        ),
        (
            _unsigned,
            "Access-Accept with EAP-Message has no Message-Authenticator",
            "RFC 3579 3.2",
        ),
        (
            lambda request: _unsigned(request, b"\x03", b""),
            "Access-Reject without EAP-Message has no Message-Authenticator",
            "CVE-2024-3596",
        ),
    ],
)
def test_what_is_not_authentic_is_discarded_with_its_reason(
    spoil: Callable[[bytes], bytes], reason: str, clause: str
) -> None:
    client = _client(EXACT, 0x40)
    request = _sent(client)
    assert client.receive_datagram(spoil(request), 0.25) is None
    kind = DiscardKind.UNSIGNED if "has no" in reason else DiscardKind.OTHER
    assert client.discards.kept() == [Discard(0.25, reason, clause, kind, 1)]
    assert client.replies == 0
    assert client.get_timer() == 2.0
    assert client.receive_datagram(_reply(request), 0.5) is not None


def test_a_second_reply_is_discarded() -> None:
    client = _client(EXACT, 0x40)
    request = _sent(client)
    assert client.receive_datagram(_reply(request), 0.1) is not None
    assert client.receive_datagram(_reply(request), 0.2) is None
    assert [discard.reason for discard in client.discards.kept()] == [
        "no request with identifier 65 is outstanding"
    ]


def test_unreachable_is_counted_and_changes_no_timer() -> None:
    client = _client()
    _sent(client)
    client.receive_unreachable(0.1)
    client.receive_unreachable(0.2)
    assert client.unreachable == 2
    assert client.get_timer() == 2.0


def test_events() -> None:
    recorder = Recorder()
    client = RadiusClient(SECRET, _octets(0x40), retry=RetryPolicy(count=2, spread=0), recorder=recorder)
    client.send(b"", 1.0)
    client.receive_unreachable(1.5)
    client.handle_timer(3.0)
    client.receive_datagram(b"", 3.5)
    client.handle_timer(7.0)
    assert [(event.at, event.name) for event in recorder.events] == [
        (1.0, "access-request"),
        (1.5, "icmp-port-unreachable"),
        (3.0, "retransmission"),
        (3.5, "discard"),
        (7.0, "gave-up"),
    ]


def test_an_unsigned_request_has_no_message_authenticator() -> None:
    client = RadiusClient(SECRET, _octets(), retry=EXACT, sign=False)
    client.send(b"\x01\x03x", 0.0)
    [request] = client.datagrams_to_send()
    assert radius.parse(request).attributes == [(1, b"x")]


def test_the_secret_is_in_no_repr() -> None:
    client = _client()
    _sent(client)
    assert "testing123" not in repr(client) + repr(client._outstanding)
