from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from harness.device.application import Application
from harness.device.bootstrap.attestation import DeviceAuth
from harness.device.bootstrap.machine import Bootstrap
from harness.device.bootstrap.plan import (
    GALLERY,
    Answered,
    Authenticate,
    Call,
    Defect,
    Ended,
    Ending,
    Given,
    Join,
    Joined,
    Need,
    Plan,
    Unanswered,
)
from harness.device.device import Device
from harness.device.manifest import Capability, DeviceAuthResult, Manifest
from harness.device.network import Network, Security
from harness.pki.credential import Credential

PLAN = Plan("https://certs.corp.example/api/certs")
AUTH = DeviceAuth(DeviceAuthResult.OK)


@pytest.fixture
def application(device: Device) -> Application:
    device.wifi.add(Network("bootstrap", "VISITORS", security=Security.OPEN))
    return device.application(Manifest(frozenset(Capability)))


def answer(made: dict[str, Credential], **changes: Any) -> Answered:
    fields = {
        "timestamp": "",
        "rootCACertificate": made["root"].certificate_pem().decode(),
        "eapTlsNetworkSsid": "CORP",
        "clientIdentity": "thermostat-7",
        "clientPublicCertificate": made["thermostat"].certificate_pem().decode(),
        "clientPrivateKey": made["thermostat"].key_pem().decode(),
        "clientPrivateKeyPass": "",
    }
    return Answered(200, json.dumps({**fields, **changes}).encode())


class World:
    """Answers what the machine asks for from a script, in order, and remembers what it asked."""

    def __init__(self, *calls: Answered | Unanswered, joins: tuple[Joined, ...] = ()) -> None:
        self.calls, self.joins = list(calls), list(joins)
        self.asked: list[Need] = []

    def run(self, machine: Bootstrap) -> Ending:
        generator = machine.run()
        try:
            need = next(generator)
            while True:
                self.asked.append(need)
                need = generator.send(self._give(need))
        except StopIteration as stop:
            ending: Ending = stop.value
            return ending

    def _give(self, need: Need) -> Given:
        match need:
            case Join(network):
                return Joined(ok=True) if network == "bootstrap" or not self.joins else self.joins.pop(0)
            case Authenticate():
                return AUTH
            case Call():
                return self.calls.pop(0)


def ids(application: Application) -> list[str]:
    count = application.certificates.get_certificate_count().value or 0
    found = [application.certificates.get_certificate_identifier_at(index).value for index in range(count)]
    return [one for one in found if one]


def test_an_empty_device_asks_for_both_and_connects(
    application: Application, made: dict[str, Credential]
) -> None:
    world, machine = World(answer(made)), Bootstrap(application, PLAN)
    assert world.run(machine).ended is Ended.CONNECTED
    assert world.asked == [
        Join("bootstrap"),
        Authenticate(),
        Call(f"{PLAN.url}?needRootCACertificate=true&needClientCertificate=true"),
        Join("corp"),
    ]
    network = application.wifi.get_network("corp").value
    assert network is not None
    assert (network.ssid, network.client_id, network.root_ca_cert_id, network.client_cert_id) == (
        "CORP",
        "thermostat-7",
        "RadiusRootCA",
        "RadiusClient",
    )
    again = World()
    assert again.run(Bootstrap(application, PLAN)).ended is Ended.CONNECTED
    assert again.asked == [Join("corp")]


def test_without_the_capability_the_store_refuses_and_nothing_is_configured(
    device: Device, made: dict[str, Credential]
) -> None:
    device.wifi.add(Network("bootstrap", "VISITORS", security=Security.OPEN))
    application = device.application(Manifest(frozenset({Capability.WIFI_CONFIG})))
    ending = World(answer(made)).run(Bootstrap(application, PLAN))
    assert (ending.ended, ending.place, ending.cause) == (Ended.INSTALL_REFUSED, "RadiusRootCA", "EACCES")
    assert [network.name for network in device.wifi.networks()] == ["bootstrap"]


