from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

Eaptls = Callable[..., Any]
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "device-rest.md"
MAIN = [sys.executable, "-c", "from harness.cli.main import main; main()", "device"]
JSON = ("-H", "Content-Type: application/json")
# What differs from one run to the next: times, addresses of certificates.
VARIES = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d")


class Serving:
    """A served device: its process, where it listens, and the lines it says."""

    def __init__(self, child: subprocess.Popen[str], directory: Path) -> None:
        self.child = child
        self.directory = directory
        self.head = []
        assert child.stdout is not None
        for line in iter(child.stdout.readline, "Ctrl-C stops it.\n"):
            assert line, "it ended before it was ready"
            self.head.append(line.rstrip("\n"))
        self.url = self.head[0].rpartition(" ")[2]

    def curl(self, path: str, *arguments: str) -> Any:
        trust = ("--cacert", self.directory / "rest-certificate.pem")
        done = subprocess.run(
            ["curl", "-sS", "--max-time", "10", *trust, *arguments, self.url + path],
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    def end(self) -> str:
        """Stop it as Ctrl-C does, and return the lines it said since it was ready."""
        self.child.send_signal(signal.SIGINT)
        rest, _ = self.child.communicate(timeout=10)
        return rest


@contextmanager
def serving(directory: Path, *options: object) -> Iterator[Serving]:
    command = [*MAIN, "serve", "--device", directory, "--port", "0", *options]
    words = [str(word) for word in command]
    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"EAPTLS_SECRET": ""},
    ) as child:
        try:
            yield Serving(child, directory)
        finally:
            if child.poll() is None:
                child.kill()


@pytest.fixture
def device(eaptls: Eaptls, tmp_path: Path) -> Path:
    place = tmp_path / "thermostat"
    words = ("init", "--device", place, "--name", "thermostat-7", "--mac", "02:00:00:00:00:07")
    assert eaptls("device", *words).code == 0
    return place


def commands(page: Path) -> list[tuple[str, str]]:
    """Return the commands of a page's conversations, each with the output that stands below it."""
    found: list[list[str]] = []
    for fence in re.findall(r"^```console\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for line in fence.splitlines():
            if line.startswith("$ "):
                found.append([line[2:], ""])
            elif line.startswith("> ") and not found[-1][1]:
                found[-1][0] += "\n" + line[2:]
            else:
                found[-1][1] += line + "\n"
    return [(command, output) for command, output in found]


@pytest.mark.server
def test_the_conversation_of_the_page(device: Path, radius: Any, tmp_path: Path) -> None:
    shutil.copytree(radius.files, tmp_path / "corp")
    conversation = commands(PAGE)
    assert len(conversation) > 10
    with serving(device, "--server", radius.address, "--secret-file", radius.files / "secret") as served:
        mark = "==== next ===="
        script = "".join(f"echo {shlex.quote(mark)}\n{command}\n" for command, _ in conversation)
        done = subprocess.run(
            ["bash", "-e"],
            input=script.replace("https://127.0.0.1:8443", served.url),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        said = served.end()
    outputs = [VARIES.sub("*", output) for output in done.stdout.split(f"{mark}\n")[1:]]
    assert outputs == [VARIES.sub("*", output) for _, output in conversation]
    assert (done.returncode, done.stderr) == (0, "")
    assert "network 0 ('CORP') connected: mutual-authentication; " in said
    assert "DELETE /certstore/certs/nothing 404: there is no certificate 'nothing' in the store\n" in said
    for secret in (radius.secret, "PRIVATE KEY"):
        assert secret not in done.stdout + said


def test_it_says_where_it_listens_and_ends_in_good_order(device: Path) -> None:
    with serving(device) as served:
        assert re.fullmatch(r"device 'thermostat-7' at https://127\.0\.0\.1:\d+", served.head[0])
        assert served.head[1] == f"certificate {device}/rest-certificate.pem"
        assert re.fullmatch(r"SHA-256 (?:[0-9A-F]{2}:){31}[0-9A-F]{2}", served.head[2])
        assert served.head[3] == "no RADIUS server: no network is joined"
        assert served.curl("/status") == {"uptime": 0}
        assert served.end() == "GET /status 200\n"
    assert served.child.returncode == 0


def test_without_a_server_no_network_is_joined(device: Path) -> None:
    body = '{"ssid": "CORP", "securityState": "eaptls", "clientCertStoreIdentifier": "c"}'
    with serving(device) as served:
        served.curl("/wifi/config/networks", *JSON, "-d", body)
        assert served.curl("/wifi/diagnostics/networks") == {"values": []}
        assert served.curl("/wifi/interface")["wpa_state"] == "DISCONNECTED"


def test_access_points_are_those_told_of_and_those_of_the_server(
    eaptls: Eaptls, device: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret-word\n")
    server = ("--server", "127.0.0.1:9", "--secret-file", secret)
    with serving(device, *server) as served:
        eaptls("device", "wifi", "add", "--device", device, "-s", "CORP", "--client-cert-id", "c")
        assert [one["ssid"] for one in served.curl("/wifi/scan")["values"]] == ["CORP"]
        scan = ("device", "wifi", "scan", "--device", device)
        eaptls(*scan, "--access-point", "GUEST", "--security", "open")
        assert [one["ssid"] for one in served.curl("/wifi/scan")["values"]] == ["GUEST"]
    with serving(device, *server, "--ssid", "LAB", "--ssid", "HALL") as served:
        assert [one["ssid"] for one in served.curl("/wifi/scan")["values"]] == ["GUEST", "LAB", "HALL"]
        assert "s3cret" not in served.end()


@pytest.mark.server
def test_it_ends_at_once_in_the_middle_of_an_association(eaptls: Eaptls, device: Path, radius: Any) -> None:
    add, files = ("device", "certificate", "add", "--device", device), radius.files
    client = (
        "-i",
        "c",
        "-t",
        "client",
        "-p",
        files / "client.pem",
        "--private-key-file",
        files / "client.key",
    )
    assert eaptls(*add, *client).code == 0
    eaptls("device", "wifi", "reload-config", "--device", device)
    eaptls("device", "wifi", "add", "--device", device, "-s", "CORP", "--client-cert-id", "c")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.settimeout(10)
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with serving(device, "--server", address, "--secret-file", files / "secret") as served:
            assert silent.recv(4096)
            assert served.curl("/wifi/interface")["wpa_state"] == "AUTHENTICATING"
            began = time.monotonic()
            served.end()
            # Without being told, RADIUS would try for half a minute.
            assert time.monotonic() - began < 8
        assert served.child.returncode == 0


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        (("--address", "here"), 2, "eaptls: --address 'here' is no IP address; write 127.0.0.1\n"),
        (("--server", "127.0.0.1:x"), 2, "eaptls: --server '127.0.0.1:x' has no port between 1 and 65535"),
        (("--port", "70000"), 2, "--port"),
        (("--address", "203.0.113.7", "--port", "0"), 3, "eaptls: cannot listen on 203.0.113.7:0: "),
    ],
)
def test_what_cannot_be_served(
    options: tuple[str, ...], code: int, text: str, eaptls: Eaptls, device: Path
) -> None:
    ended = eaptls("device", "serve", "--device", device, *options)
    assert ended.code == code
    assert text in ended.err
    assert "Traceback" not in ended.err
