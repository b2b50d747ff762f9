"""Writes the private directory that one FreeRADIUS reads: configuration, keys, trust."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from harness.resources import resource_path
from harness.server.settings import (
    AllowedIdentities,
    CertificateCnEqualsIdentity,
    CheckCertCn,
    Policy,
    RejectAll,
    Secret,
    ServerSettings,
)

if TYPE_CHECKING:
    import jinja2

PROBE_SOURCE = "127.255.255.254"
"""Where readiness probes come from: a client of its own, so they are nobody's traffic."""
HERE = "."
"""How a server that is started inside its directory sees it: no name of a folder is part of its configuration."""
VERDICTS = "run/verdict.jsonl"
LOG = "run/server.log"
SESSIONS = "run/sessions"
"""TLS sessions that are kept for their resumption, keys included."""


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of one server: what the settings ask for, or one network and a given secret."""

    networks: tuple[tuple[str, Secret], ...]
    probe: Secret

    def secret_for(self, host: str) -> Secret | None:
        """Return the secret of the most specific network that holds ``host``, as FreeRADIUS does."""
        address = ip_network(host)
        holding = [
            (ip_network(network), secret)
            for network, secret in self.networks
            if ip_network(network).version == address.version and address.subnet_of(ip_network(network))  # type: ignore[arg-type]
        ]
        return max(holding, key=lambda entry: entry[0].prefixlen, default=(address, None))[1]


OPENSSL_CONF = "openssl.cnf"
"""There where the cipher list asks for a security level; the server's OPENSSL_CONF then names it."""
_LEVEL = "@SECLEVEL="


def openssl_environment(directory: Path, *, seen_as: str = HERE) -> dict[str, str]:
    """Return what the server's environment needs for a security level; empty for the system's own."""
    file = directory / OPENSSL_CONF
    return {"OPENSSL_CONF": f"{seen_as}/{OPENSSL_CONF}"} if file.exists() else {}


def quoted(text: str) -> str:
    """Return ``text`` as a single-quoted string of FreeRADIUS's configuration.

    Nothing is expanded inside (``${...}``, ``%{...}``). Raises ``ValueError`` for what cannot be
    written that way: control characters and backslashes.
    """
    if not text.isprintable() or "\\" in text:
        raise ValueError("text for the server's configuration must be printable and without a backslash")
    return "'" + text.replace("'", "\\'") + "'"


def quoted_value(text: str) -> str:
    """Return ``text`` as the value of an attribute in unlang, where a doubled backslash is one.

    Settings of modules keep both, so this is for values alone. Raises ``ValueError`` for control characters.
    """
    if not text.isprintable():
        raise ValueError("the value of an attribute must be printable")
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def render(settings: ServerSettings, directory: str, clients: Clients) -> str:
    """Return ``radiusd.conf`` for a server that finds its files in ``directory``.

    Raises ``ValueError`` for the name of a directory that FreeRADIUS cannot be told.
    """
    template = _environment().get_template("radiusd.conf.j2")
    return template.render(
        settings=settings,
        directory=directory,
        clients=_client_sections(clients),
        check_cert_cn=_check_cert_cn(settings.policy),
        policy=_condition(settings.policy),
        known=_one_of(settings.known_identities),
        kept=settings.resumption.keeps if settings.resumption else (),
        vlan_by_certificate=_vlan(settings) if settings.vlan_needs_certificate else [],
        reply_attributes=_reply_attributes(settings),
    )


