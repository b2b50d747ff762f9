from __future__ import annotations

import pytest

from harness.device.error_numbers import Errno, RestError, WifiError
from harness.device.manifest import Access, Capability, DeviceAuthResult, Manifest
from harness.device.results import Refusal

TENANT = "4d5b6c7e-0000-4000-8000-000000000001"
STORE_ONLY = Manifest(frozenset({Capability.CERT_STORE}))


def test_an_application_may_do_what_its_manifest_says() -> None:
    access = Access(lambda: True, STORE_ONLY)
    assert access.refusal(Capability.CERT_STORE) is None
    text = "the application's manifest lacks the capability EnterpriseWifiConfig"
    expected = Refusal(Errno.EACCES, RestError.NOT_AUTHORISED, text)
    assert access.refusal(Capability.CERT_STORE, Capability.ENTERPRISE_WIFI_CONFIG) == expected


def test_the_command_line_needs_no_capability() -> None:
    assert Access(lambda: True).refusal(*Capability) is None


def test_a_locked_device_refuses_the_command_line_and_no_application() -> None:
    text = "the device is locked: command line and REST are refused"
    expected = Refusal(Errno.EACCES, RestError.NOT_AUTHORISED, text)
    assert Access(lambda: True, locked=True).refusal() == expected
    assert Access(lambda: True, STORE_ONLY, locked=True).refusal(Capability.CERT_STORE) is None


def test_a_device_that_starts_says_try_again() -> None:
    expected = Refusal(Errno.EAGAIN, WifiError.TRY_AGAIN, "the device is still starting; try again")
    assert Access(lambda: False).refusal() == expected
    assert Access(lambda: False, STORE_ONLY).refusal(Capability.CERT_STORE) == expected
    assert Access(lambda: False, Manifest()).refusal(Capability.CERT_STORE) != expected


@pytest.mark.catalogue("J02", "J03")
def test_the_device_certificate_is_for_its_own_tenant() -> None:
    assert Manifest(device_authentication=TENANT.upper()).authenticate(TENANT) is DeviceAuthResult.OK
    assert Manifest().authenticate(TENANT) is DeviceAuthResult.NO_TENANT_CERTIFICATE
    other = Manifest(device_authentication=TENANT[:-1] + "2")
    assert other.authenticate(TENANT) is DeviceAuthResult.NO_TENANT_CERTIFICATE


@pytest.mark.catalogue("J12")
def test_connections_go_to_listed_hosts_alone() -> None:
    manifest = Manifest(allowed_connections=frozenset({"Certs.corp.example"}))
    assert manifest.may_connect("certs.CORP.example")
    assert not manifest.may_connect("corp.example")
    assert not Manifest().may_connect("")
