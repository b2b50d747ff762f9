from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from harness.device.device import Device
from harness.device.flash import SimulatedFlash
from harness.device.manifest import Capability, Manifest
from harness.device.network import Network
from harness.device.procedure import StepResult, run, select
from harness.device.profile import DEFAULT_PROFILE, DeviceProfile
from harness.device.root_renewal import ROOT_RENEWAL, RootRenewal
from harness.device.supplication import NotReady, Supplication
from harness.device.trouble import PowerCut
from harness.outcome import Cause
from harness.pki.credential import Credential

Made = dict[str, Credential]
NOW = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)
CORP = Network("corp", "CORP", client_cert_id="client-1", root_ca_cert_id="A", client_id="thermostat-7")
STEPS = [step.id for step in ROOT_RENEWAL]
MANIFEST = Manifest(frozenset(Capability))


def provisioned(made: Made, profile: DeviceProfile = DEFAULT_PROFILE) -> tuple[Device, SimulatedFlash]:
    flash = SimulatedFlash(profile)
    device = Device("t", bytes(6), lambda: NOW, profile, flash)
    thermostat = made["thermostat"]
    device.store.install_client("client-1", thermostat.certificate_pem(), thermostat.key_pem())
    device.store.install_root_ca("A", made["root"].certificate_pem())
    device.wifi.add(CORP)
    device.wifi.reload()
    return device, flash


@pytest.fixture
def plan(made: Made) -> RootRenewal:
    return RootRenewal("corp", "corp-new", "A", "B", made["other-root"].certificate_pem())


def do(device: Device, plan: RootRenewal, *wanted: str) -> list[StepResult]:
    """Do steps; when R3 asks, the server has changed over and the device has moved to the copy."""
    results: list[StepResult] = []
    for step in select(ROOT_RENEWAL, *wanted):
        if step.id == "R3.check":
            device.joined(plan.copy)
        results += run([step], device.application(MANIFEST), plan)
        if not results[-1].ok:
            break
    return results


def reaches(device: Device, root: Credential) -> bool:
    """Whether an enabled network trusts a server of that root CA."""
    prepared = [device.prepare(number) for number in device.candidates()]
    return any(isinstance(one, Supplication) and one.root_ca == root.certificate for one in prepared)


@pytest.mark.catalogue("H01")
def test_the_right_order_renews_the_root_ca(made: Made, plan: RootRenewal) -> None:
    device, _ = provisioned(made)
    assert do(device, plan, *STEPS) == [StepResult(step, ok=True) for step in STEPS]
    assert device.wifi.networks() == (CORP,)
    assert device.store.identifiers() == ("client-1", "A")
    assert reaches(device, made["other-root"])
    assert not device.wifi.unsaved


@pytest.mark.catalogue("H08")
@pytest.mark.parametrize("done", range(len(STEPS) + 1))
def test_power_may_be_cut_between_any_two_steps(made: Made, plan: RootRenewal, done: int) -> None:
    device, _ = provisioned(made)
    do(device, plan, *STEPS[:done])
    device.power_cut()
    if "R3.check" not in STEPS[:done]:
        assert reaches(device, made["root"])
    if "R2.persist" in STEPS[:done]:
        assert reaches(device, made["other-root"])


@pytest.mark.catalogue("B18")
def test_power_may_be_cut_at_any_write_point(made: Made, plan: RootRenewal) -> None:
    device, flash = provisioned(made)
    before = flash.points
    do(device, plan, *STEPS)
    # Four saves (install, persist, move, persist) of four write points each.
    points = flash.points - before
    assert points == 16
    for point in range(1, points + 1):
        device, flash = provisioned(made)
        flash.cut_at(point, torn=300)
        finished: list[str] = []
        try:
            for step in STEPS:
                do(device, plan, step)
                finished.append(step)
        except PowerCut:
            device.reboot()
        assert finished != STEPS
        assert reaches(device, made["root" if "R3.check" not in finished else "other-root"])


@pytest.mark.catalogue("H09")
def test_forgetting_before_moving_is_an_outage_after_a_power_cut(made: Made, plan: RootRenewal) -> None:
    device, _ = provisioned(made)
    order = ["R0", "R1", "R2", "R3", "R5.forget", "R5.persist"]
    assert all(result.ok for result in do(device, plan, *order))
    device.power_cut()
    assert reaches(device, made["root"])
    assert not reaches(device, made["other-root"])
    do(device, plan, "R4", "R5.reload")
    assert reaches(device, made["other-root"])


@pytest.mark.catalogue("H08", "B14")
def test_after_the_move_the_copy_dangles(made: Made, plan: RootRenewal) -> None:
    device, _ = provisioned(made)
    do(device, plan, "R0", "R1", "R2", "R3", "R4")
    assert reaches(device, made["other-root"])
    device.power_cut()
    dangling = device.prepare("corp-new")
    assert isinstance(dangling, NotReady)
    assert dangling.cause is Cause.ROOT_CA_MISSING
    corp = device.prepare("corp")
    assert isinstance(corp, Supplication)
    assert corp.root_ca == made["other-root"].certificate


@pytest.mark.catalogue("H04")
def test_a_root_ca_that_no_network_names_does_not_help(made: Made, plan: RootRenewal) -> None:
    device, _ = provisioned(made)
    do(device, plan, "R0", "R1")
    device.wifi.reload()
    assert not reaches(device, made["other-root"])


