from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.device.device import Device
from harness.device.directory import make_device, open_device
from harness.device.failure_codes import CertError
from harness.device.links import ConfigState
from harness.device.network import Network, Security
from harness.device.powercut import CuttingDisk
from harness.device.profile import DeviceProfile
from harness.device.supplication import Supplication
from harness.device.trouble import DeviceBusy, DeviceDamaged, DeviceMissing, DeviceUnusable, PowerCut
from harness.outcome import Cause, Outcome, Verdict
from harness.pki.credential import Credential

Made = dict[str, Credential]
NOW = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)
MAC = bytes.fromhex("020000000007")
CORP = Network("corp", "CORP", client_cert_id="client-1", root_ca_cert_id="root-1", client_id="thermostat-7")
AGAIN = "restore it from a copy, or delete the directory and make the device anew"


def now() -> datetime:
    return NOW


@pytest.fixture
def home(tmp_path: Path) -> Path:
    make_device(tmp_path / "device", "thermostat", MAC)
    return tmp_path / "device"


def provision(device: Device, made: Made) -> None:
    pump = made["thermostat"]
    assert device.store.install_client("client-1", pump.certificate_pem(), pump.key_pem("pw"), "pw").ok
    assert device.store.install_root_ca("root-1", made["root"].certificate_pem()).ok
    assert device.wifi.add(CORP).ok


@pytest.mark.catalogue("D07")
def test_one_command_follows_another(home: Path, made: Made) -> None:
    with open_device(home, now) as device:
        provision(device, made)
    with open_device(home, now) as device:
        assert not isinstance(device.prepare("corp"), Supplication)
        device.wifi.reload()
    with open_device(home, now) as device:
        assert isinstance(device.prepare("corp"), Supplication)
        rsa = made["rsa"]
        device.store.install_client("client-1", rsa.certificate_pem(), rsa.key_pem())
    with open_device(home, now) as device:
        prepared = device.prepare("corp")
        assert isinstance(prepared, Supplication)
        assert prepared.credential == made["thermostat"]
        device.reboot()
        prepared = device.prepare("corp")
        assert isinstance(prepared, Supplication)
        assert prepared.credential == made["rsa"]


def test_memory_is_put_aside_and_everything_comes_back(tmp_path: Path, made: Made) -> None:
    home = tmp_path / "d"
    profile = DeviceProfile(rtc_battery=False, wrong_root_as=CertError.UNTRUSTED)
    make_device(home, "büro", MAC, profile)
    refused = Outcome(Verdict.REFUSED, Cause.SERVER_ISSUER_UNKNOWN, "x")
    with open_device(home, now) as device:
        provision(device, made)
        device.wifi.add(Network("guest", "GUEST", security=Security.OPEN), persist=False)
        device.wifi.interface_up = device.ready = False
        device.record_outcome("corp", refused)
        device.joined("guest")
        device.clock.advance(timedelta(hours=1))
        lost = device.clock.now()
        before = device
    with open_device(home, lambda: NOW + timedelta(seconds=5)) as device:
        assert (device.name, device.mac, device.profile) == ("büro", MAC, profile)
        assert device.store.snapshot() == before.store.snapshot()
        assert device.wifi.networks() == before.wifi.networks()
        assert device.wifi.unsaved
        assert device.wifi.loaded == before.wifi.loaded
        assert (device.wifi.interface_up, device.ready) == (False, False)
        assert dict(device.wifi.links.all()) == dict(before.wifi.links.all())
        assert (device.wifi.links.connected, device.wifi.links.history) == (1, before.wifi.links.history)
        assert device.wifi.config_state(0) is ConfigState.TEMP_DISABLED
        assert device.clock.now() == lost + timedelta(seconds=5)
    with open_device(home, lambda: NOW + timedelta(seconds=10)) as device:
        assert device.wifi.config_state(0) is ConfigState.ENABLED


def test_without_its_memory_a_device_starts_anew(home: Path, made: Made) -> None:
    with open_device(home, now) as device:
        provision(device, made)
        device.wifi.set("corp", ssid="ELSEWHERE")
    (home / "memory").unlink()
    with open_device(home, now) as device:
        assert device.wifi.networks() == (CORP,)
        assert device.wifi.loaded.get("client-1") is not None


