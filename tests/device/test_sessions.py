"""What makes a device forget the TLS session of a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from harness.device.device import Device
from harness.device.network import Network, Security
from harness.device.profile import DEFAULT_PROFILE
from harness.device.supplication import Supplication
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile

NOW = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)
SESSION = object()


@pytest.fixture(scope="module")
def client() -> Credential:
    specs = {
        "root": CertificateSpec("root", Profile.ROOT_CA),
        "client": CertificateSpec("client", Profile.CLIENT, "root"),
    }
    return Mint(KeyPool(), NOW).issue("client", specs)


@pytest.fixture
def device(client: Credential) -> Device:
    made = Device("thermostat", bytes.fromhex("02000000de01"), lambda: NOW)
    pem = client.certificate_pem().decode(), client.key_pem().decode()
    assert made.store.install_client("c", *pem).ok
    made.wifi.reload()
    for name in ("corp", "guest"):
        network = Network(name, name.upper(), client_cert_id="c", enabled=True, security=Security.EAP_TLS)
        assert made.wifi.add(network).ok
    for number in (0, 1):
        made.wifi.sessions.keep(number, SESSION)
    return made


def offered(device: Device, network: str = "corp") -> object:
    ready = device.prepare(network)
    assert isinstance(ready, Supplication)
    return ready.session


def test_a_session_is_brought_to_the_next_association(device: Device) -> None:
    assert offered(device) is SESSION
    device.wifi.links.disconnect()
    assert offered(device) is SESSION


def _off_and_on(device: Device) -> None:
    device.wifi.disable("corp")
    device.wifi.enable("corp")


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        (lambda device: device.reboot(), (None, None)),
        (lambda device: device.power_cut(), (None, None)),
        (lambda device: device.wifi.reload(), (None, None)),
        (lambda device: device.wifi.set("corp", client_id="somebody"), (None, SESSION)),
        (lambda device: device.wifi.set("corp", root_ca_cert_id="r"), (None, SESSION)),
        (lambda device: device.wifi.set("corp", server_name="radius"), (None, SESSION)),
        (lambda device: device.wifi.set("corp", server_name=None), (SESSION, SESSION)),
        (lambda device: device.wifi.forget("corp"), (None, SESSION)),
        (_off_and_on, (SESSION, SESSION)),
        (lambda device: device.clock.set(NOW.replace(year=2040)), (SESSION, SESSION)),
    ],
)
def test_what_makes_it_forget(
    device: Device, event: Callable[[Device], object], kept: tuple[object, object]
) -> None:
    event(device)
    assert (device.wifi.sessions.get(0), device.wifi.sessions.get(1)) == kept


def test_an_association_without_a_session_leaves_none(device: Device) -> None:
    device.wifi.sessions.keep(0, None)
    assert offered(device) is None
    assert offered(device, "guest") is SESSION


def test_a_device_that_is_told_not_to_keeps_none() -> None:
    profile = replace(DEFAULT_PROFILE, resume_sessions=False)
    device = Device("thermostat", bytes.fromhex("02000000de01"), lambda: NOW, profile)
    device.wifi.sessions.keep(0, SESSION)
    assert device.wifi.sessions.get(0) is None
