from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from harness.pki.credential import Credential
from harness.pki.est_messages import PKCS10, decode_certificates, encode_request
from harness.pki.keys import KeyPool, KeyType, PrivateKey, generate
from harness.pki.mint import Mint
from harness.pki.signing_requests import common_name, make_request
from harness.pki.spec import CertificateSpec, Profile
from harness.services.est.service import EstService
from harness.services.issuing.issuer import Issuer
from harness.services.issuing.policy import Policy
from harness.services.security.service import SecurityService
from harness.services.web.messages import Reply, Request
from harness.services.web.trust import ClientTrust

DEVICE_ID = "a1b2" * 32
OTHER_ID = "c3d4" * 32
HOST = "certs.corp.example"


@dataclass
class Estate:
    """Two tenants, a PKI with an issuing CA, a service, and what devices need to talk to it; its clock can be moved."""

    start: datetime
    pool: KeyPool = field(default_factory=KeyPool)

    def __post_init__(self) -> None:
        self.elapsed = timedelta()
        self.security = SecurityService(beginning=self.start - timedelta(days=1))
        for tenant, device in (("contoso", DEVICE_ID), ("contoso", OTHER_ID), ("fabrikam", "ef" * 64)):
            if tenant not in {one.name for one in self.security.tenants()}:
                self.security.create_tenant(tenant, self.start)
            self.security.claim(tenant, device)
        self.specs = {
            "root": CertificateSpec("root", Profile.ROOT_CA, key=KeyType.EC_P256),
            "issuing": CertificateSpec(
                "issuing", Profile.INTERMEDIATE_CA, issuer="root", key=KeyType.EC_P256
            ),
            HOST: CertificateSpec(HOST, Profile.SERVER, issuer="root", dns=(HOST,), key=KeyType.EC_P256),
        }
        self.mint = Mint(self.pool, self.start)
        self.issuing = self.issue("issuing")
        self.root = self.issue("root")
        self.policy = Policy(self.trust)
        self.service = EstService(
            policy=self.policy,
            issuer=Issuer(self.issuing, os.urandom),
            cacerts=(self.root.certificate, self.issuing.certificate),
            now=self.now,
        )

    def now(self) -> datetime:
        return self.start + self.elapsed

    def issue(self, name: str) -> Credential:
        return self.mint.issue(name, self.specs)

    def trust(self, now: datetime) -> ClientTrust:
        listed = self.security.authorities("contoso", now)
        return ClientTrust(
            tuple(one.certificate for one in listed), (self.security.policy,), partial_chain=True
        )

    def attested(self, device: str = DEVICE_ID, tenant: str = "contoso") -> Credential:
        key = ec.generate_private_key(ec.SECP256R1())
        leaf, *chain = self.security.attest(tenant, device, key.public_key(), self.now())
        return Credential(leaf, key, tuple(chain))

    def ask(self, path: str, **more: object) -> Reply:
        return self.service(Request("GET", f"/.well-known/est/{path}", **more))  # type: ignore[arg-type]

    def post(
        self,
        credential: Credential | None,
        body: bytes,
        path: str = "simpleenroll",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        chain = (credential.certificate, *credential.chain) if credential else ()
        request = Request(
            "POST",
            f"/.well-known/est/{path}",
            headers={"content-type": PKCS10} if headers is None else headers,
            body=body,
            peer_chain=chain,
        )
        return self.service(request)

    def enrolled(self) -> Credential:
        key = generate(KeyType.EC_P256)
        reply = self.post(self.attested(), request_body(key))
        assert reply.status == 200, reply.body
        return Credential(decode_certificates(reply.body)[0], key)


def request_body(key: PrivateKey, cn: str = "", *uris: str) -> bytes:
    names = (
        x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri) for uri in uris]) if uris else None
    )
    return encode_request(make_request(key, common_name(cn), names))


@pytest.fixture
def estate() -> Estate:
    return Estate(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def key() -> PrivateKey:
    return generate(KeyType.EC_P256)