def test_a_command_that_changes_nothing_writes_nothing(home: Path) -> None:
    with open_device(home, now):
        pass
    before = (home / "memory").stat().st_ino
    with open_device(home, now) as device:
        device.store.identifiers()
    assert (home / "memory").stat().st_ino == before


def test_memory_is_kept_when_a_command_fails(home: Path) -> None:
    def fail() -> None:
        with open_device(home, now) as device:
            device.wifi.add(CORP, persist=False)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with open_device(home, now) as device:
        assert device.wifi.networks() == (CORP,)


def test_everything_is_private(home: Path, made: Made) -> None:
    with open_device(home, now) as device:
        provision(device, made)
    assert home.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in home.iterdir()}
    assert modes == dict.fromkeys(["device", "lock", "memory", "store", "wifi"], 0o600)


@pytest.mark.parametrize(("name", "mode"), [("", 0o750), ("store", 0o644), ("memory", 0o604)])
def test_keys_that_others_may_read_are_refused(home: Path, name: str, mode: int) -> None:
    with open_device(home, now):
        pass
    path = home / name
    wanted = "700" if not name else "600"
    path.chmod(mode)
    with pytest.raises(DeviceUnusable) as raised, open_device(home, now):
        pass
    assert str(raised.value) == (
        f"{path}: others may use it (mode {mode:04o}), and the device holds private keys; "
        f"run chmod {wanted} {path}"
    )


@pytest.mark.catalogue("A05")
@pytest.mark.parametrize("identifier", [".", "..", "...", "-rf", "store", "lock"])
def test_ids_are_no_file_names(home: Path, made: Made, identifier: str) -> None:
    with open_device(home, now):
        pass
    before = {path.name for path in home.parent.rglob("*")}
    with open_device(home, now) as device:
        assert device.store.install_root_ca(identifier, made["root"].certificate_pem()).ok
        device.wifi.add(Network("../../x", "../y"))
    assert {path.name for path in home.parent.rglob("*")} == before
    with open_device(home, now) as device:
        assert device.store.identifiers() == (identifier,)
        assert device.store.delete(identifier).ok


@pytest.mark.parametrize("name", ["device", "store", "wifi", "memory"])
@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_damage_is_reported_and_left_alone(home: Path, made: Made, name: str, damage: str) -> None:
    with open_device(home, now) as device:
        provision(device, made)
    path = home / name
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    wrong = {"cut": bytes(data[:-7]), "flip": bytes(data), "empty": b""}[damage]
    path.write_bytes(wrong)
    files = {file.name: file.read_bytes() for file in home.iterdir()}
    with pytest.raises(DeviceDamaged) as raised, open_device(home, now):
        pass
    fix = "delete the file: the device then starts as after a loss of power" if name == "memory" else AGAIN
    assert str(raised.value).startswith(f"{path}: the ")
    assert str(raised.value).endswith(f"; {fix}")
    assert {file.name: file.read_bytes() for file in home.iterdir()} == files


@pytest.mark.parametrize("name", ["store", "wifi"])
def test_a_missing_file_is_damage(home: Path, name: str) -> None:
    (home / name).unlink()
    with pytest.raises(DeviceDamaged) as raised, open_device(home, now):
        pass
    assert str(raised.value) == f"{home / name}: the file is missing; {AGAIN}"


def test_a_directory_without_device(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DeviceMissing) as raised, open_device(place, now):
            pass
        assert str(raised.value) == f"{place}: there is no device; make one first"
    assert list(tmp_path.iterdir()) == []


def test_a_device_whose_file_is_gone_is_not_made_anew(home: Path) -> None:
    (home / "device").unlink()
    with pytest.raises(DeviceDamaged) as raised, open_device(home, now):
        pass
    fix = "choose another directory, or delete it and make the device anew"
    assert str(raised.value) == f"{home}: there is no device, but lock, store, wifi; {fix}"
    with pytest.raises(DeviceUnusable) as unusable:
        make_device(home, "x", MAC)
    assert str(unusable.value) == f"{home}: there is no device, but store, wifi; choose an empty directory"


