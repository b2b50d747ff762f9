"""The fake server of the protocol tests, behind a UDP socket on loopback."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

import pytest

from harness.trace import Endpoint

if TYPE_CHECKING:
    from tests.protocol.conftest import Bench, EndlessServer, FakeServer, Manners


class Serve(Protocol):
    """Puts a fake server on a loopback port; every answer is sent ``copies`` times.

    ``stray`` makes what is sent beside an answer, before it, from another port. Without ``answers``,
    nothing else is sent.
    """

    def __call__(
        self,
        server: FakeServer | EndlessServer,
        *,
        copies: int = 1,
        stray: Callable[[bytes], bytes] | None = None,
        answers: bool = True,
    ) -> Endpoint: ...


def _protocol_fixtures() -> ModuleType:
    """A conftest serves its own folder only, and test folders are no packages: load it by its path."""
    name = "fake_eap_tls_server"
    if name not in sys.modules:
        path = Path(__file__).parents[1] / "protocol" / "conftest.py"
        spec = spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def bench() -> Bench:
    fixtures = _protocol_fixtures()
    made: Bench = fixtures.Bench(fixtures.Pki())
    return made


@pytest.fixture(scope="session")
def manners() -> type[Manners]:
    kind: type[Manners] = _protocol_fixtures().Manners
    return kind


@pytest.fixture(scope="session")
def endless() -> Callable[[str], EndlessServer]:
    """Return what makes a server that does one thing without end, by its name."""
    fixtures = _protocol_fixtures()

    def make(name: str) -> EndlessServer:
        made: EndlessServer = fixtures.EndlessServer(fixtures.ENDLESS[name])
        return made

    return make


@dataclass(frozen=True)
class _Service:
    """A fake server behind a socket, and a second socket that it should not answer from."""

    sock: socket.socket
    elsewhere: socket.socket
    server: FakeServer | EndlessServer
    senders: list[Endpoint]
    copies: int
    stray: Callable[[bytes], bytes] | None
    answers: bool

    def run(self) -> None:
        while True:
            data, source = self.sock.recvfrom(65535)
            if not data:
                return
            self.senders.append(Endpoint(*source))
            for reply in self.server.answer(data):
                if self.stray is not None:
                    self.elsewhere.sendto(self.stray(reply), source)
                for _ in range(self.copies if self.answers else 0):
                    self.sock.sendto(reply, source)


@pytest.fixture
def senders() -> list[Endpoint]:
    """Where the requests came from that fake servers got, in order."""
    return []


@pytest.fixture
def serve(senders: list[Endpoint]) -> Iterator[Serve]:
    """Put a fake server on a loopback port; an empty datagram stops it."""
    with ExitStack() as stack:

        def start(
            server: FakeServer | EndlessServer,
            *,
            copies: int = 1,
            stray: Callable[[bytes], bytes] | None = None,
            answers: bool = True,
        ) -> Endpoint:
            sock, elsewhere = (
                stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(2)
            )
            sock.bind(("127.0.0.1", 0))
            elsewhere.bind(("127.0.0.9", 0))
            service = _Service(sock, elsewhere, server, senders, copies, stray, answers)
            thread = Thread(target=service.run)
            thread.start()
            stack.callback(thread.join)
            stack.callback(_stop, sock.getsockname())
            return Endpoint(*sock.getsockname())

        yield start


def _stop(address: tuple[str, int]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"", address)


@pytest.fixture
def closed_port() -> Endpoint:
    """A loopback port where nobody listens: the kernel answers with ICMP "port unreachable"."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return Endpoint(*sock.getsockname())
