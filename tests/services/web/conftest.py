from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.pki.credential import Credential
from harness.pki.keys import KeyPool, KeyType
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Defect, Profile
from harness.services.web.caller import Caller
from harness.services.web.listener import Listener
from harness.services.web.messages import Handler, Reply, Request

HOST = "certs.corp.example"


@dataclass
class Web:
    """A PKI, and services that end with the test."""

    now: datetime
    stack: ExitStack
    specs: dict[str, CertificateSpec] = field(default_factory=dict)
    pool: KeyPool = field(default_factory=KeyPool)

    def __post_init__(self) -> None:
        for name in ("root", "other"):
            self.specs[name] = CertificateSpec(name, Profile.ROOT_CA, key=KeyType.EC_P256)
        self.mint = Mint(self.pool, self.now)

    def credential(self, profile: Profile, name: str = HOST, issuer: str = "root", **more: Any) -> Credential:
        dns = (name,) if profile is Profile.SERVER else ()
        more.setdefault("key", KeyType.EC_P256)
        self.specs[name] = CertificateSpec(name, profile, issuer=issuer, cn=name, dns=dns, **more)
        return self.mint.issue(name, self.specs)

    def listen(self, handler: Handler, credential: Credential | None = None, **settings: Any) -> Listener:
        settings.setdefault("now", lambda: self.now)
        made = Listener(handler, credential or self.credential(Profile.SERVER), **settings)
        return self.stack.enter_context(made)

    def caller(self, listener: Listener, **settings: Any) -> Caller:
        settings.setdefault("trusts", (self.mint.issue("root", self.specs).certificate,))
        settings.setdefault("hosts", {HOST: (listener.address, listener.port)})
        return Caller(settings.pop("now", self.now), **settings)


@pytest.fixture(scope="session")
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def web(now: datetime) -> Iterator[Web]:
    with ExitStack() as stack:
        yield Web(now, stack)


@pytest.fixture
def echo() -> Callable[[Request], Reply]:
    def answer(request: Request) -> Reply:
        who = request.peer_chain[0].subject.rfc4514_string() if request.peer_chain else "nobody"
        why = f" ({request.peer_failure})" if request.peer_failure else ""
        said = f"{request.method} {request.path} {request.query} {len(request.body)} {who}{why}"
        return Reply.text(200, said)

    return answer


__all__ = ["HOST", "Defect", "Web"]
