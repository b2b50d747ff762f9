from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.device.error_numbers import Errno
from harness.device.failure_codes import CertError, NetworkError
from harness.device.profile import DEFAULT_PROFILE, DefaultIdentity, DeviceProfile
from harness.device.switches import NameLookup, NetworkLimit, SelectionOrder
from harness.scenario.part import key_of
from harness.scenario.switches import Switches, profile_of
from harness.scenario.world import Device

OTHERS: dict[str, tuple[Any, Any]] = {
    "long_id_errno": ("EINVAL", Errno.EINVAL),
    "no_current_network_errno": ("ENOTCONN", Errno.ENOTCONN),
    "client_key_types": (["rsa"], ("rsa",)),
    "store_bytes": (2000, 2000),
    "entry_overhead": (0, 0),
    "name_length": (10, 10),
    "ciphers": ("HIGH", "HIGH"),
    "default_identity": ("empty", DefaultIdentity.EMPTY),
    "max_networks": (2, 2),
    "network_limit": ("at-persist", NetworkLimit.AT_PERSIST),
    "name_lookup": ("highest-id", NameLookup.HIGHEST_ID),
    "selection_order": ("after-last-tried", SelectionOrder.AFTER_LAST_TRIED),
    "retry_delays": (["0s", "1m30s"], (0.0, 90.0)),
    "boot_time": ("1970-01-01", datetime(1970, 1, 1, tzinfo=UTC)),
    "unknown_identity_as": ("none", None),
    "wrong_root_as": (1, CertError.UNTRUSTED),
    "incomplete_chain_as": (101, CertError.INVALID_ROOT_CA),
    "root_expired_as": (4, CertError.EXPIRED),
    "root_not_yet_valid_as": (3, CertError.NOT_YET_VALID),
    "weak_server_key_as": (0, CertError.UNSPECIFIED),
    "wrong_purpose_as": (7, CertError.BAD_CERTIFICATE),
    "crossed_client_as": (102, CertError.INVALID_CLIENT_AUTH),
    "crossed_root_as": (101, CertError.INVALID_ROOT_CA),
    "handshake_failure_as": (1, NetworkError.CONNECTION_FAILED),
}
"""A value of each switch that is not its default, as it is written and as the profile has it."""
NAMES = [field.name for field in fields(DeviceProfile) if field.name not in {"tls_min", "tls_max"}]


def profile(written: dict[str, Any]) -> DeviceProfile:
    return profile_of(Device.model_validate(written), tls_min="1.2", tls_max="1.2")


def test_every_switch_of_the_profile_is_a_key_of_a_device() -> None:
    assert list(Switches.model_fields) == NAMES
    assert {key_of(name) for name in NAMES} <= set(Device.known_keys())


def test_what_is_not_written_is_the_profiles_default() -> None:
    assert profile({}) == DEFAULT_PROFILE


@pytest.mark.parametrize("name", NAMES)
def test_every_switch_reaches_the_device(name: str) -> None:
    default = getattr(DEFAULT_PROFILE, name)
    written, meant = OTHERS.get(name, (not default, not default))
    assert profile({key_of(name): written}) == replace(DEFAULT_PROFILE, **{name: meant}) != DEFAULT_PROFILE


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        (
            "{weak-server-key-as: 99}",
            (
                "2:30: 99 is no number of this kind; "
                "write 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 100, 101, 102 or 103"
            ),
        ),
        (
            "{handshake-failure-as: none}",
            "2:32: 'none' is no number of this kind; write 1, 2, 3, 4, 5, 6, 7, 8, 9 or 10",
        ),
        ("{selection-order: lowest}", "2:27: 'selection-order' cannot be 'lowest'; did you mean 'lowest-id'?"),
        ("{client-key-types: [dsa]}", "2:29: item 1 of 'client-key-types' cannot be 'dsa'; did you mean 'rsa'?"),
        ("{retry-delays: []}", "2:24: 'retry-delays' is empty; write at least one, or leave it out"),
        ("{retry-delays: [10]}", "2:25: 10 lacks a unit; write 10ms, 10s, 10m, 10h or 10d"),
        ("{boot-time: +3d}", "2:21: '+3d' is no date; write a UTC date as in 2000-01-01"),
        ("{max-networks: 0}", "2:24: 'max-networks' is 0; it must be at least 1"),
        ("{rtc-batery: false}", "2:10: unknown key 'rtc-batery' in 'device'; did you mean 'rtc-battery'?"),
    ],
)  # fmt: skip
def test_mistakes_in_a_switch(problems: Callable[[str], list[str]], device: str, sentence: str) -> None:
    assert problems(f"scenario: A title\ndevice: {device}\n") == [sentence]
