from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.utils import RawPcapNgReader

from harness.report.pcapng import datagram, encode, internet_checksum
from harness.trace import Endpoint, Link, Packet, Recorder

OFFSET = 1_700_000_000.5


def _blocks(data: bytes) -> list[int]:
    kinds, position = [], 0
    while position < len(data):
        kind, length = struct.unpack_from("<II", data, position)
        assert struct.unpack_from("<I", data, position + length - 4) == (length,)
        kinds.append(kind)
        position += length
    return kinds


def _read(file: Path) -> list[tuple[bytes, dict[str, Any]]]:
    with RawPcapNgReader(str(file)) as reader:
        return [(data, metadata._asdict()) for data, metadata in reader]


def _tshark(file: Path, *arguments: str) -> str:
    command = ["tshark", "-r", str(file), "-d", "udp.port==21812,radius", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def capture(recorder: Recorder, tmp_path: Path) -> Path:
    file = tmp_path / "capture.pcapng"
    file.write_bytes(encode([recorder], offset=OFFSET, comment="client/expired"))
    return file


def test_a_name_that_is_no_text_is_a_comment_all_the_same(recorder: Recorder, tmp_path: Path) -> None:
    file = tmp_path / "capture.pcapng"
    file.write_bytes(encode([recorder], offset=OFFSET, comment="odd \udcff"))
    assert b"odd \\udcff" in file.read_bytes()
    assert len(_read(file)) == 3


def test_secrets_come_before_the_packets(recorder: Recorder) -> None:
    assert _blocks(encode([recorder], offset=0)) == [0x0A0D0D0A, 1, 1, 10, 6, 6, 6]


def test_no_secrets_no_block(recorder: Recorder) -> None:
    recorder.key_log.clear()
    assert _blocks(encode([recorder], offset=0)) == [0x0A0D0D0A, 1, 1, 6, 6, 6]


def test_scapy_reads_what_was_recorded(capture: Path, recorder: Recorder) -> None:
    read = _read(capture)
    assert [metadata["linktype"] for _, metadata in read] == [105, 101, 101]
    assert [metadata["ifname"] for _, metadata in read] == [b"air", b"wire", b"wire"]
    assert read[0][0] == recorder.packets[0].data
    for (data, _), packet in zip(read[1:], recorder.packets[1:], strict=True):
        ip = IP(data)
        assert bytes(ip[UDP].payload) == packet.data
        assert packet.source is not None
        assert (ip.src, ip[UDP].sport) == (packet.source.host, packet.source.port)


def test_times_are_wall_clock_to_the_microsecond(capture: Path, recorder: Recorder) -> None:
    times = [((m["tshigh"] << 32) | m["tslow"]) / m["tsresol"] for _, m in _read(capture)]
    assert times == pytest.approx([packet.at + OFFSET for packet in recorder.packets], abs=1e-6)


def test_packets_of_several_recorders_are_in_the_order_of_time() -> None:
    late = Recorder(packets=[Packet(5.0, Link.AIR, b"late")])
    early = Recorder(packets=[Packet(4.0, Link.AIR, b"early")])
    data = encode([late, early], offset=0)
    assert data.index(b"early") < data.index(b"late")


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\xff\xff" * 40, bytes(4096)])
@pytest.mark.parametrize(("host", "layer"), [("192.0.2.1", IP), ("2001:db8::1", IPv6)])
def test_checksums_are_those_scapy_computes(payload: bytes, host: str, layer: Callable[[bytes], IP]) -> None:
    raw = datagram(Packet(0, Link.WIRE, payload, Endpoint(host, 1812), Endpoint(host, 40000)))
    rebuilt = layer(raw)
    del rebuilt[UDP].chksum
    if layer is IP:
        del rebuilt[IP].chksum
    assert bytes(rebuilt) == raw


def test_checksum_of_the_example_in_rfc_1071() -> None:
    assert internet_checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xDDF2 ^ 0xFFFF


def test_a_datagram_needs_addresses() -> None:
    with pytest.raises(ValueError, match=r"^a datagram on the wire needs a source and a destination$"):
        datagram(Packet(0, Link.WIRE, b""))


def test_addresses_must_be_of_one_version() -> None:
    packet = Packet(0, Link.WIRE, b"", Endpoint("127.0.0.1", 1), Endpoint("::1", 2))
    with pytest.raises(ValueError, match=r"^127\.0\.0\.1:1 and \[::1\]:2 are of different IP versions$"):
        datagram(packet)


@pytest.mark.tshark
def test_tshark_dissects_air_and_wire(capture: Path) -> None:
    fields = ("frame.interface_name", "eapol.type", "radius.code", "radius.User_Name")
    options = [option for field in fields for option in ("-e", field)]
    lines = _tshark(capture, "-T", "fields", "-E", "separator=|", *options).splitlines()
    assert lines == ["air|1||", "wire||1|nemo", "wire||2|"]


@pytest.mark.tshark
def test_tshark_finds_every_checksum_good(capture: Path) -> None:
    options = ("-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
    fields = ("-T", "fields", "-e", "ip.checksum.status", "-e", "udp.checksum.status", "-Y", "radius")
    assert _tshark(capture, *options, *fields).split() == ["1", "1"] * 2


@pytest.mark.tshark
def test_tshark_shows_comments_and_times(capture: Path) -> None:
    fields = ("-T", "fields", "-E", "separator=|", "-e", "frame.time_epoch", "-e", "frame.comment")
    lines = _tshark(capture, "-Y", "radius.code==1", *fields).splitlines()
    assert [line.split("|")[1] for line in lines] == ["first request"]
    assert float(lines[0].split("|")[0]) == pytest.approx(100.001 + OFFSET, abs=1e-6)
