"""What a recorder has at the end is the complete exchange."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from harness.observation import Stage
from harness.protocol import dot11, eap, eapol
from harness.protocol.impairment import Impairment, Path
from harness.trace import Link, Recorder

if TYPE_CHECKING:
    from tests.protocol.conftest import Bench


def _kinds(recorder: Recorder) -> list[str]:
    """Name the frames on the air and the codes on the wire, in order."""
    codes = {1: "request", 2: "accept", 3: "reject", 11: "challenge"}
    named = []
    for packet in recorder.packets:
        if packet.link is Link.WIRE:
            named.append(codes[packet.data[0]])
        elif packet.data[:1] == b"\x08":
            kind, body = eapol.parse(packet.data[32:])
            detail = f" {eap.parse(body).code.name.lower()} {eap.parse(body).method}" if kind == 0 else ""
            named.append(f"eapol {eapol.Type(kind).name.lower()}{detail}")
        else:
            named.append(hex(dot11.parse_management(packet.data).subtype))
    return named


def test_the_capture_holds_the_complete_exchange(bench: Bench) -> None:
    recorder = Recorder()
    seen = bench.run(bench.server(), bench.association(recorder=recorder))
    assert seen.stage is Stage.COMPLETE
    kinds = _kinds(recorder)
    assert kinds[:10] == [
        "0x40",
        "0x50",
        "0xb0",
        "0xb0",
        "0x0",
        "0x10",
        "eapol start",
        "eapol eap request 1",
        "eapol eap response 1",
        "request",
    ]
    # Wireshark 4.0 tells sessions apart by these: every challenge is followed by its frames.
    assert kinds[10:14] == ["challenge", "eapol eap request 13", "eapol eap response 13", "request"]
    assert kinds[-6:] == ["accept", "eapol eap success 0", *["eapol key"] * 4]
    wire = [packet for packet in recorder.packets if packet.link is Link.WIRE]
    assert len(wire) == seen.requests + seen.replies
    for packet in wire:
        ends = (packet.source, packet.destination)
        assert ends == ((seen.source, seen.server) if packet.data[0] == 1 else (seen.server, seen.source))
    assert all(
        packet.source is packet.destination is None for packet in recorder.packets if packet not in wire
    )
    assert [line.split()[0] for line in recorder.key_log] == ["CLIENT_RANDOM"]
    assert [packet.at for packet in recorder.packets] == sorted(packet.at for packet in recorder.packets)


def test_the_capture_shows_losses_as_they_were_on_the_wire(bench: Bench) -> None:
    recorder = Recorder()
    path = Path(Impairment(lose=frozenset({1})), random=Random(1).randbytes)
    bench.run(bench.server(), bench.association(path=path, recorder=recorder))
    # The request that got lost had left the access point.
    assert _kinds(recorder)[9:12] == ["request", "request", "challenge"]
