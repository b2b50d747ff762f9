from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.device.device import Device
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool, KeyType
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Defect, Profile

SPECS = {
    spec.name: spec
    for spec in (
        CertificateSpec("root", Profile.ROOT_CA),
        CertificateSpec("other-root", Profile.ROOT_CA),
        CertificateSpec("middle", Profile.INTERMEDIATE_CA, "root"),
        CertificateSpec("below", Profile.CLIENT, "middle"),
        CertificateSpec("thermostat", Profile.CLIENT, "root", cn="thermostat-7"),
        CertificateSpec("pump", Profile.CLIENT, "root", cn="pump-1"),
        CertificateSpec("rsa", Profile.CLIENT, "root", key=KeyType.RSA_2048),
        CertificateSpec("ed25519", Profile.CLIENT, "root", key=KeyType.ED25519),
        CertificateSpec("expired", Profile.CLIENT, "root", defect=Defect.EXPIRED),
        CertificateSpec("future", Profile.CLIENT, "root", defect=Defect.NOT_YET_VALID),
        CertificateSpec("crossed", Profile.CLIENT, "root", defect=Defect.KEY_MISMATCH),
    )
}
NOW = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def made() -> dict[str, Credential]:
    mint = Mint(KeyPool(), NOW)
    return {name: mint.issue(name, SPECS) for name in SPECS}


@pytest.fixture
def device() -> Device:
    return Device("thermostat", bytes.fromhex("020000000007"), lambda: NOW)
