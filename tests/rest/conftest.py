from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.device.device import Device
from harness.device.directory import make_device, open_device
from harness.device.profile import DEFAULT_PROFILE, DeviceProfile
from harness.device.selection import Offer
from harness.outcome import Outcome
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.rest.calls import Surroundings
from harness.rest.identity import CERTIFICATE_FILE, identity, server_context
from harness.rest.joiner import Associate
from harness.rest.listen import serve

MAC = bytes.fromhex("020000000007")
SPECS = {
    spec.name: spec
    for spec in (
        CertificateSpec("root", Profile.ROOT_CA),
        CertificateSpec("thermostat", Profile.CLIENT, "root", cn="thermostat-7"),
        CertificateSpec("pump", Profile.CLIENT, "root", cn="pump-1"),
    )
}


@pytest.fixture(scope="session")
def made() -> dict[str, Credential]:
    mint = Mint(KeyPool(), datetime.now(UTC))
    return {name: mint.issue(name, SPECS) for name in SPECS}


@pytest.fixture
def device() -> Device:
    return Device("thermostat", MAC, lambda: datetime.now(UTC))


@dataclass
class Served:
    """An interface that listens, the directory of its device, and what it said to its person."""

    url: str
    directory: Path
    said: list[str]

    @property
    def certificate(self) -> Path:
        return self.directory / CERTIFICATE_FILE

    @contextmanager
    def device(self) -> Iterator[Device]:
        with open_device(self.directory, lambda: datetime.now(UTC)) as device:
            yield device

    def curl(self, path: str, *arguments: str) -> tuple[int, str]:
        """Return status and body of a request that curl makes."""
        command = [
            "curl",
            "-sS",
            "--max-time",
            "10",
            "--cacert",
            str(self.certificate),
            "-w",
            "\n%{http_code}",
        ]
        done = subprocess.run(
            [*command, *arguments, self.url + path], capture_output=True, text=True, check=True
        )
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))


@dataclass
class Server:
    """Starts interfaces, and ends them when the test does."""

    folder: Path
    stop: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def __call__(
        self,
        profile: DeviceProfile = DEFAULT_PROFILE,
        *,
        associate: Associate | None = None,
        offers: Callable[[Device], tuple[Offer, ...]] = lambda _device: (),
        wait: float = 10.0,
    ) -> Served:
        directory = self.folder / f"device-{len(self.threads)}"
        make_device(directory, "thermostat", MAC, profile)
        identity(directory, "thermostat", "127.0.0.1")
        said: list[str] = []
        ready: threading.Event = threading.Event()
        ports: list[int] = []

        def listening(port: int) -> None:
            ports.append(port)
            ready.set()

        def run() -> None:
            serve(
                lambda: open_device(directory, lambda: datetime.now(UTC), wait=wait),
                Surroundings("127.0.0.1", offers),
                0,
                server_context(directory),
                associate=associate,
                ready=listening,
                say=said.append,
                stop=self.stop,
            )

        thread = threading.Thread(target=run)
        self.threads.append(thread)
        thread.start()
        while not ready.wait(0.02):
            assert thread.is_alive(), "the interface ended before it was ready"
        return Served(f"https://127.0.0.1:{ports[0]}", directory, said)

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    starting = Server(tmp_path)
    yield starting
    starting.end()


class Judged:
    """Associations whose outcomes the test gives; it keeps what was asked."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.left = list(outcomes)
        self.asked: list[object] = []

    def __call__(self, ready: object) -> Outcome | None:
        self.asked.append(ready)
        return self.left.pop(0) if self.left else None


@pytest.fixture
def judged() -> type[Judged]:
    return Judged
