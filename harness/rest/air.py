"""The access points that a virtual device can see: those that the harness was told of.

There is no radio. They are kept beside the device, in the file ``access-points.json`` of its directory.
"""

from __future__ import annotations

import json
from pathlib import Path

from harness.device.disk import DirectoryDisk, replace_file
from harness.device.network import MAX_SSID, Security
from harness.device.selection import Offer
from harness.device.trouble import DeviceDamaged

FILE = "access-points.json"
_FIX = "delete the file and name the access points again"


def load(directory: Path) -> tuple[Offer, ...]:
    """Return the access points told of so far; raises :class:`DeviceDamaged` for a file that is none."""
    disk = DirectoryDisk(directory)
    data = disk.read(FILE)
    if data is None:
        return ()
    try:
        return tuple(_offer(written) for written in json.loads(data))
    except (ValueError, TypeError, KeyError):
        what = "the file is no list of access points with ssid, security and hidden"
        raise DeviceDamaged(disk.place(FILE), what, _FIX) from None


def save(directory: Path, offers: tuple[Offer, ...]) -> None:
    """Keep these access points, and no others. Hold the device meanwhile."""
    written = [
        {"ssid": offer.ssid, "security": offer.security.value, "hidden": offer.hidden} for offer in offers
    ]
    replace_file(DirectoryDisk(directory), FILE, json.dumps(written, indent=1).encode() + b"\n")


def _offer(written: dict[str, object]) -> Offer:
    ssid, hidden = written["ssid"], written["hidden"]
    if not isinstance(ssid, str) or not isinstance(hidden, bool) or not 1 <= len(ssid.encode()) <= MAX_SSID:
        raise TypeError
    return Offer(ssid, Security(str(written["security"])), hidden)
