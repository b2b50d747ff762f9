from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from harness.device.device import Device
from harness.device.flash import SimulatedFlash
from harness.device.network import Network
from harness.device.profile import DEFAULT_PROFILE
from harness.device.trouble import PowerCut
from harness.pki.credential import Credential

Made = dict[str, Credential]
NOW = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)


def make(seed: int) -> tuple[Device, SimulatedFlash]:
    flash = SimulatedFlash(DEFAULT_PROFILE, random.Random(seed).randrange)
    return Device("t", bytes(6), lambda: NOW, flash=flash), flash


@pytest.mark.catalogue("B18", "B23")
@pytest.mark.parametrize("torn", [0, 100])
@pytest.mark.parametrize("point", [1, 2, 3, 4, 5])
def test_the_certificates_are_the_old_or_the_new_ones(made: Made, point: int, torn: int) -> None:
    seen = set()
    for seed in range(8):
        device, flash = make(seed)
        pump, rsa = made["pump"], made["rsa"]
        device.store.install_client("c", pump.certificate_pem(), pump.key_pem())
        flash.cut_at(point, torn)
        try:
            device.store.install_client("c", rsa.certificate_pem(), rsa.key_pem())
        except PowerCut:
            assert point < 5
        device.reboot()
        entry = device.store.get("c")
        assert entry is not None
        assert entry.credential in {pump, rsa}
        assert device.wifi.loaded.get("c") == entry
        assert device.store.available_space() == 24514 - entry.size
        seen.add("old" if entry.credential == pump else "new")
    assert seen == {1: {"old"}, 2: {"old"}, 3: {"old"}, 4: {"old", "new"}, 5: {"new"}}[point]


@pytest.mark.catalogue("B18")
@pytest.mark.parametrize("point", [1, 2, 3, 4, 5])
def test_the_networks_are_the_old_or_the_new_ones(point: int) -> None:
    for seed in range(8):
        device, flash = make(seed)
        device.wifi.add(Network("one", "ONE"))
        flash.cut_at(point)
        try:
            device.wifi.add(Network("two", "TWO"))
        except PowerCut:
            assert point < 5
        device.reboot()
        names = [network.name for network in device.wifi.networks()]
        assert names in (["one"], ["one", "two"])
        assert (names == ["one", "two"]) or point < 5


def test_a_cut_while_leftovers_are_removed_changes_nothing(made: Made) -> None:
    device, flash = make(1)
    device.store.install_root_ca("a", made["root"].certificate_pem())
    flash.cut_at(3)
    with pytest.raises(PowerCut):
        device.store.delete("a")
    device.reboot()
    assert device.store.identifiers() == ("a",)


def test_a_move_is_one_change(made: Made) -> None:
    device, flash = make(2)
    device.store.install_root_ca("A", made["root"].certificate_pem())
    device.store.install_root_ca("B", made["other-root"].certificate_pem())
    before = flash.points
    device.store.move("B", "A")
    assert flash.points - before == 4


def test_live_edits_are_not_written(made: Made) -> None:
    device, flash = make(3)
    device.wifi.add(Network("one", "ONE"))
    before = flash.points
    device.wifi.set("one", ssid="TWO")
    assert flash.points == before
    device.power_cut()
    assert [network.ssid for network in device.wifi.networks()] == ["ONE"]
