"""Writes a server's folder for a person: ``python -m harness.server.standalone FOLDER``."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.server import raddb
from harness.server.settings import Secret, ServerSettings

_IN_CONTAINER = "/raddb"
_NOBODY = 65534
_SPECS = {
    spec.name: spec
    for spec in (
        CertificateSpec("root", Profile.ROOT_CA),
        CertificateSpec("server", Profile.SERVER, issuer="root", dns=("radius.example",)),
        CertificateSpec("client", Profile.CLIENT, issuer="root", cn="alice"),
    )
}


def baseline() -> ServerSettings:
    """Return settings that work, with certificates made for them."""
    mint = Mint(KeyPool(), datetime.now(UTC))
    return ServerSettings(mint.issue("server", _SPECS), (mint.issue("root", _SPECS).certificate,))


def write_standalone(folder: Path, *, in_place: bool) -> None:
    """Write ``raddb/`` and, beside it, what a client needs: certificates, secret, eapol_test's file.

    The configuration names its own folder: ``/raddb`` as in the container, or with ``in_place`` the
    one it is written to. Certificates, keys and the secret are new each time.
    """
    mint = Mint(KeyPool(), datetime.now(UTC))
    root, server, client = (mint.issue(name, _SPECS) for name in ("root", "server", "client"))
    secret = os.urandom(16).hex()
    settings = ServerSettings(server, (root.certificate,), clients=(("0.0.0.0/0", Secret(secret)),))
    clients = raddb.Clients(settings.clients, Secret(os.urandom(16).hex()))
    home = (folder / "raddb").resolve()
    raddb.write(settings, home, clients, seen_as=str(home) if in_place else _IN_CONTAINER)
    files = {
        "secret": secret.encode(),
        "ca.pem": root.certificate.public_bytes(Encoding.PEM),
        "client.pem": client.chain_pem(),
        "client.key": client.key_pem(),
        "eapol_test.conf": _eapol_test(folder.resolve()).encode(),
    }
    for name, content in files.items():
        raddb.write_private(folder / name, content)
    if os.geteuid() == 0 and not in_place:
        for path in (home, *home.rglob("*")):
            os.chown(path, _NOBODY, _NOBODY)


def _eapol_test(folder: Path) -> str:
    return f"""network={{
\tkey_mgmt=WPA-EAP
\teap=TLS
\tidentity="alice"
\tca_cert="{folder}/ca.pem"
\tclient_cert="{folder}/client.pem"
\tprivate_key="{folder}/client.key"
\tphase1="tls_disable_tlsv1_3=0"
}}
"""


def main(arguments: list[str]) -> None:
    """Read the command line and say what was written."""
    parser = argparse.ArgumentParser(prog="python -m harness.server.standalone", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--in-place", action="store_true", help="for a FreeRADIUS outside a container")
    parser.add_argument("--force", action="store_true", help="replace what an earlier call wrote")
    options = parser.parse_args(arguments)
    if options.folder.is_dir() and any(options.folder.iterdir()) and not options.force:
        # It may hold somebody's real configuration, which is called raddb as well.
        parser.error(
            f"{options.folder} is not empty; name another folder, or --force to replace what an earlier call wrote"
        )
    write_standalone(options.folder, in_place=options.in_place)
    user = "" if os.geteuid() == 0 else f"EAPTLS_USER={os.geteuid()}:{os.getegid()} "
    sys.stdout.write(
        f"{options.folder}/raddb      what the server reads\n"
        f"{options.folder}/secret     the shared secret\n"
        f"{options.folder}/ca.pem     the root CA; client.pem and client.key are the device's\n"
        f"start it: {user}docker compose -f radius/compose.yaml up\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