def write(settings: ServerSettings, directory: Path, clients: Clients, *, seen_as: str = HERE) -> None:
    """Fill ``directory`` (made if needed, mode 0700) with all that FreeRADIUS reads.

    ``seen_as`` is the path under which the server will see the directory; unless given, it has to be started
    inside it. Files are readable by their owner only. Raises as :func:`render`.
    """
    for folder in ("", "pki", "run", SESSIONS):
        (directory / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (settings.resumption and settings.resumption.survives_restart):
        for kept in (directory / SESSIONS).iterdir():
            kept.unlink()
    credential = settings.credential
    trusts = [ca.public_bytes(Encoding.PEM) for ca in settings.trusts]
    crls = [crl.public_bytes(Encoding.PEM) for crl in settings.crls]
    files = {
        "radiusd.conf": render(settings, seen_as, clients).encode(),
        "pki/server.pem": credential.chain_pem(),
        "pki/server.key": credential.key_pem(),
        "pki/trusts.pem": b"".join(trusts + crls),
    }
    if _LEVEL in settings.ciphers:
        files[OPENSSL_CONF] = _level_configuration(settings.ciphers)
    else:
        (directory / OPENSSL_CONF).unlink(missing_ok=True)
    for name, content in files.items():
        write_private(directory / name, content)


def _level_configuration(ciphers: str) -> bytes:
    """Return a configuration of OpenSSL that sets the security level before anything is loaded.

    FreeRADIUS loads its certificate before its cipher list, so a level in the list alone comes too
    late for a weak certificate.
    """
    level = ciphers.partition(_LEVEL)[2][:1]
    lines = (
        "openssl_conf = init",
        "[init]",
        "ssl_conf = ssl",
        "[ssl]",
        "system_default = level",
        "[level]",
        f"CipherString = DEFAULT{_LEVEL}{level}",
    )
    return "\n".join(lines).encode() + b"\n"


def write_private(path: Path, content: bytes) -> None:
    """Write a file that is mode 0600 from its first byte on. Raises :class:`OSError`, naming the file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


@cache
def _environment() -> jinja2.Environment:
    # Late: a run against somebody else's server does not need it.
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource_path("radius") / "raddb"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - this is no HTML; the filter below quotes
    )
    environment.filters["quoted"] = quoted
    environment.filters["expanded"] = lambda text: text.replace("%", "%%")
    environment.filters["quoted_value"] = quoted_value
    environment.filters["yesno"] = lambda value: "yes" if value else "no"
    return environment


def _client_sections(clients: Clients) -> list[dict[str, str]]:
    networks = [*clients.networks, (PROBE_SOURCE, clients.probe)]
    return [
        {"name": f"client-{number}", "network": str(ip_network(network)), "secret": secret.value}
        for number, (network, secret) in enumerate(networks, 1)
    ]


def _check_cert_cn(policy: Policy | None) -> str | None:
    """Return the value of ``check_cert_cn``; FreeRADIUS expands it, whatever its quotes."""
    if not isinstance(policy, CheckCertCn):
        return None
    return '"%{User-Name}"' if policy.expected is None else quoted(policy.expected.replace("%", "%%"))


def _condition(policy: Policy | None) -> str:
    """Return the unlang condition under which a certificate is accepted; empty: no policy server."""
    match policy:
        case CertificateCnEqualsIdentity():
            return "&TLS-Client-Cert-Common-Name == &User-Name"
        case AllowedIdentities(names=names):
            return _one_of(names)
        case RejectAll():
            return "false"
        case CheckCertCn() | None:
            return ""


def _one_of(names: tuple[str, ...]) -> str:
    """Return the unlang condition that the User-Name is one of these; empty: no condition."""
    # Compared as hex: no name can then be mistaken for syntax.
    return " || ".join(f"\"%{{hex:&User-Name}}\" == '{name.encode().hex()}'" for name in names)


def _reply_attributes(settings: ServerSettings) -> list[tuple[str, str]]:
    """Return the attributes of every Access-Accept."""
    return [*([] if settings.vlan_needs_certificate else _vlan(settings)), *settings.reply_attributes]


def _vlan(settings: ServerSettings) -> list[tuple[str, str]]:
    """Return the three attributes of a VLAN (RFC 3580 3.31); none where there is no VLAN."""
    if settings.vlan is None:
        return []
    return [
        ("Tunnel-Type", "VLAN"),
        ("Tunnel-Medium-Type", "IEEE-802"),
        ("Tunnel-Private-Group-Id", str(settings.vlan)),
    ]
