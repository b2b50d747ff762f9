from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.drivers import blocking
from harness.observation import Stage
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.protocol.association import Association
from harness.protocol.authenticator import AccessPoint
from harness.protocol.station import Station
from harness.protocol.tls import TlsContext
from harness.protocol.tls_policy import TlsPolicy
from harness.report.pcapng import encode
from harness.server.backend import Server
from harness.server.process import ProcessBackend
from harness.server.settings import ServerSettings
from harness.trace import Recorder

pytestmark = [pytest.mark.server, pytest.mark.tshark]
SPECS = {
    "root": CertificateSpec("root", Profile.ROOT_CA),
    "radius": CertificateSpec("radius", Profile.SERVER, issuer="root", dns=("radius.corp.example",)),
    "device": CertificateSpec("device", Profile.CLIENT, issuer="root"),
}
FINISHED = "Handshake Type: Finished (20)"
"""Always encrypted: seen in both directions only by who has the secrets."""


@pytest.fixture(scope="module")
def mint() -> Mint:
    return Mint(KeyPool(), datetime.now(UTC))


@pytest.fixture(scope="module")
def server(mint: Mint) -> Iterator[Server]:
    backend = ProcessBackend()
    credential, root = mint.issue("radius", SPECS), mint.issue("root", SPECS)
    yield backend.launch(ServerSettings(credential, (root.certificate,)))
    backend.close()


def _associate(server: Server, mint: Mint, version: str) -> Recorder:
    root = mint.issue("root", SPECS).certificate
    policy = TlsPolicy(mint.issue("device", SPECS), root, datetime.now(UTC), tls_min=version, tls_max=version)
    station = Station("CORP", bytes.fromhex("020000000001"), "device", TlsContext(policy, key_log=True))
    point = AccessPoint("CORP", bytes.fromhex("020000000002"), server.secret)
    recorder = Recorder()
    association = Association(station, point, server.endpoint, os.urandom, recorder=recorder)
    observation = blocking.run(association)
    assert observation is not None
    assert observation.stage is Stage.COMPLETE
    return recorder


def _tshark(file: Path, server: Server, *arguments: str) -> list[str]:
    command = ["tshark", "-r", str(file), "-d", f"udp.port=={server.endpoint.port},radius", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def _count(file: Path, server: Server, text: str, link: str) -> int:
    lines = _tshark(file, server, "-V", "-Y", f'frame.interface_name == "{link}"')
    return sum(text in line for line in lines)


@pytest.mark.parametrize("link", ["air", "wire"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_wireshark_opens_the_capture_decrypted(
    version: str, link: str, server: Server, mint: Mint, tmp_path: Path
) -> None:
    file = tmp_path / "capture.pcapng"
    file.write_bytes(encode([_associate(server, mint, version)], offset=0.0))
    assert _count(file, server, FINISHED, link) == 2
    # The protected success of RFC 9190 2.5 is one octet of application data.
    assert _count(file, server, "Data: 00", link) == (version == "1.3")


def test_without_the_secrets_it_is_not_decrypted(server: Server, mint: Mint, tmp_path: Path) -> None:
    recorder = _associate(server, mint, "1.3")
    recorder.key_log.clear()
    file = tmp_path / "capture.pcapng"
    file.write_bytes(encode([recorder], offset=0.0))
    assert _count(file, server, FINISHED, "wire") == 0


@pytest.mark.parametrize("link", ["air", "wire"])
def test_all_associations_of_a_case_are_decrypted(
    link: str, server: Server, mint: Mint, tmp_path: Path
) -> None:
    recorders = [_associate(server, mint, version) for version in ("1.3", "1.2", "1.3")]
    file = tmp_path / "capture.pcapng"
    file.write_bytes(encode(recorders, offset=0.0))
    assert _count(file, server, FINISHED, link) == 2 * 3


def test_nothing_in_it_is_malformed(server: Server, mint: Mint, tmp_path: Path) -> None:
    file = tmp_path / "capture.pcapng"
    file.write_bytes(encode([_associate(server, mint, "1.2")], offset=0.0))
    assert _tshark(file, server, "-Y", "_ws.malformed") == []
    kinds = set(_tshark(file, server, "-T", "fields", "-e", "frame.protocols"))
    assert any("eapol" in kind for kind in kinds)
    assert any("radius" in kind for kind in kinds)
