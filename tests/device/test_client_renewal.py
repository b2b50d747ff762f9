from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from harness.device.client_renewal import (
    CLIENT_BY_BOOTSTRAP,
    CLIENT_BY_TRIAL,
    CLIENT_IN_PLACE,
    CLIENT_TRIAL_BACK,
    ClientRenewal,
)
from harness.device.device import Device
from harness.device.flash import SimulatedFlash
from harness.device.manifest import Capability, Manifest
from harness.device.network import Network, Security
from harness.device.procedure import Step, StepResult, run, select
from harness.device.profile import DEFAULT_PROFILE, DeviceProfile
from harness.device.supplication import NotReady, Supplication
from harness.device.trouble import PowerCut
from harness.outcome import Cause
from harness.pki.credential import Credential

Made = dict[str, Credential]
Steps = tuple[Step[ClientRenewal], ...]
NOW = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)
CORP = Network("corp", "CORP", client_cert_id="client-1", root_ca_cert_id="root-1", client_id="thermostat-7")
MANIFEST = Manifest(frozenset(Capability))
TRIAL = [step.id for step in CLIENT_BY_TRIAL]


def provisioned(made: Made, profile: DeviceProfile = DEFAULT_PROFILE) -> tuple[Device, SimulatedFlash]:
    flash = SimulatedFlash(profile)
    device = Device("t", bytes(6), lambda: NOW, profile, flash)
    old = made["thermostat"]
    device.store.install_client("client-1", old.certificate_pem(), old.key_pem())
    device.store.install_root_ca("root-1", made["root"].certificate_pem())
    device.wifi.add(CORP)
    device.wifi.add(Network("boot", "GUEST", security=Security.OPEN, enabled=False))
    device.wifi.reload()
    return device, flash


@pytest.fixture
def plan(made: Made) -> ClientRenewal:
    new = made["pump"]
    return ClientRenewal(
        "corp",
        "client-1",
        new.certificate_pem(),
        new.key_pem("pw"),
        "pw",
        copy="corp-new",
        new_id="client-2",
        bootstrap="boot",
    )


def do(device: Device, plan: ClientRenewal, steps: Steps, *wanted: str) -> list[StepResult]:
    """Do steps; when a check asks, the device is connected to the network that is tried."""
    results: list[StepResult] = []
    for step in select(steps, *wanted) if wanted else steps:
        if step.id.endswith(".check"):
            device.joined(plan.copy if step.id == "B4.check" else plan.bootstrap)
        results += run([step], device.application(MANIFEST), plan)
        if not results[-1].ok:
            break
    return results


def shown(device: Device) -> set[tuple[str, str]]:
    """Return subject and identity that the device can show on its enabled EAP-TLS networks."""
    prepared = [device.prepare(number) for number in device.candidates()]
    return {
        (one.credential.certificate.subject.rfc4514_string(), one.identity)
        for one in prepared
        if isinstance(one, Supplication) and one.credential
    }


OLD, NEW = ("CN=thermostat-7", "thermostat-7"), ("CN=pump-1", "thermostat-7")
RENAMED = ("CN=pump-1", "pump-1")


@pytest.mark.catalogue("I01")
def test_in_place_there_is_one_change(made: Made, plan: ClientRenewal) -> None:
    device, _ = provisioned(made)
    assert all(result.ok for result in do(device, plan, CLIENT_IN_PLACE, "A1"))
    assert shown(device) == {OLD}
    assert all(result.ok for result in do(device, plan, CLIENT_IN_PLACE, "A2", "A3"))
    assert shown(device) == {NEW}
    assert device.store.identifiers() == ("client-1", "root-1")


@pytest.mark.catalogue("I02")
def test_in_place_there_is_no_way_back(made: Made, plan: ClientRenewal) -> None:
    device, _ = provisioned(made)
    do(device, plan, CLIENT_IN_PLACE)
    device.power_cut()
    assert OLD not in shown(device)


