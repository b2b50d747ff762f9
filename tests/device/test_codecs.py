from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

import pytest

from harness.device.error_numbers import Errno
from harness.device.failure_codes import CertError
from harness.device.network import Network, Security
from harness.device.network_codec import decode_networks, encode_networks
from harness.device.profile import DEFAULT_PROFILE, EARLY_OS, DeviceProfile
from harness.device.profile_codec import decode_profile, encode_profile
from harness.device.switches import SelectionOrder
from harness.device.trouble import DeviceDamaged

NETWORKS = {
    3: Network("corp", "CORP", "c", "r", "i", "@a", "s", enabled=False, targeted_scan=True),
    0: Network("", "", security=None),
    1: Network("home", "HÖME", security=Security.PSK, psk="hush-hush"),
}


def test_networks_come_back_in_their_order() -> None:
    again = decode_networks(encode_networks(NETWORKS), "wifi")
    assert again == NETWORKS
    assert list(again) == [3, 0, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"id": -1},
        {"id": "0"},
        {"ssid": None},
        {"enabled": 1},
        {"security": "wep"},
        {"psk": 5},
        {"extra": ""},
    ],
)
def test_networks_that_nobody_wrote_are_reported(change: dict[str, object]) -> None:
    content = encode_networks({0: Network("n", "S")})
    content["networks"][0].update(change)
    with pytest.raises(DeviceDamaged) as raised:
        decode_networks(content, "dir/wifi")
    assert str(raised.value).startswith("dir/wifi: the list of networks is not what the harness writes; ")


@pytest.mark.parametrize(
    "profile",
    [
        DEFAULT_PROFILE,
        EARLY_OS,
        DeviceProfile(
            client_key_types=("rsa",),
            retry_delays=(1.5, 2.0),
            boot_time=datetime(1970, 1, 1, tzinfo=UTC),
            selection_order=SelectionOrder.LAST_CONNECTED,
            wrong_root_as=CertError.UNTRUSTED,
            locked=True,
            store_bytes=100,
            ciphers="ALL",
        ),
    ],
)
def test_a_profile_comes_back(profile: DeviceProfile) -> None:
    assert decode_profile(encode_profile(profile)) == profile


def test_only_differences_are_written() -> None:
    assert encode_profile(DEFAULT_PROFILE) == {}
    assert encode_profile(DeviceProfile(long_id_errno=Errno.EINVAL)) == {"long_id_errno": "EINVAL"}


def test_every_switch_can_be_written() -> None:
    assert set(decode_profile({}).__dataclass_fields__) == {field.name for field in fields(DeviceProfile)}


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ({"colour": 1}, "there is no switch 'colour'"),
        ({"locked": 1}, "1 is no value of the switch 'locked'"),
        ({"store_bytes": True}, "True is no value of the switch 'store_bytes'"),
        ({"long_id_errno": "EWHAT"}, "'EWHAT' is no value of the switch 'long_id_errno'"),
        ({"wrong_root_as": None}, "None is no value of the switch 'wrong_root_as'"),
        ({"retry_delays": 5}, "5 is no value of the switch 'retry_delays'"),
        ({"boot_time": "soon"}, "'soon' is no value of the switch 'boot_time'"),
        ({"tls_max": "1.0"}, "tls_min 1.2 is above tls_max 1.0; exchange them"),
    ],
)
def test_a_profile_that_cannot_be(written: dict[str, object], text: str) -> None:
    with pytest.raises(ValueError, match=rf"^{text}$"):
        decode_profile(written)
