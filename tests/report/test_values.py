from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from harness.observation import Keys, ReplyAttribute
from harness.report.values import event, plain, timestamp
from harness.trace import Actor, Endpoint, Event


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (0.1234567891, 0.123457),
        ("text", "text"),
        (b"\x0d\xff", "0dff"),
        (Keys.AGREE, "agree"),
        (Endpoint("::1", 1812), "[::1]:1812"),
        (Path("a/b"), "a/b"),
        ((1, "a"), [1, "a"]),
        ({"a": Keys.DIFFER}, {"a": "differ"}),
        (ReplyAttribute("Tunnel-Type", 13), {"name": "Tunnel-Type", "value": 13}),
    ],
)
def test_values(value: object, expected: object) -> None:
    assert plain(value) == expected


def test_a_type_without_a_rule_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"^no JSON form is defined for object$"):
        plain(object())


def test_a_certificate_is_summarised(certificate: x509.Certificate) -> None:
    assert plain(certificate) == {
        "subject": "CN=radius.corp.example",
        "issuer": "CN=radius.corp.example",
        "serial": "abc123",
        "not_before": "2026-01-01T00:00:00Z",
        "not_after": "2027-01-01T00:00:00Z",
        "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
    }


def test_timestamps_are_utc() -> None:
    moment = datetime(2026, 3, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(moment) == "2026-03-01T12:00:00Z"


def test_a_trace_event_has_both_clocks() -> None:
    offset = datetime(2026, 3, 1, 12, 0, tzinfo=UTC).timestamp() - 100
    entry = Event(100.25, Actor.SERVER, "restart", {"pid": 4})
    assert event(entry, step_index=2, offset=offset) == {
        "time": "2026-03-01T12:00:00.250000Z",
        "at": 100.25,
        "step": 2,
        "actor": "server",
        "event": "restart",
        "detail": {"pid": 4},
    }
