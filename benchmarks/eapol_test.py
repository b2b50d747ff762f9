"""eapol_test of wpa_supplicant, told to be a given client: configuration file and command line.

It is what most tools of this field run, so it is the yardstick for speed and, in ``tests/interop``,
an independent judge of the harness's own client.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from harness.errors import EnvironmentUnavailable
from harness.pki.credential import Credential
from harness.trace import Endpoint

_VERSIONS = ("1.0", "1.1", "1.2", "1.3")


@dataclass(frozen=True, slots=True)
class EapolTest:
    """One client as eapol_test is told; ``identity`` is the one sent in clear.

    ``tls`` are the lowest and the highest version it offers; ``ciphers`` is an OpenSSL list, empty
    for its default; ``fragment_size`` is in octets, 0 for its default.
    """

    identity: str
    credential: Credential
    root_ca: x509.Certificate | None
    tls: tuple[str, str] = ("1.2", "1.3")
    server_name: str = ""
    ciphers: str = ""
    fragment_size: int = 0
    key_mgmt: str = "WPA-EAP"

    def write(self, directory: Path) -> Path:
        """Write keys and configuration into a directory of mode 0700 and return the configuration."""
        private = partial(_write_private, directory)
        lines = [
            "key_mgmt=" + self.key_mgmt,
            "eap=TLS",
            # In hex, so that no character needs quoting.
            f"identity={self.identity.encode().hex()}" if self.identity else 'identity=""',
            f'client_cert="{private("client.pem", self.credential.chain_pem())}"',
            f'private_key="{private("client.key", self.credential.key_pem())}"',
            f'phase1="{self._phase1()}"',
        ]
        if self.root_ca is not None:
            lines.append(f'ca_cert="{private("root.pem", self.root_ca.public_bytes(Encoding.PEM))}"')
        if self.server_name:
            lines.append(f'domain_match="{self.server_name}"')
        if self.ciphers:
            lines.append(f'openssl_ciphers="{self.ciphers}"')
        if self.fragment_size:
            lines.append(f"fragment_size={self.fragment_size}")
        text = "network={\n" + "".join(f"\t{line}\n" for line in lines) + "}\n"
        return private("eapol_test.conf", text.encode())

    def _phase1(self) -> str:
        """Return the switches for TLS versions: 1.3 is off and the others are on unless told."""
        low, high = self.tls
        return " ".join(
            f"tls_disable_tlsv{version.replace('.', '_')}={0 if low <= version <= high else 1}"
            for version in _VERSIONS
        )


@dataclass(frozen=True, slots=True)
class Target:
    """Where eapol_test sends to, and as whom; ``source`` is the address it sends from."""

    server: Endpoint
    secret: bytes = field(repr=False)
    source: str = ""


def find() -> Path:
    """Return where the program is; raises EnvironmentUnavailable."""
    found = shutil.which("eapol_test")
    if found is None:
        raise EnvironmentUnavailable("eapol_test is missing", hint="install the package eapoltest")
    return Path(found)


def command(
    configuration: Path, target: Target, *, timeout: int, repeat: int = 0, ask_key_name: bool = True
) -> list[str | Path]:
    """Return the command line; ``repeat`` is the number of authentications after the first one.

    ``timeout`` is in whole seconds. The shared secret is an argument, as eapol_test knows no other
    way: it is made for one run of one server on loopback. Raises EnvironmentUnavailable.
    """
    words: list[str | Path] = [find(), "-c", configuration, "-t", str(timeout)]
    words += ["-a", target.server.host, "-p", str(target.server.port), "-s", target.secret.decode()]
    if target.source:
        words += ["-A", target.source]
    if ask_key_name:
        words.append("-e")
    if repeat:
        words += ["-r", str(repeat)]
    return words


def _write_private(directory: Path, name: str, content: bytes) -> Path:
    path = directory / name
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


def cpu(arguments: Sequence[str | Path], count: int) -> float:
    """Run a command line that authenticates ``count`` times; return its CPU seconds for each.

    Its debug output goes to /dev/null: it cannot be turned off. Raises RuntimeError when it fails.
    """
    discard = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
    words = [str(argument) for argument in arguments]
    pid = os.posix_spawn(words[0], words, os.environ, file_actions=discard)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"eapol_test ended with {os.waitstatus_to_exitcode(status)}")
    return (usage.ru_utime + usage.ru_stime) / count