@pytest.mark.catalogue("I03")
def test_a_trial_that_is_accepted_ends_with_one_network(made: Made, plan: ClientRenewal) -> None:
    device, _ = provisioned(made)
    results = do(device, replace(plan, identity="pump-1"), CLIENT_BY_TRIAL)
    assert results == [StepResult(step, ok=True) for step in TRIAL]
    assert device.wifi.get("corp") == replace(CORP, client_id="pump-1")
    assert device.wifi.get("corp-new") is None
    assert device.store.identifiers() == ("client-1", "root-1")
    assert shown(device) == {RENAMED}
    assert not device.wifi.unsaved


@pytest.mark.catalogue("I04")
def test_a_trial_that_is_refused_is_undone(made: Made, plan: ClientRenewal) -> None:
    device, _ = provisioned(made)
    space = device.store.available_space()
    do(device, plan, CLIENT_BY_TRIAL, *TRIAL[: TRIAL.index("B4.check")])
    assert shown(device) == {NEW}
    device.joined("boot")
    (refused,) = run(select(CLIENT_BY_TRIAL, "B4"), device.application(MANIFEST), plan)
    assert (refused.errno, refused.text) == ("EAGAIN", "the device is not connected to network 'corp-new'")
    assert all(result.ok for result in do(device, plan, CLIENT_TRIAL_BACK))
    assert shown(device) == {OLD}
    assert device.store.available_space() == space
    device.power_cut()
    assert shown(device) == {OLD}


@pytest.mark.catalogue("B18")
@pytest.mark.parametrize("identity", [None, "pump-1"])
def test_a_power_cut_during_the_trial_leaves_a_network_that_connects(
    made: Made, plan: ClientRenewal, identity: str | None
) -> None:
    plan = replace(plan, identity=identity)
    accepted = {OLD, RENAMED if identity else NEW}
    device, flash = provisioned(made)
    before = flash.points
    do(device, plan, CLIENT_BY_TRIAL)
    points = flash.points - before
    assert points == 20
    for point in range(1, points + 1):
        device, flash = provisioned(made)
        flash.cut_at(point, torn=200)
        finished: list[str] = []
        try:
            for step in TRIAL:
                do(device, plan, CLIENT_BY_TRIAL, step)
                finished.append(step)
        except PowerCut:
            device.reboot()
        assert finished != TRIAL
        assert shown(device) & accepted
        if "B4.check" not in finished:
            assert OLD in shown(device)


@pytest.mark.parametrize("done", range(len(TRIAL) + 1))
def test_power_may_be_cut_between_any_two_steps(made: Made, plan: ClientRenewal, done: int) -> None:
    device, _ = provisioned(made)
    do(device, replace(plan, identity="pump-1"), CLIENT_BY_TRIAL, *TRIAL[:done])
    device.power_cut()
    assert shown(device) & {OLD, RENAMED}


@pytest.mark.catalogue("I05")
def test_a_trial_under_the_same_id_breaks_the_original(made: Made, plan: ClientRenewal) -> None:
    device, _ = provisioned(made)
    same = replace(plan, new_id="client-1")
    do(device, same, CLIENT_BY_TRIAL, "B1", "B2")
    assert shown(device) == {NEW}


@pytest.mark.catalogue("I06")
def test_a_rename_and_a_move_without_reload_dangle(made: Made, plan: ClientRenewal) -> None:
    device, _ = provisioned(made)
    do(device, plan, CLIENT_BY_TRIAL, "B1", "B2")
    device.wifi.forget("corp")
    device.wifi.set("corp-new", name="corp")
    do(device, plan, CLIENT_BY_TRIAL, "B7.persist", "B7.reload", "B6")
    assert shown(device) == {NEW}
    device.wifi.reload()
    dangling = device.prepare("corp")
    assert isinstance(dangling, NotReady)
    assert dangling.cause is Cause.CLIENT_CERTIFICATE_MISSING


