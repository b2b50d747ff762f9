from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.device.disk import DirectoryDisk, remove_leftovers, replace_file
from harness.device.powercut import CuttingDisk, SimulatedDisk
from harness.device.trouble import DeviceUnusable, PowerCut


@pytest.fixture
def directory(tmp_path: Path) -> DirectoryDisk:
    return DirectoryDisk(tmp_path)


def test_a_file_is_replaced_and_private(directory: DirectoryDisk, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        replace_file(directory, "store", b"one")
        replace_file(directory, "store", b"two")
    finally:
        os.umask(before)
    assert directory.read("store") == b"two"
    assert directory.names() == ("store",)
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_not_there(directory: DirectoryDisk) -> None:
    assert directory.read("store") is None
    directory.remove("store")


def test_a_link_in_the_place_of_the_new_file_is_not_followed(
    directory: DirectoryDisk, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"untouched")
    (tmp_path / "store.tmp").symlink_to(elsewhere)
    replace_file(directory, "store", b"new")
    assert elsewhere.read_bytes() == b"untouched"
    assert directory.read("store") == b"new"


def test_leftovers_are_removed(directory: DirectoryDisk) -> None:
    directory.write("store.tmp", b"half")
    directory.write("store", b"whole")
    remove_leftovers(directory)
    assert directory.names() == ("store",)


def test_a_temporary_file_of_somebody_else_stays(directory: DirectoryDisk, tmp_path: Path) -> None:
    (tmp_path / "notes.tmp").write_text("mine")
    remove_leftovers(directory)
    assert directory.names() == ("notes.tmp",)


def test_a_disk_that_refuses_is_reported(tmp_path: Path) -> None:
    gone = DirectoryDisk(tmp_path / "gone")
    fix = "make room or mend the directory's permissions"
    with pytest.raises(DeviceUnusable) as raised:
        replace_file(gone, "store", b"x")
    expected = f"{tmp_path}/gone/store.tmp: cannot be written (No such file or directory); {fix}"
    assert str(raised.value) == expected
    (tmp_path / "folder").mkdir()
    with pytest.raises(DeviceUnusable, match=r"folder: cannot be read \(Is a directory\)"):
        DirectoryDisk(tmp_path).read("folder")


@pytest.mark.catalogue("B18")
@pytest.mark.parametrize("torn", [0, 2, 3])
@pytest.mark.parametrize("cut_at", [1, 2, 3, 4])
def test_a_directory_keeps_one_of_both_contents(directory: DirectoryDisk, cut_at: int, torn: int) -> None:
    replace_file(directory, "store", b"old")
    cutting = CuttingDisk(directory, cut_at, torn)
    with pytest.raises(PowerCut):
        replace_file(cutting, "store", b"new")
    remove_leftovers(directory)
    assert directory.names() == ("store",)
    assert directory.read("store") == (b"new" if cut_at == 4 else b"old")


def test_a_replacement_has_four_write_points() -> None:
    disk = CuttingDisk(SimulatedDisk())
    replace_file(disk, "store", b"x")
    assert disk.points == 4
    disk.write("wifi.tmp", b"")
    remove_leftovers(disk)
    assert disk.points == 7


@pytest.mark.parametrize(
    ("cut_at", "words"),
    [
        (1, "while store.tmp was written"),
        (2, "before store.tmp was durable"),
        (3, "before store.tmp was renamed"),
        (4, "before the names were durable"),
    ],
)
def test_a_power_cut_says_where(cut_at: int, words: str) -> None:
    with pytest.raises(PowerCut) as raised:
        replace_file(CuttingDisk(SimulatedDisk(), cut_at), "store", b"x")
    assert str(raised.value) == f"the power was cut {words}"


def leftovers(disk: SimulatedDisk) -> set[bytes | None]:
    """Return what every choice of the power cut can leave under the name ``store``."""
    left: set[bytes | None] = set()
    for chosen in range(12):
        copy = disk.copy()
        copy.lose_power(lambda n, chosen=chosen: chosen % n)  # type: ignore[misc]
        left.add(copy.read("store"))
    return left


def test_what_was_made_durable_survives() -> None:
    disk = SimulatedDisk({"store": b"old"})
    replace_file(disk, "store", b"new")
    assert leftovers(disk) == {b"new"}


def test_a_rename_without_sync_may_leave_parts() -> None:
    disk = SimulatedDisk({"store": b"old"})
    disk.write("store.tmp", b"new")
    disk.rename("store.tmp", "store")
    left = leftovers(disk)
    assert {b"old", b"new"} <= left
    assert left - {b"old", b"new"}


def test_a_name_may_be_lost_until_names_are_durable() -> None:
    disk = SimulatedDisk({"store": b"old"})
    disk.write("store.tmp", b"new")
    disk.sync("store.tmp")
    disk.rename("store.tmp", "store")
    assert leftovers(disk) == {b"old", b"new"}


def test_a_removal_may_be_undone() -> None:
    disk = SimulatedDisk({"store": b"old"})
    disk.remove("store")
    assert disk.read("store") is None
    assert leftovers(disk) == {None, b"old"}
