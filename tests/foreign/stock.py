"""Debian's stock raddb as a server of somebody else's: own certificates, a policy by OU, VLANs by OU."""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from harness.server.ports import PORTS
from harness.server.process import find_binary
from harness.server.readiness import Probe
from harness.trace import Endpoint
from tests.foreign.fleet import Pki

STOCK = Path("/etc/freeradius/3.0")
SECRET = "testing123"
_READY_WITHIN = 20.0

# VLANs by OU, and nobody without one: what a raddb in the field does behind a valid certificate.
_POLICY = """
server check-eap-tls {
	authorize {
		if (&TLS-Client-Cert-Subject =~ /\\/OU=sensors\\//) {
			update reply {
				&Tunnel-Type := VLAN
				&Tunnel-Medium-Type := IEEE-802
				&Tunnel-Private-Group-Id := "20"
			}
			update config {
				&Auth-Type := Accept
			}
		}
		elsif (&TLS-Client-Cert-Subject =~ /\\/OU=cameras\\//) {
			update reply {
				&Tunnel-Type := VLAN
				&Tunnel-Medium-Type := IEEE-802
				&Tunnel-Private-Group-Id := "30"
			}
			update config {
				&Auth-Type := Accept
			}
		}
		else {
			update config {
				&Auth-Type := Reject
			}
		}
	}
}
"""


class Form(Enum):
    """How the server logs: with all detail, the same with dates, or as in production."""

    DEBUG = ("-fxx", "-l", "stdout")
    DATED = ("-fxxx", "-l", "stdout")
    PRODUCTION = ("-f", "-l", "stdout")
    SYSLOG = ("-f", "-l", "stdout", "-m")


def write(folder: Path, pki: Pki) -> Path:
    """Copy Debian's raddb into ``folder`` and make it the one of an administrator; return its place."""
    raddb = folder / "raddb"
    shutil.copytree(STOCK, raddb, symlinks=True)
    for name, content in pki.files().items():
        (raddb / "certs" / name).write_bytes(content)
    _edit(
        raddb / "mods-available" / "eap",
        (r"default_eap_type = md5\n\n", "default_eap_type = tls\n\n"),
        (r"private_key_password = whatever", ""),
        (r"private_key_file = .*", "private_key_file = ${certdir}/server.key"),
        (r"certificate_file = .*", "certificate_file = ${certdir}/server.pem"),
        (r"ca_file = /.*", "ca_file = ${certdir}/trusts.pem\n\t\tcheck_crl = yes"),
        (r"ca_path = \$.*", 'check_cert_cn = "%{User-Name}"'),
        (r"#\s*virtual_server = check-eap-tls", "virtual_server = check-eap-tls"),
    )
    _edit(
        raddb / "radiusd.conf",
        (r"\n\tuser = .*\n\tgroup = .*", ""),
        (r"\nlogdir = .*", f"\nlogdir = {folder}/log"),
        (r"\nraddbdir = .*", f"\nraddbdir = {raddb}"),
        (r"\nrun_dir = .*", f"\nrun_dir = {folder}/run"),
        (r"\n\tauth = no", "\n\tauth = yes"),
    )
    # -i and -p take the place of all listen sections, and with them of what they say about the virtual server.
    _edit(
        raddb / "clients.conf",
        (r"(?m)^\tsecret = testing123$", f"\tsecret = {SECRET}\n\tvirtual_server = default"),
    )
    (raddb / "sites-enabled" / "check-eap-tls").write_text(_POLICY)
    for name in ("log", "log/radacct", "run"):
        (folder / name).mkdir()
    return raddb


def _edit(file: Path, *changes: tuple[str, str]) -> None:
    text = file.read_text()
    for pattern, replacement in changes:
        assert len(re.findall(pattern, text)) >= 1, f"{file} has no {pattern!r}"
        text = re.sub(pattern, lambda _match, new=replacement: new, text, count=1)  # type: ignore[misc]
    file.write_text(text)


@dataclass(frozen=True)
class Running:
    """Such a server while it runs; ``log`` is what it writes."""

    endpoint: Endpoint
    log: Path
    raddb: Path


@contextmanager
def running(folder: Path, pki: Pki, form: Form) -> Iterator[Running]:
    """Run the server that :func:`write` makes, on loopback, by nothing of the harness."""
    raddb = write(folder, pki)
    with started(raddb, folder / "server.log", form) as server:
        yield server


@contextmanager
def started(raddb: Path, log: Path, form: Form) -> Iterator[Running]:
    """Run a server of that raddb until the end of the block."""
    port = PORTS.take(random.Random())
    command = [str(find_binary()), "-d", str(raddb), "-i", "127.0.0.1", "-p", str(port), *form.value]
    with log.open("wb") as output, _written_by(form, output) as written:
        process = subprocess.Popen(command, stdout=written, stderr=written, env={"PATH": os.defpath})
        try:
            endpoint = Endpoint("127.0.0.1", port)
            _wait(endpoint, process, log)
            yield Running(endpoint, log, raddb)
        finally:
            process.terminate()
            process.wait()
            PORTS.give_back(port)


@contextmanager
def _written_by(form: Form, output: BinaryIO) -> Iterator[int]:
    """Give what the server writes to: the log, or for syslog a program that puts host and program in front."""
    if form is not Form.SYSLOG:
        yield output.fileno()
        return
    script = r"s/^\w+ (\w+ [ 0-9][0-9] [0-9:]+) [0-9]+ : (\w+: )?/\1 radius1 freeradius[812]: /"
    passing_on = subprocess.Popen(["sed", "-u", "-E", script], stdin=subprocess.PIPE, stdout=output)
    assert passing_on.stdin is not None
    with passing_on:
        yield passing_on.stdin.fileno()


def _wait(server: Endpoint, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.bind(("127.0.0.1", 0))
        asking.settimeout(0.1)
        while time.monotonic() < deadline and process.poll() is None:
            asking.sendto(Probe.new(SECRET.encode()).packet, (server.host, server.port))
            try:
                asking.recv(4096)
            except OSError:
                continue
            return
    raise AssertionError(f"the stock server did not start:\n{log.read_text()[-3000:]}")
