from __future__ import annotations

import hmac
from hashlib import md5

from harness.server.readiness import Probe

_SECRET = b"probe"


def _answer(probe: Probe, *, code: int = 2, secret: bytes = _SECRET) -> bytes:
    head = bytes([code, probe.packet[1], 0, 20])
    return head + md5(head + probe.packet[4:20] + secret).digest()


def test_a_probe_is_a_signed_status_server() -> None:
    probe = Probe.new(_SECRET)
    assert probe.packet[0] == 12
    assert int.from_bytes(probe.packet[2:4], "big") == len(probe.packet) == 38
    assert probe.packet[20:22] == b"\x50\x12"
    unsigned = probe.packet[:22] + bytes(16)
    assert hmac.new(_SECRET, unsigned, md5).digest() == probe.packet[22:]


def test_two_probes_differ() -> None:
    assert Probe.new(_SECRET).packet[4:20] != Probe.new(_SECRET).packet[4:20]


def test_only_an_authentic_accept_is_an_answer() -> None:
    probe = Probe.new(_SECRET)
    assert probe.answered_by(_answer(probe))
    assert not probe.answered_by(_answer(probe, code=3))
    assert not probe.answered_by(_answer(probe, secret=b"other"))
    assert not probe.answered_by(_answer(Probe.new(_SECRET)))
    assert not probe.answered_by(b"")


def test_the_secret_is_not_shown() -> None:
    assert "probe-secret" not in repr(Probe.new(b"probe-secret"))
