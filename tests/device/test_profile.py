from __future__ import annotations

import pytest

from harness.device.profile import DeviceProfile


def test_the_defaults_are_the_conservative_reading() -> None:
    profile = DeviceProfile()
    assert (profile.tls_min, profile.tls_max) == ("1.2", "1.2")
    assert profile.check_key_match
    assert profile.case_sensitive_ids
    assert not profile.move_requires_destination
    assert profile.check_server_purpose
    assert profile.ignore_server_errors_without_root


def test_profiles_are_values() -> None:
    assert hash(DeviceProfile(tls_max="1.3")) == hash(DeviceProfile(tls_max="1.3"))


def test_an_unknown_tls_version_is_refused() -> None:
    text = r"^TLS version '1\.4' is not known; use one of 1\.0, 1\.1, 1\.2, 1\.3$"
    with pytest.raises(ValueError, match=text):
        DeviceProfile(tls_max="1.4")


def test_tls_versions_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^tls_min 1\.3 is above tls_max 1\.2; exchange them$"):
        DeviceProfile(tls_min="1.3")
