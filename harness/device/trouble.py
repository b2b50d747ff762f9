"""What is wrong with a device kept in a directory. What a device answers is never an exception."""

from __future__ import annotations

from harness.errors import HarnessError


class DeviceUnusable(HarnessError):
    """A device's directory cannot be used: which file, what is wrong, and what to do."""

    def __init__(self, file: str, what: str, fix: str) -> None:
        super().__init__(file, what, fix)
        self.file = file
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.file}: {self.what}; {self.fix}"


class DeviceMissing(DeviceUnusable):
    """There is no device in that directory yet."""


class DeviceBusy(DeviceUnusable):
    """Another process holds the device."""


class DeviceDamaged(DeviceUnusable):
    """A file of the device is not what was written. It is left as it is, never made anew."""

    def __init__(
        self,
        file: str,
        what: str,
        fix: str = "restore it from a copy, or delete the directory and make the device anew",
    ) -> None:
        super().__init__(file, what, fix)


class PowerCut(HarnessError):
    """The simulated power went off in the middle of a write; only what the disk kept is left."""
