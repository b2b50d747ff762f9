from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from harness.pki.credential import Credential
from harness.services.security.service import SecurityService
from harness.services.security.shapes import proof_of_possession

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
END = BEGINNING + 730 * DAY
"""E: when the first CA of every tenant here ends."""
DEVICE_ID = "ab" * 64


class Estate:
    """A Security Service with two tenants, and a device of each."""

    def __init__(self) -> None:
        self.octets = random.Random(7).randbytes
        self.service = SecurityService(random=self.octets, beginning=BEGINNING)
        for name in ("contoso", "fabrikam"):
            self.service.create_tenant(name, BEGINNING)
        self.service.claim("contoso", DEVICE_ID)
        self.service.claim("fabrikam", "cd" * 64)
        self.key = ec.generate_private_key(ec.SECP384R1())

    @property
    def above(self) -> tuple[x509.Certificate, ...]:
        return (self.service.root, self.service.policy)

    def ca(self, letter: str, tenant: str = "contoso") -> x509.Certificate:
        """Return A, B or C of a tenant."""
        listed = self.service.authorities(tenant, END + 700 * DAY)
        return listed["ABC".index(letter)].certificate

    def device(self, at: datetime, tenant: str = "contoso") -> tuple[x509.Certificate, ...]:
        """Return what a device of the tenant sends that was attested at that time."""
        device_id = DEVICE_ID if tenant == "contoso" else "cd" * 64
        return self.service.attest(tenant, device_id, self.key.public_key(), at)

    def proof_with_key(self, at: datetime, code: str) -> Credential:
        """Return a proof by A that a careless service has made for a key which somebody keeps."""
        first = next(one for one in self.service.records() if one.tenant.name == "contoso").line[0]
        public = self.key.public_key()
        proof = proof_of_possession(
            code, public, at, at + timedelta(hours=1), first.certificate, first.key, self.octets
        )
        return Credential(proof, self.key, (first.certificate, self.service.policy))

    def proof(self, at: datetime, code: str, index: int, tenant: str = "contoso") -> x509.Certificate:
        return self.service.proof(tenant, at, code, index)


@pytest.fixture(scope="session")
def estate() -> Estate:
    return Estate()