@pytest.mark.catalogue("I08")
def test_an_expired_certificate_is_renewed_over_the_bootstrap_network(
    made: Made, plan: ClientRenewal
) -> None:
    device, _ = provisioned(made)
    results = do(device, plan, CLIENT_BY_BOOTSTRAP)
    assert [result.step for result in results] == [step.id for step in CLIENT_BY_BOOTSTRAP]
    assert all(result.ok for result in results)
    assert shown(device) == {NEW}
    boot = device.wifi.get("boot")
    assert boot is not None
    assert not boot.enabled


@pytest.mark.catalogue("I09")
def test_without_a_bootstrap_network_there_is_only_the_cable(made: Made, plan: ClientRenewal) -> None:
    device, _ = provisioned(made)
    device.wifi.forget("boot")
    device.wifi.persist()
    (refused,) = do(device, plan, CLIENT_BY_BOOTSTRAP)
    assert (refused.step, refused.errno) == ("C1.enable", "ENODEV")
    assert list(run(CLIENT_IN_PLACE, device.application(None), plan))[-1].ok
    assert shown(device) == {NEW}


def test_a_power_cut_does_not_leave_the_bootstrap_network_enabled(made: Made, plan: ClientRenewal) -> None:
    for done in range(len(CLIENT_BY_BOOTSTRAP) + 1):
        device, _ = provisioned(made)
        names = [step.id for step in CLIENT_BY_BOOTSTRAP[:done]]
        if names:
            do(device, plan, CLIENT_BY_BOOTSTRAP, *names)
        device.power_cut()
        boot = device.wifi.get("boot")
        assert boot is not None
        assert not boot.enabled


@pytest.mark.catalogue("I10")
def test_a_new_certificate_with_the_old_identity(made: Made, plan: ClientRenewal) -> None:
    device, _ = provisioned(made)
    do(device, plan, CLIENT_BY_TRIAL)
    assert shown(device) == {NEW}
    assert shown(device) != {RENAMED}


@pytest.mark.catalogue("I11")
def test_another_devices_key_is_refused_and_its_whole_pair_is_not(made: Made, plan: ClientRenewal) -> None:
    device, _ = provisioned(made)
    crossed = replace(plan, key=made["rsa"].key_pem(), password=None)
    result = do(device, crossed, CLIENT_IN_PLACE)[-1]
    assert (result.step, result.errno) == ("A1.install", "EINVAL")
    assert result.text == "the private key does not belong to the certificate"
    assert shown(device) == {OLD}
    assert do(device, plan, CLIENT_IN_PLACE)[-1].ok


@pytest.mark.catalogue("C04")
def test_missing_room_is_noticed_before_anything_changes(made: Made, plan: ClientRenewal) -> None:
    device, _ = provisioned(made)
    needed = len(plan.certificate) + len(plan.key) + 2
    used = device.profile.store_bytes - device.store.available_space()
    device, _ = provisioned(made, DeviceProfile(store_bytes=used + needed - 1))
    (refused,) = do(device, plan, CLIENT_BY_TRIAL)
    assert (refused.step, refused.errno) == ("B1.space", "ENOSPC")
    assert shown(device) == {OLD}


@pytest.mark.catalogue("C06")
def test_abandoned_trials_take_space_until_they_are_undone(made: Made, plan: ClientRenewal) -> None:
    device, _ = provisioned(made)
    space = device.store.available_space()
    for number in range(3):
        do(device, replace(plan, new_id=f"try-{number}"), CLIENT_BY_TRIAL, "B1")
    assert device.store.available_space() < space
    assert device.store.identifiers()[2:] == ("try-0", "try-1", "try-2")
    for number in range(3):
        do(device, replace(plan, new_id=f"try-{number}"), CLIENT_TRIAL_BACK, "X4")
    assert device.store.available_space() == space


def test_a_plan_keeps_its_secrets() -> None:
    plan = ClientRenewal("corp", "client-1", b"", b"hush-key", "hush-word")
    assert "hush" not in repr(plan)
