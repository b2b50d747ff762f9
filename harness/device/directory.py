"""A device kept in a directory, so that one command can follow another.

====================  ==============================================================
``device``            name, MAC address and profile; written last, so a directory
                      with it is complete
``store``, ``wifi``   what survives a loss of power; keys and passwords are in ``store``
``memory``            what does not: live settings, loaded certificates, diagnostics;
                      without it the device starts as after a loss of power
``lock``              held while one process uses the device
====================  ==============================================================

The directory has mode 0700 and its files 0600. Certificate IDs and network names are never file names.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from harness.device.device import Device
from harness.device.disk import DirectoryDisk, Disk, replace_file
from harness.device.flash import DiskFlash
from harness.device.memory import damaged_memory, encode_memory, restore_memory
from harness.device.profile import DEFAULT_PROFILE, DeviceProfile
from harness.device.profile_codec import decode_profile, encode_profile
from harness.device.sealed import seal, unseal
from harness.device.trouble import DeviceBusy, DeviceDamaged, DeviceMissing, DeviceUnusable, PowerCut

_DEVICE = "device"
_MEMORY = "memory"
_LOCK = "lock"
_OTHERS = 0o077


def make_device(
    directory: Path, name: str, mac: bytes, profile: DeviceProfile = DEFAULT_PROFILE, *, wait: float = 10.0
) -> None:
    """Make a new device in a directory that does not exist or is empty.

    Raises :class:`DeviceUnusable` when there is one already or the directory holds anything else,
    :class:`ValueError` for a MAC address that has not six octets.
    """
    Device(name, mac, lambda: datetime.now(UTC), profile)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        what = f"the directory cannot be made ({error.strerror})"
        raise DeviceUnusable(str(directory), what, "choose another place") from None
    disk = DirectoryDisk(directory)
    # Before the lock too, which would be left behind in a directory of the user's.
    _require_empty(directory, disk)
    with _locked(directory, wait):
        _require_empty(directory, disk)
        directory.chmod(0o700)
        DiskFlash(disk, profile).format()
        content = {"name": name, "mac": mac.hex(":"), "profile": encode_profile(profile)}
        replace_file(disk, _DEVICE, seal(_DEVICE, content))


def _require_empty(directory: Path, disk: Disk) -> None:
    others = [other for other in disk.names() if other != _LOCK]
    if _DEVICE in others:
        raise DeviceUnusable(str(directory), "there is a device already", "use it, or choose another place")
    if others:
        what = f"there is no device, but {', '.join(others[:3])}"
        raise DeviceUnusable(str(directory), what, "choose an empty directory")


@contextmanager
def open_device(
    directory: Path,
    now: Callable[[], datetime],
    *,
    wait: float = 10.0,
    through: Callable[[Disk], Disk] = lambda disk: disk,
) -> Iterator[Device]:
    """Hold a device alone, and put its memory aside at the end.

    ``wait`` is how many seconds another process may still hold it. ``through`` may put another disk
    before the directory's, for instance one that cuts the power; :class:`PowerCut` then passes, and the
    memory is lost. Raises :class:`DeviceMissing`, :class:`DeviceBusy`, :class:`DeviceDamaged`, and
    :class:`DeviceUnusable` when others may read its keys.
    """
    if not (directory / _DEVICE).exists():
        raise _absent(directory)
    with _locked(directory, wait):
        _check_modes(directory)
        disk = DirectoryDisk(directory)
        try:
            device = _load(disk, through(disk), now)
            with _put_aside(disk, device):
                yield device
        except PowerCut:
            disk.remove(_MEMORY)
            raise


def _load(disk: Disk, outer: Disk, now: Callable[[], datetime]) -> Device:
    file = disk.place(_DEVICE)
    content = unseal(_DEVICE, disk.read(_DEVICE), file)
    try:
        profile = decode_profile(content["profile"])
        name, mac = str(content["name"]), bytes.fromhex(content["mac"].replace(":", ""))
    except ValueError as error:
        raise DeviceDamaged(file, str(error)) from None
    except (KeyError, TypeError, AttributeError):
        raise DeviceDamaged(file, "name, MAC address or profile is missing") from None
    device = Device(name, mac, now, profile, DiskFlash(outer, profile))
    memory = disk.read(_MEMORY)
    if memory is not None:
        place = disk.place(_MEMORY)
        try:
            restore_memory(device, unseal(_MEMORY, memory, place), place)
        except DeviceDamaged as damage:
            raise damaged_memory(damage) from None
    return device


@contextmanager
def _put_aside(disk: Disk, device: Device) -> Iterator[None]:
    """Write the memory at the end, also when the caller failed; not when the power was cut."""
    try:
        yield
    except PowerCut:
        raise
    except BaseException:
        _write_memory(disk, device)
        raise
    _write_memory(disk, device)


def _write_memory(disk: Disk, device: Device) -> None:
    memory = seal(_MEMORY, encode_memory(device))
    if memory != disk.read(_MEMORY):
        replace_file(disk, _MEMORY, memory)


def _absent(directory: Path) -> DeviceUnusable:
    others = sorted(path.name for path in directory.iterdir()) if directory.is_dir() else []
    if set(others) - {_LOCK}:
        what = f"there is no device, but {', '.join(others[:3])}"
        return DeviceDamaged(
            str(directory), what, "choose another directory, or delete it and make the device anew"
        )
    return DeviceMissing(str(directory), "there is no device", "make one first")


def _check_modes(directory: Path) -> None:
    for path, wanted in ((directory, 0o700), *((path, 0o600) for path in sorted(directory.iterdir()))):
        mode = path.lstat().st_mode & 0o777
        if mode & _OTHERS:
            what = f"others may use it (mode {mode:04o}), and the device holds private keys"
            raise DeviceUnusable(str(path), what, f"run chmod {wanted:o} {path}")


@contextmanager
def _locked(directory: Path, wait: float) -> Iterator[None]:
    """Hold the directory's lock; the system gives it back when the process ends, however it ends."""
    try:
        descriptor = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        what = f"the lock cannot be opened ({error.strerror})"
        raise DeviceUnusable(str(directory / _LOCK), what, "mend the directory's permissions") from None
    try:
        _acquire(descriptor, directory, time.monotonic() + wait)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, directory: Path, until: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                fix = "wait until it ends, or stop it"
                raise DeviceBusy(str(directory), "another process holds the device", fix) from None
            time.sleep(0.005)
        else:
            return
