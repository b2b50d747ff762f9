"""What ``eaptls server up`` hands out: certificates, address, secret, a client configuration."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.report import files
from harness.report.words import printable
from harness.run.shell import command_line
from harness.server.backend import Server
from harness.server.settings import ServerSettings, TlsVersion

_ROOT, _SERVER, _CLIENT = "corp-root", "corp-radius", "thermostat"
_SERVER_NAME = "radius.corp.example"
_IDENTITY = "thermostat-7"
_SPECS = {
    spec.name: spec
    for spec in (
        CertificateSpec(_ROOT, Profile.ROOT_CA),
        CertificateSpec(_SERVER, Profile.SERVER, issuer=_ROOT, dns=(_SERVER_NAME,)),
        CertificateSpec(_CLIENT, Profile.CLIENT, issuer=_ROOT, cn=_IDENTITY),
    )
}
# eapol_test speaks TLS 1.3 only when told to.
_CA, _CERTIFICATE, _KEY = "ca.pem", "client.pem", "client.key"
_SECRET, _CONFIGURATION = "secret", "eapol_test.conf"
FILES = (_CA, _CERTIFICATE, _KEY, _SECRET, _CONFIGURATION)
_EAPOL_TEST = """\
network={{
    key_mgmt=WPA-EAP
    eap=TLS
    identity="{identity}"
    ca_cert={ca}
    client_cert={certificate}
    private_key={key}
    domain_match="{name}"
    phase1="tls_disable_tlsv1_3=0"
}}
"""


@dataclass(frozen=True, slots=True)
class Outfit:
    """The credentials of one server and one client under one root CA."""

    root: Credential
    server: Credential
    client: Credential

    @classmethod
    def make(cls) -> Outfit:
        """Make new credentials, valid from an hour ago."""
        mint = Mint(KeyPool(), datetime.now(UTC))
        return cls(*(mint.issue(name, _SPECS) for name in (_ROOT, _SERVER, _CLIENT)))

    def settings(self, tls_min: TlsVersion, tls_max: TlsVersion) -> ServerSettings:
        """Return what the server is told to be."""
        return ServerSettings(self.server, (self.root.certificate,), tls_min=tls_min, tls_max=tls_max)

    def write(self, folder: Path, running: Server) -> str:
        """Write the client's files, readable by their owner alone; return what a person needs to know."""
        contents = {
            _CA: self.root.certificate_pem(),
            _CERTIFICATE: self.client.chain_pem(),
            _KEY: self.client.key_pem(),
            _SECRET: running.secret + b"\n",
            _CONFIGURATION: _configuration(folder).encode(),
        }
        for name, content in contents.items():
            files.create(folder / name, content, mode=files.PRIVATE)
        return _account(folder, running)


def _configuration(folder: Path) -> str:
    return _EAPOL_TEST.format(
        identity=_IDENTITY,
        name=_SERVER_NAME,
        ca=_quoted(folder / _CA),
        certificate=_quoted(folder / _CERTIFICATE),
        key=_quoted(folder / _KEY),
    )


def _quoted(path: Path) -> str:
    """Return a path as a value of wpa_supplicant's configuration; ``P"..."`` is its form with escapes."""
    octets = os.fsencode(path)
    if octets.isascii() and str(path).isprintable() and b'"' not in octets:
        return f'"{path}"'
    safe = (
        chr(octet) if 32 <= octet < 127 and octet not in b'"\\' else f"\\x{octet:02x}" for octet in octets
    )
    return f'P"{"".join(safe)}"'


def _account(folder: Path, running: Server) -> str:
    where, secret = running.endpoint, running.secret.decode()
    words = ["eapol_test", "-c", str(folder / _CONFIGURATION), "-a", where.host, "-p", str(where.port)]
    lines = {
        "address": where.host,
        "port": str(where.port),
        "secret": secret,
        "identity": _IDENTITY,
        "files": printable(str(folder)),
        "try it": command_line([*words, "-s", secret]),
    }
    return "\n".join(f"{label:<9} {text}" for label, text in lines.items())
