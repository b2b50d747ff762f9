"""What survives a loss of power, as two files on a disk: the certificate store and the Wi-Fi settings."""

from __future__ import annotations

from collections.abc import Callable

from harness.device.disk import Disk, remove_leftovers, replace_file
from harness.device.entries import StoreSnapshot
from harness.device.network_codec import decode_networks, encode_networks
from harness.device.powercut import CuttingDisk, SimulatedDisk
from harness.device.profile import DeviceProfile
from harness.device.sealed import seal, unseal
from harness.device.store_codec import decode_store, encode_store
from harness.device.wifi import Networks

STORE = "store"
WIFI = "wifi"


class DiskFlash:
    """Store and settings on a disk; every save replaces one file whole.

    Loading raises :class:`harness.device.trouble.DeviceDamaged` for what is not as it was written.
    """

    __slots__ = ("_disk", "_profile")

    def __init__(self, disk: Disk, profile: DeviceProfile) -> None:
        self._disk = disk
        self._profile = profile

    def format(self) -> None:
        """Write an empty store and no networks."""
        self.save_store(StoreSnapshot())
        self.save_networks({})

    def load_store(self) -> StoreSnapshot:
        """Return the store's content; what an interrupted save left behind is removed first."""
        remove_leftovers(self._disk)
        file = self._disk.place(STORE)
        return decode_store(unseal(STORE, self._disk.read(STORE), file), self._profile, file)

    def save_store(self, content: StoreSnapshot) -> None:
        """Make that content durable."""
        replace_file(self._disk, STORE, seal(STORE, encode_store(content)))

    def load_networks(self) -> Networks:
        """Return the persisted networks."""
        file = self._disk.place(WIFI)
        return decode_networks(unseal(WIFI, self._disk.read(WIFI), file), file)

    def save_networks(self, networks: Networks) -> None:
        """Make those networks durable."""
        replace_file(self._disk, WIFI, seal(WIFI, encode_networks(networks)))


class SimulatedFlash(DiskFlash):
    """A flash in memory whose power can be cut at any write point.

    Arm it with :meth:`cut_at`, call the operation, catch :class:`harness.device.trouble.PowerCut`, and
    reboot the device. ``choose(n)`` decides among 0 … n-1 what happens to that which was not durable.
    """

    __slots__ = ("_choose", "_cutting", "_simulated")

    def __init__(self, profile: DeviceProfile, choose: Callable[[int], int] = lambda _: 0) -> None:
        self._simulated = SimulatedDisk()
        self._cutting = CuttingDisk(self._simulated)
        self._choose = choose
        super().__init__(self._cutting, profile)
        self.format()
        self._simulated.sync_names()

    @property
    def points(self) -> int:
        """How many write points were passed so far."""
        return self._cutting.points

    def cut_at(self, point: int, torn: int = 0) -> None:
        """Cut the power at the next write point (1), the one after it (2), and so on.

        A write that is cut has written its first ``torn`` octets.
        """
        self._cutting.cut_at = self._cutting.points + point
        self._cutting.torn = torn

    def load_store(self) -> StoreSnapshot:
        """Start after a loss of power: what was not durable may be gone."""
        self._cutting.cut_at = 0
        self._simulated.lose_power(self._choose)
        return super().load_store()
