from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from harness.device.bootstrap.attestation import AttestationCache
from harness.device.manifest import DeviceAuthResult, Manifest
from harness.pki.credential import Credential
from tests.device.conftest import NOW

TENANT = "6b9e5d2c-0000-4000-8000-000000000001"


@pytest.fixture
def cache(made: dict[str, Credential]) -> AttestationCache:
    cache = AttestationCache()
    cache.keep(made["thermostat"], NOW)
    return cache


def test_a_device_gets_a_new_certificate_daily_and_when_the_old_one_does_not_count(
    cache: AttestationCache,
) -> None:
    assert AttestationCache().due(NOW)
    assert not cache.due(NOW)
    assert not cache.due(NOW + timedelta(hours=22, minutes=59))
    assert cache.due(NOW + timedelta(hours=23))
    # A clock that was set back shows a certificate of tomorrow, or one that is not valid yet.
    assert cache.due(NOW - timedelta(minutes=1))
    assert cache.due(NOW + timedelta(days=400), timedelta(days=1000))


def test_only_a_manifest_with_the_device_s_own_tenant_gets_it(cache: AttestationCache) -> None:
    mine = Manifest(device_authentication=TENANT.upper())
    assert cache.authenticate(mine, TENANT).credential is cache.credential
    for manifest in (None, Manifest(), replace(mine, device_authentication=TENANT[:-1] + "2")):
        auth = cache.authenticate(manifest, TENANT)
        assert (auth.result, auth.credential) == (DeviceAuthResult.NO_TENANT_CERTIFICATE, None)
    # A device without a tenant has nothing for an application that asks for nothing.
    assert cache.authenticate(Manifest(), "").result is DeviceAuthResult.NO_TENANT_CERTIFICATE


def test_before_the_first_one_nothing_is_ready(cache: AttestationCache) -> None:
    auth = AttestationCache().authenticate(Manifest(device_authentication=TENANT), TENANT)
    assert (auth.result, auth.ready, auth.credential) == (DeviceAuthResult.OK, False, None)
    assert "key" not in repr(cache)
