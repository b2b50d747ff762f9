from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from harness.services.security.service import SecurityService, Tenant
from harness.services.security.shapes import common_name, serial_name, thumbprint
from tests.services.security.conftest import DEVICE, KEY, START, Verify, openssl, pem

DAY = timedelta(days=1)


@pytest.fixture
def tenant(service: SecurityService) -> Tenant:
    made = service.create_tenant("contoso", START)
    service.claim(made, DEVICE)
    return made


def text(certificate: object) -> str:
    return openssl("x509", "-noout", "-text", given=pem(certificate))  # type: ignore[arg-type]


def test_the_root(service: SecurityService) -> None:
    said = text(service.root)
    assert (
        "Subject: C = US, ST = Washington, L = Redmond, O = Microsoft Corporation, CN = Azure Sphere Root Certificate Authority 2024"
        in said
    )
    assert said.count("Signature Algorithm: ecdsa-with-SHA384") == 2
    assert "NIST CURVE: P-384" in said
    assert "CA:TRUE" in said


def test_the_policy_ca(service: SecurityService) -> None:
    said = text(service.policy)
    assert "CN = Azure Sphere Policy CA 2024" in said
    assert "CA:TRUE, pathlen:1" in said
    assert "X509v3 Extended Key Usage: \n                TLS Web Client Authentication" in said
    assert "X509v3 Subject Key Identifier" in said
    assert "X509v3 Authority Key Identifier" in said
    assert "NIST CURVE: P-384" in said


def test_a_tenant_ca(service: SecurityService, tenant: Tenant) -> None:
    one = service.download(tenant, START)
    said = text(one)
    assert (
        f"Subject: C = US, ST = Washington, L = Redmond, O = Microsoft Corporation, CN = Microsoft Azure Sphere {tenant.id}\n"
        in said
    )
    assert "X509v3 Key Usage: critical\n                Digital Signature, Certificate Sign, CRL Sign" in said
    assert "X509v3 Basic Constraints: critical\n                CA:TRUE\n" in said
    assert "Key Identifier" not in said
    assert "Extended Key Usage" not in said
    assert "X509v3 CRL Distribution Points" in said
    assert "CA Issuers - URI:http://" in said
    assert one.not_valid_after_utc - one.not_valid_before_utc == timedelta(days=730)
    serial = openssl("x509", "-noout", "-serial", given=pem(one)).strip().removeprefix("serial=")
    assert serial.lower() == serial_name(one)
    assert len(serial) == 32
    printed = openssl("x509", "-noout", "-fingerprint", "-sha1", given=pem(one)).strip().partition("=")[2]
    assert printed.replace(":", "") == thumbprint(one)


def test_the_certificate_of_a_device_has_the_whole_id(service: SecurityService, tenant: Tenant) -> None:
    leaf, *_ = service.attest(tenant, DEVICE, KEY.public_key(), START)
    assert len(DEVICE) == 128
    assert openssl("x509", "-noout", "-subject", given=pem(leaf)) == f"subject=CN = {DEVICE}\n"


def test_a_proof_is_named_like_the_code_and_nothing_else(
    service: SecurityService, tenant: Tenant, verify: Verify
) -> None:
    proof = service.proof(tenant, START, "0F" * 24)
    assert openssl("x509", "-noout", "-subject", given=pem(proof)) == f"subject=CN = {'0F' * 24}\n"
    assert proof.not_valid_before_utc == START - timedelta(minutes=5)
    assert proof.not_valid_after_utc == START + timedelta(hours=1)
    assert "NIST CURVE: P-384" in text(proof)
    assert "X509v3 Subject Alternative Name" not in text(proof)
    ca, chain = service.download(tenant, START), (service.policy, service.root)
    assert verify(proof, START, [ca, *chain]).endswith(": OK\n")
    assert "certificate has expired" in verify(proof, START + timedelta(minutes=61), [ca, *chain])
    assert "not yet valid" in verify(proof, START - timedelta(minutes=6), [ca, *chain])


def test_a_proof_could_pass_for_a_tls_client_and_one_with_empty_usages_for_nothing(
    service: SecurityService, tenant: Tenant, verify: Verify
) -> None:
    chain = [service.download(tenant, START), service.policy, service.root]
    proof = service.proof(tenant, START, "c0de")
    assert verify(proof, START, chain, (), "-purpose", "sslclient").endswith(": OK\n")
    empty = service.proof(tenant, START, "c0de", empty_usages=True)
    assert "X509v3 Extended Key Usage: \n" in text(empty)
    assert "invalid certificate" in verify(empty, START, chain)


def test_each_proof_has_a_key_of_its_own(service: SecurityService, tenant: Tenant) -> None:
    one, other = (service.proof(tenant, START, "c0de").public_key() for _ in range(2))
    assert one != other


def test_the_chain_has_the_recorded_order(service: SecurityService, tenant: Tenant) -> None:
    chain = service.chain(tenant, START)
    said = openssl("pkcs7", "-inform", "DER", "-print_certs", "-noout", given=chain)
    subjects = [line.rpartition("CN = ")[2] for line in said.splitlines() if line.startswith("subject")]
    assert subjects == [
        "Azure Sphere Root Certificate Authority 2024",
        "Azure Sphere Policy CA 2024",
        f"Microsoft Azure Sphere {tenant.id}",
    ]
    printed = openssl("pkcs7", "-inform", "DER", "-print_certs", given=chain)
    assert pem(service.root).decode() in printed
    assert "unable to load" in openssl("x509", "-inform", "DER", "-noout", given=chain).lower() or (
        "could not" in openssl("x509", "-inform", "DER", "-noout", given=chain).lower()
    )


def test_common_names_are_read_whole(service: SecurityService, tenant: Tenant) -> None:
    leaf, *_ = service.attest(tenant, DEVICE, KEY.public_key(), START)
    assert common_name(leaf) == DEVICE
    assert DEVICE.encode() in leaf.public_bytes(Encoding.DER)
