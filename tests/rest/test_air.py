from __future__ import annotations

from pathlib import Path

import pytest

from harness.device.network import Security
from harness.device.selection import Offer
from harness.device.trouble import DeviceDamaged
from harness.rest import air


def test_access_points_are_kept_in_their_order(tmp_path: Path) -> None:
    offers = (Offer("CORP"), Offer("GUEST", Security.OPEN), Offer("Büro ✓", Security.PSK, hidden=True))
    assert air.load(tmp_path) == ()
    air.save(tmp_path, offers)
    assert air.load(tmp_path) == offers
    air.save(tmp_path, ())
    assert air.load(tmp_path) == ()


@pytest.mark.parametrize(
    "written",
    [
        "",
        "{}x",
        "1",
        '[{"ssid": "CORP"}]',
        '[{"ssid": "", "security": "open", "hidden": false}]',
        '[{"ssid": "CORP", "security": "wep", "hidden": false}]',
        '[{"ssid": "CORP", "security": "open", "hidden": 0}]',
    ],
)
def test_a_file_that_is_none_is_reported(written: str, tmp_path: Path) -> None:
    (tmp_path / air.FILE).write_text(written)
    with pytest.raises(DeviceDamaged, match="the file is no list of access points with ssid") as caught:
        air.load(tmp_path)
    assert caught.value.fix == "delete the file and name the access points again"
