from __future__ import annotations

from random import Random

import pytest

from harness.server.attribution import Attributed, Attribution
from harness.server.loglines import passages
from harness.server.records import LogKind
from harness.trace import Endpoint

_A = Endpoint("127.64.0.1", 40001)
_B = Endpoint("127.64.0.2", 40002)
_DROPPED = (
    "Dropping packet without response because of error: Received packet from {} with invalid "
    "Message-Authenticator!  (Shared secret is incorrect.) (from client client-1)"
)


def _received(number: int, source: Endpoint) -> str:
    return f"({number}) Received Access-Request Id 7 from {source} to 127.0.0.1:18120 length 124"


def _feed(attribution: Attribution, line: str) -> Attributed | None:
    [passage] = passages(line)
    return attribution.feed(passage)


def _sources(lines: list[str]) -> list[Endpoint | None]:
    """Return whose each line is, when they come one by one."""
    attribution = Attribution()
    attributed = [_feed(attribution, line) for line in lines]
    return [one.source if one else None for one in attributed]


def test_numbered_lines_belong_to_whoever_sent_the_request() -> None:
    lines = [
        _received(4, _A),
        _received(5, _B),
        "(4) eap: x",
        "(5) eap: y",
        "(4) Finished request",
        "(4) late",
    ]
    assert _sources(lines) == [_A, _B, _A, _B, _A, None]


def test_an_event_knows_its_source() -> None:
    attribution = Attribution()
    _feed(attribution, _received(4, _A))
    attributed = _feed(attribution, "(4) eap_tls: ERROR: (TLS) Alert write:fatal:unknown CA")
    assert attributed is not None
    [event] = attributed.events
    assert (event.kind, event.source) == (LogKind.ALERT_SENT, _A)


def test_numbers_of_an_older_server_mean_nothing() -> None:
    attribution = Attribution()
    _feed(attribution, _received(0, _A))
    assert attribution.under_way(_A)
    attribution.restart()
    assert not attribution.under_way(_A)
    assert _feed(attribution, "(0) eap: x") is None


def test_a_line_without_number_belongs_to_the_only_request() -> None:
    noise = "(TLS) untrusted certificate with depth [1] subject name /CN=root"
    assert _sources([noise]) == [None]
    assert _sources([_received(4, _A), noise]) == [_A, _A]
    assert _sources([_received(4, _A), _received(5, _B), noise]) == [_A, _B, None]


def test_housekeeping_is_nobodys() -> None:
    lines = ["Thread 1 got semaphore", "Waking up in 0.2 seconds.", "Ready to process requests"]
    assert _sources([_received(4, _A), *lines]) == [_A, None, None, None]


def test_probes_are_nobodys() -> None:
    probe = "(3) Received Status-Server Id 9 from 127.255.255.254:50000 to 127.0.0.1:18120 length 38"
    assert _sources([probe, "(3) Sent Access-Accept Id 9", "(3) Finished request"]) == [None, None, None]


def test_a_wrong_secret_belongs_to_the_request_that_just_arrived() -> None:
    other_port = Endpoint(_A.host, 40009)
    lines = [_received(4, other_port), "(4) eap: x", _received(5, _A), _DROPPED.format(_A.host)]
    assert _sources(lines)[-1] == _A


def test_a_dropped_request_is_finished() -> None:
    attribution = Attribution()
    _feed(attribution, _received(5, _A))
    _feed(attribution, _DROPPED.format(_A.host))
    assert not attribution.under_way(_A)


def test_a_wrong_secret_of_two_arrivals_is_left_to_the_reader() -> None:
    other_port = Endpoint(_A.host, 40009)
    lines = [_received(4, other_port), _received(5, _A), _DROPPED.format(_A.host)]
    assert _sources(lines)[-1] == Endpoint(_A.host, 0)


def test_an_unknown_client_is_named_in_full() -> None:
    line = (
        "Ignoring request to auth address 127.0.0.1 port 18120 bound to server default from unknown "
        "client 127.64.0.1 port 40001 proto udp"
    )
    assert _sources([_received(4, _B), line]) == [_B, _A]


def test_a_name_check_finds_the_certificate_it_compared() -> None:
    lines = [
        _received(4, _A),
        _received(5, _B),
        "(5) eap_tls: checking certificate CN (alice) with xlat'ed value (bob)",
        "(4) eap_tls: checking certificate CN (carol) with xlat'ed value (dave)",
        "tls: Certificate CN (alice) does not match specified value (bob)!",
        "tls: Certificate CN (carol) does not match specified value (dave)!",
        "tls: Certificate CN (alice) does not match specified value (bob)!",
    ]
    assert _sources(lines)[-3:] == [_B, _A, None]


@pytest.mark.parametrize("seed", range(20))
def test_it_does_not_matter_how_many_lines_come_at_once(seed: int) -> None:
    random = Random(seed)
    lines = [random.choice(_MIXTURE) for _ in range(200)]
    attribution = Attribution()
    attributed = [(passage.text, attribution.feed(passage)) for passage in passages("\n".join(lines))]
    together = [
        source for text, one in attributed for source in [one.source if one else None] * len(text.split("\n"))
    ]
    assert together == _sources(lines)


_MIXTURE = [
    _received(0, _A),
    _received(1, _B),
    _received(2, Endpoint(_A.host, 40009)),
    *("(0) eap: x", "(0)   y", "(1) eap: x", "(1)   y", "(2) z") * 3,
    "(1) eap_tls: checking certificate CN (alice) with xlat'ed value (bob)",
    "tls: Certificate CN (alice) does not match specified value (bob)!",
    "(0) Finished request",
    "(1) Finished request",
    "(2) Finished request",
    "Waking up in 0.2 seconds.",
    "(TLS) untrusted certificate with depth [1] subject name /CN=root",
    _DROPPED.format(_A.host),
]


def test_two_lines_that_mean_something_together_may_arrive_apart() -> None:
    asked = "(10)     if (&TLS-Client-Cert-Common-Name == &User-Name) {"
    missing = "(10)       ERROR: Failed retrieving values required to evaluate condition"
    attribution = Attribution()
    lines = [_received(10, _A), asked, _received(11, _B), "(11) eap: y", missing, "(10) eap: z"]
    fed = [_feed(attribution, line) for line in lines]
    events = [(event.kind, event.source) for one in fed if one for event in one.events]
    assert [one for one in events if one[0] is not LogKind.REQUEST] == [(LogKind.CERTIFICATE_NOT_KNOWN, _A)]