def test_a_full_store_is_noticed_before_anything_is_changed(
    application: Application, made: dict[str, Credential]
) -> None:
    chunk = made["root"].certificate_pem()
    number = 0
    while (application.certificates.get_available_space().value or 0) > 2 * len(chunk):
        number += 1
        application.certificates.install_root_ca_certificate(f"other-{number}", chunk)
    before = ids(application)
    ending = World(answer(made)).run(Bootstrap(application, PLAN))
    assert (ending.ended, ending.place, ending.cause) == (Ended.NO_ROOM, "store", "out-of-space")
    assert ids(application) == before


def test_a_prefix_of_an_id_is_not_that_certificate(
    application: Application, made: dict[str, Credential]
) -> None:
    application.certificates.install_root_ca_certificate("Radius", made["root"].certificate_pem())
    machine = Bootstrap(application, PLAN)
    assert World(answer(made)).run(machine).ended is Ended.CONNECTED
    assert machine.progress.asked == ["root-ca", "client"]


def test_the_sample_takes_a_prefix_for_the_whole(
    application: Application, made: dict[str, Credential]
) -> None:
    application.certificates.install_root_ca_certificate("Radius", made["root"].certificate_pem())
    machine = Bootstrap(application, replace(PLAN, defects=frozenset({Defect.PREFIX_MATCH})))
    world = World(answer(made))
    ending = world.run(machine)
    # It believes that both are there, finds no network, and asks for both after all.
    assert (ending.ended, machine.progress.asked) == (Ended.CONNECTED, ["root-ca", "client"])


@pytest.mark.parametrize(
    ("error", "cert_error", "asked"),
    [
        (5, 101, ["root-ca"]),
        (5, 102, ["client"]),
        (5, 103, ["client"]),
        (5, 4, ["root-ca", "client"]),
        (5, None, ["root-ca", "client"]),
        (2, None, ["root-ca", "client"]),
    ],
)
@pytest.mark.catalogue("device-J23")
def test_what_the_diagnostics_say_is_what_is_asked_for(
    application: Application,
    made: dict[str, Credential],
    error: int,
    cert_error: int | None,
    asked: list[str],
) -> None:
    assert World(answer(made)).run(Bootstrap(application, PLAN)).ended is Ended.CONNECTED
    machine = Bootstrap(application, PLAN)
    world = World(answer(made), joins=(Joined(False, error, cert_error), Joined(ok=True), Joined(ok=True)))
    assert world.run(machine).ended is Ended.CONNECTED
    assert (machine.progress.asked, machine.progress.calls) == (asked, 1)
    assert ids(application) == ["RadiusRootCA", "RadiusClient"]
    trial = [need for need in world.asked if need == Join("corp-next")]
    assert len(trial) == (0 if error == 2 else 1)


@pytest.mark.parametrize("error", [1, 3, 4, 6, 7, 8, 9, 10])
def test_other_errors_are_not_for_the_service_to_mend(
    application: Application, made: dict[str, Credential], error: int
) -> None:
    assert World(answer(made)).run(Bootstrap(application, PLAN)).ended is Ended.CONNECTED
    machine = Bootstrap(application, PLAN)
    ending = World(joins=(Joined(False, error),)).run(machine)
    assert (ending.ended, ending.error, machine.progress.calls) == (Ended.NOT_CONNECTED, error, 0)


def test_what_the_server_never_takes_is_asked_for_twice_at_most(
    application: Application, made: dict[str, Credential]
) -> None:
    machine = Bootstrap(application, PLAN)
    never = tuple(Joined(False, 5, 102) for _ in range(9))
    ending = World(*(answer(made) for _ in range(9)), joins=never).run(machine)
    assert (ending.ended, machine.progress.calls) == (Ended.TRIAL_FAILED, 2)
    assert ids(application) == ["RadiusRootCA", "RadiusClient"]


def test_a_call_that_fails_changes_nothing_and_is_named(
    application: Application, made: dict[str, Credential]
) -> None:
    ending = World(Unanswered("tls", "timed-out", "late")).run(Bootstrap(application, PLAN))
    assert ending == Ending(Ended.CALL_FAILED, "tls", "timed-out", "late")
    assert ids(application) == []


def test_the_sample_as_it_is_connects_when_all_is_well(
    application: Application, made: dict[str, Credential]
) -> None:
    machine = Bootstrap(application, replace(PLAN, defects=GALLERY))
    assert World(answer(made)).run(machine).ended is Ended.CONNECTED
    assert machine.progress.key_logged