def test_a_device_is_not_made_twice(home: Path) -> None:
    with pytest.raises(DeviceUnusable) as raised:
        make_device(home, "x", MAC)
    assert str(raised.value) == f"{home}: there is a device already; use it, or choose another place"


def test_a_directory_of_somebody_else_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(
        DeviceUnusable, match=r"there is no device, but notes\.txt; choose an empty directory"
    ):
        make_device(tmp_path, "x", MAC)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_where_no_directory_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeviceUnusable, match=r"file: the directory cannot be made \(File exists\); "):
        make_device(tmp_path / "file", "x", MAC)


def test_an_existing_empty_directory_becomes_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_device(tmp_path, "x", MAC)
    with open_device(tmp_path, now) as device:
        assert device.name == "x"


def test_a_held_device_is_busy(home: Path) -> None:
    with open_device(home, now):
        with pytest.raises(DeviceBusy) as raised, open_device(home, now, wait=0.02):
            pass
        expected = f"{home}: another process holds the device; wait until it ends, or stop it"
        assert str(raised.value) == expected
    with open_device(home, now, wait=0):
        pass


@pytest.mark.catalogue("B18")
@pytest.mark.parametrize("cut_at", range(1, 9))
def test_the_power_is_cut_during_a_command(home: Path, made: Made, cut_at: int) -> None:
    with open_device(home, now) as device:
        provision(device, made)
    cut = False
    try:
        with open_device(home, now, through=lambda disk: CuttingDisk(disk, cut_at, 50)) as device:
            device.store.move("root-1", "client-1")
            device.wifi.set("corp", ssid="NEW")
            device.wifi.persist()
    except PowerCut:
        cut = True
    assert cut
    with open_device(home, now) as device:
        moved = device.store.identifiers() == ("client-1",)
        assert moved or device.store.identifiers() == ("client-1", "root-1")
        assert moved is (cut_at >= 4)
        assert device.wifi.networks() == (replace(CORP, ssid="NEW") if cut_at == 8 else CORP,)
        assert not [name for name in home.iterdir() if name.suffix]
        assert device.wifi.loaded == device.store.snapshot()


def test_the_power_is_cut_while_leftovers_are_removed(home: Path) -> None:
    with open_device(home, now) as device:
        device.wifi.add(CORP, persist=False)
    (home / "store.tmp").write_bytes(b"half")
    (home / "store.tmp").chmod(0o600)
    with pytest.raises(PowerCut), open_device(home, now, through=lambda disk: CuttingDisk(disk, 1)):
        pass
    with open_device(home, now) as device:
        assert device.wifi.networks() == ()
    assert not (home / "store.tmp").exists()


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from harness.device.directory import open_device
home, certificate, key = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes(), Path(sys.argv[3]).read_bytes()
for _ in range(25):
    with open_device(home, lambda: datetime.now(UTC), wait=60) as device:
        assert device.store.install_client("shared", certificate, key).ok
        count = device.store.identifier_at(1).value or "n0"
        device.store.delete(count)
        device.store.install_root_ca(f"n{int(count[1:]) + 1}", certificate)
"""


def test_two_writers_at_once_leave_one_consistent_pair(home: Path, tmp_path: Path, made: Made) -> None:
    writers = []
    for name in ("pump", "thermostat"):
        certificate, key = tmp_path / f"{name}.pem", tmp_path / f"{name}.key"
        certificate.write_bytes(made[name].certificate_pem())
        key.write_bytes(made[name].key_pem())
        command = [sys.executable, "-c", WRITER, str(home), str(certificate), str(key)]
        writers.append(subprocess.Popen(command))
    assert [writer.wait(60) for writer in writers] == [0, 0]
    with open_device(home, now) as device:
        entry = device.store.get("shared")
        assert entry is not None
        assert entry.credential in {made["pump"], made["thermostat"]}
        # Each of the 50 rounds saw the one before: none was lost.
        assert device.store.identifiers() == ("shared", "n50")
