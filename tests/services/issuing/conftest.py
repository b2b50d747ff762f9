from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha512
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.services.issuing.gallery import GalleryService
from harness.services.issuing.issuer import Issuer
from harness.services.issuing.policy import Policy
from harness.services.security.service import SecurityService
from harness.services.web.caller import Caller
from harness.services.web.listener import Listener
from harness.services.web.trust import ClientTrust

HOST = "certs.corp.example"
URL = f"https://{HOST}/api/certs"
BOTH = f"{URL}?needRootCACertificate=true&needClientCertificate=true"


def device_id(name: str) -> str:
    return sha512(name.encode()).hexdigest().upper()


@dataclass
class Corp:
    """Two tenants, the PKI of a RADIUS server, and an issuing service for the first tenant's devices."""

    now: datetime
    stack: ExitStack
    clock: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = [self.now]
        octets = Random(7).randbytes
        self.security = SecurityService(random=octets, beginning=self.now - timedelta(days=100))
        for name in ("contoso", "fabrikam"):
            self.security.create_tenant(name, self.now - timedelta(days=100))
        specs = {
            "root": CertificateSpec("root", Profile.ROOT_CA),
            HOST: CertificateSpec(HOST, Profile.SERVER, issuer="root", dns=(HOST,), valid_for=timedelta(900)),
        }
        mint = Mint(KeyPool(), self.now)
        self.root, self.web = mint.issue("root", specs), mint.issue(HOST, specs)
        self.policy = Policy(self.trust)
        self.issuer = Issuer(self.root, octets)
        self.service = GalleryService(
            self.policy, self.issuer, self.root.certificate, "CORP", lambda: self.clock[0]
        )

    def trust(self, now: datetime) -> ClientTrust:
        listed = self.security.authorities("contoso", now)
        return ClientTrust(tuple(one.certificate for one in listed), partial_chain=True)

    def device(self, name: str = "dev", tenant: str = "contoso") -> Credential:
        key = ec.generate_private_key(ec.SECP384R1())
        self.security.claim(tenant, device_id(name))
        leaf, *chain = self.security.attest(tenant, device_id(name), key.public_key(), self.clock[0])
        return Credential(leaf, key, tuple(chain))

    def listen(self) -> Listener:
        return self.stack.enter_context(Listener(self.service, self.web, now=lambda: self.clock[0]))

    def caller(self, listener: Listener, credential: Credential | None) -> Caller:
        hosts = {HOST: (listener.address, listener.port)}
        return Caller(self.clock[0], (self.root.certificate,), credential, hosts)


@pytest.fixture
def corp() -> Iterator[Corp]:
    with ExitStack() as stack:
        yield Corp(datetime.now(UTC).replace(microsecond=0), stack)
