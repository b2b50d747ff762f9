"""Runs an issuing service for a person: ``python -m harness.services.issuing.standalone FOLDER``.

It speaks the JSON of the public sample and EST. Writes what a client needs into the folder, and serves on the loopback until Ctrl-C. Everything is new at each start.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha512
from pathlib import Path
from threading import Event

from cryptography.hazmat.primitives.asymmetric import ec

from harness.errors import EnvironmentUnavailable
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.services.est.service import WELL_KNOWN, EstService
from harness.services.issuing.gallery import PATH, GalleryService
from harness.services.issuing.issuer import Issuer
from harness.services.issuing.policy import Policy
from harness.services.security.service import SecurityService
from harness.services.web.listener import Listener
from harness.services.web.messages import Reply, Request
from harness.services.web.trust import ClientTrust

HOST = "certs.corp.example"
_TENANTS = {"device": "contoso", "stranger": "fabrikam"}
"""The clients whose files are written, and the tenant that each belongs to; the service serves the first one's."""


@contextmanager
def serving(folder: Path, port: int = 0) -> Iterator[Listener]:
    """Write the clients' files and serve while the block lasts; the folder is made, mode 0700, if it is not there."""
    now = datetime.now(UTC)
    security = SecurityService(beginning=now - timedelta(days=1))
    for tenant in _TENANTS.values():
        security.create_tenant(tenant, now - timedelta(days=1))
    specs = {
        "root": CertificateSpec("root", Profile.ROOT_CA),
        HOST: CertificateSpec(HOST, Profile.SERVER, issuer="root", dns=(HOST,)),
    }
    mint = Mint(KeyPool(), now)
    root, own = mint.issue("root", specs), mint.issue(HOST, specs)

    def trust(moment: datetime) -> ClientTrust:
        listed = security.authorities(_TENANTS["device"], moment)
        return ClientTrust(tuple(one.certificate for one in listed), partial_chain=True)

    def clock() -> datetime:
        return datetime.now(UTC)

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(folder / "ca.pem", root.certificate_pem())
    for name, tenant in _TENANTS.items():
        client = _attested(security, tenant, name, now)
        _write(folder / f"{name}.pem", client.chain_pem())
        _write(folder / f"{name}.key", client.key_pem())
    policy, issuer = Policy(trust), Issuer(root, os.urandom)
    gallery = GalleryService(policy, issuer, root.certificate, "CORP", clock)
    est = EstService(policy, issuer, (root.certificate,), clock)

    def service(request: Request) -> Reply:
        return est(request) if request.path.startswith(WELL_KNOWN) else gallery(request)

    with Listener(service, own, now=clock, port=port) as listener:
        yield listener


def _attested(security: SecurityService, tenant: str, name: str, now: datetime) -> Credential:
    key = ec.generate_private_key(ec.SECP384R1())
    identifier = sha512(name.encode()).hexdigest()
    security.claim(tenant, identifier)
    leaf, *chain = security.attest(tenant, identifier, key.public_key(), now)
    return Credential(leaf, key, tuple(chain))


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def main(arguments: list[str]) -> int:
    """Read the command line and serve; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m harness.services.issuing.standalone", description=__doc__
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0, help="default: one that is free")
    options = parser.parse_args(arguments)
    over = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    try:
        with serving(options.folder, options.port) as listener:
            sys.stdout.write(
                f"address   127.0.0.1\n"
                f"port      {listener.port}\n"
                f"url       https://{HOST}:{listener.port}{PATH}\n"
                f"est       https://{HOST}:{listener.port}{WELL_KNOWN}\n"
                f"files     {options.folder}\n"
                "Ctrl-C stops it.\n"
            )
            sys.stdout.flush()
            over.wait()
    except (EnvironmentUnavailable, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
