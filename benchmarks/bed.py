"""The test bed: certificates of one kind of key, and a FreeRADIUS that has and trusts them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from harness.errors import EnvironmentUnavailable
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool, KeyType
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.server.backend import Server
from harness.server.choose import BackendKind, choose_backend
from harness.server.settings import ServerSettings

KEYS = {"p256": KeyType.EC_P256, "rsa2048": KeyType.RSA_2048}
VERSIONS = {"tls12": "1.2", "tls13": "1.3"}
IDENTITY = "device"


@dataclass(frozen=True, slots=True)
class Certificates:
    """One root, a server and a client under it; all keys are of the same type."""

    root: x509.Certificate
    server: Credential
    client: Credential
    mint: Mint


def make_certificates(key: KeyType) -> Certificates:
    """Make the three certificates."""
    specs = {
        "root": CertificateSpec("root", Profile.ROOT_CA, key=key),
        "server": CertificateSpec("server", Profile.SERVER, "root", dns=("radius.corp.example",), key=key),
        "client": CertificateSpec("client", Profile.CLIENT, "root", cn=IDENTITY, key=key),
    }
    mint = Mint(KeyPool(), datetime.now(UTC))
    return Certificates(
        mint.issue("root", specs).certificate, mint.issue("server", specs), mint.issue("client", specs), mint
    )


def available() -> BackendKind:
    """Return what can run servers here: local processes, as nothing lies between, else containers.

    Raises EnvironmentUnavailable where neither can.
    """
    try:
        choose_backend("process").close()
    except EnvironmentUnavailable:
        choose_backend("auto").close()
        return "container"
    return "process"


@contextmanager
def running_server(certificates: Certificates, kind: BackendKind = "process") -> Iterator[Server]:
    """Run a FreeRADIUS with TLS 1.2 and 1.3; raises EnvironmentUnavailable."""
    backend = choose_backend(kind)
    try:
        yield backend.launch(ServerSettings(certificates.server, (certificates.root,)))
    finally:
        backend.close()