@pytest.mark.catalogue("H05")
def test_the_same_id_is_a_knife_edge(made: Made, plan: RootRenewal) -> None:
    device, _ = provisioned(made)
    assert do(device, replace(plan, new_root_id="A"), "R1")[-1].ok
    assert reaches(device, made["root"])
    device.wifi.reload()
    assert not reaches(device, made["root"])


@pytest.mark.catalogue("H06")
def test_without_reload_the_copy_cannot_be_used(made: Made, plan: RootRenewal) -> None:
    device, _ = provisioned(made)
    do(device, plan, "R0", "R1", "R2.duplicate", "R2.point", "R2.enable", "R2.persist")
    copy = device.prepare("corp-new")
    assert isinstance(copy, NotReady)
    assert copy.cause is Cause.ROOT_CA_MISSING


@pytest.mark.catalogue("H07", "E08")
def test_a_copy_that_is_not_enabled_is_no_help(made: Made, plan: RootRenewal) -> None:
    device, _ = provisioned(made)
    do(device, plan, "R0", "R1", "R2.duplicate", "R2.point", "R2.persist", "R2.reload")
    assert not reaches(device, made["other-root"])


@pytest.mark.catalogue("E01", "E02")
@pytest.mark.parametrize("order", [("R2.reload",), ("R2.reload", "R2.persist")])
def test_a_copy_that_is_not_persisted_is_lost(made: Made, plan: RootRenewal, order: tuple[str, ...]) -> None:
    device, _ = provisioned(made)
    do(device, plan, "R0", "R1", "R2.duplicate", "R2.point", "R2.enable", *order)
    device.power_cut()
    assert device.wifi.networks() == (CORP,)


@pytest.mark.catalogue("H11")
def test_a_server_that_goes_back_to_the_old_root_ca(made: Made, plan: RootRenewal) -> None:
    device, _ = provisioned(made)
    do(device, plan, "R0", "R1", "R2")
    assert reaches(device, made["root"])
    do(device, plan, "R3", "R4", "R5")
    assert not reaches(device, made["root"])


@pytest.mark.catalogue("H13")
def test_a_wrong_new_root_ca_does_no_harm(made: Made, plan: RootRenewal) -> None:
    device, _ = provisioned(made)
    do(device, replace(plan, root_ca=made["pump"].certificate_pem()), "R0", "R1", "R2")
    assert reaches(device, made["root"])
    broken = replace(plan, new_root_id="C", root_ca=b"nonsense")
    assert do(device, broken, "R1")[-1] == StepResult(
        "R1.install", False, "EINVAL", "the certificate is not PEM"
    )


@pytest.mark.catalogue("H16", "C04")
def test_missing_room_is_noticed_before_anything_changes(made: Made, plan: RootRenewal) -> None:
    device, _ = provisioned(made)
    needed = len(plan.root_ca)
    tight = DeviceProfile(
        store_bytes=device.profile.store_bytes - device.store.available_space() + needed - 1
    )
    device, _ = provisioned(made, tight)
    text = f"the new certificate needs {needed} bytes beside the old one, and {needed - 1} are free"
    assert do(device, plan, *STEPS) == [
        StepResult("R0.check", ok=True),
        StepResult("R1.space", False, "ENOSPC", text),
    ]
    assert device.store.identifiers() == ("client-1", "A")
    assert reaches(device, made["root"])


@pytest.mark.catalogue("E07")
def test_a_full_table_of_networks_stops_the_renewal_safely(made: Made, plan: RootRenewal) -> None:
    device, _ = provisioned(made, DeviceProfile(max_networks=1))
    result = do(device, plan, *STEPS)[-1]
    assert (result.step, result.errno) == ("R2.duplicate", "ENOMEM")
    device.power_cut()
    assert reaches(device, made["root"])


@pytest.mark.catalogue("E09")
@pytest.mark.parametrize(
    ("name", "errno"), [("corp", "EEXIST"), ("", "ERANGE"), ("corp-new-root-ca-2", "ERANGE")]
)
def test_the_copy_needs_a_name_of_its_own(made: Made, plan: RootRenewal, name: str, errno: str) -> None:
    device, _ = provisioned(made)
    result = do(device, replace(plan, copy=name), "R2")[-1]
    assert (result.step, result.errno) == ("R2.duplicate", errno)


def test_the_change_over_is_waited_for(made: Made, plan: RootRenewal) -> None:
    device, _ = provisioned(made)
    do(device, plan, "R0", "R1", "R2")
    device.joined("corp")
    (waiting,) = run(select(ROOT_RENEWAL, "R3"), device.application(MANIFEST), plan)
    assert (waiting.errno, waiting.text) == ("EAGAIN", "the device is not connected to network 'corp-new'")


def test_the_start_is_checked(made: Made, plan: RootRenewal) -> None:
    device, _ = provisioned(made)
    assert do(device, replace(plan, network="x"), "R0")[-1].errno == "ENODEV"
    text = "network 'corp' is not enabled with the root CA ID 'Z'"
    assert do(device, replace(plan, root_id="Z"), "R0")[-1] == StepResult("R0.check", False, "EINVAL", text)


def test_an_application_without_capabilities_gets_nowhere(made: Made, plan: RootRenewal) -> None:
    device, _ = provisioned(made)
    application = device.application(Manifest(frozenset({Capability.WIFI_CONFIG})))
    results = list(run(ROOT_RENEWAL, application, plan))
    assert [(result.step, result.errno) for result in results] == [("R0.check", ""), ("R1.space", "EACCES")]
