from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from harness.pki.pkcs7 import certificates_of
from harness.services.security.pkcs7 import certificates_only
from harness.services.security.service import SecurityService

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def service() -> SecurityService:
    service = SecurityService(beginning=NOW)
    service.create_tenant("contoso", NOW)
    return service


def test_a_chain_in_its_own_order_is_read_in_that_order_by_many_at_once(service: SecurityService) -> None:
    chain = [service.root, service.policy, service.download("contoso", NOW)]
    with ThreadPoolExecutor(8) as threads:
        for order in (chain, chain[::-1], [chain[1], chain[0], chain[2]]):
            read = list(threads.map(certificates_of, [certificates_only(order)] * 16))
            assert read == [order] * 16


def test_openssl_reads_it_too(service: SecurityService) -> None:
    words = ["openssl", "pkcs7", "-inform", "DER", "-print_certs", "-noout"]
    done = subprocess.run(words, input=service.chain("contoso", NOW), capture_output=True, check=True)
    assert done.stdout.count(b"subject=") == 3


@pytest.mark.parametrize("other", [b"", b"\x30\x00", b"-----BEGIN PKCS7-----"])
def test_what_is_none_is_a_value_error(other: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        certificates_of(other)
