"""The fake server of the protocol tests, behind a UDP socket on loopback."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

import pytest

from harness.trace import Endpoint

if TYPE_CHECKING:
    from tests.protocol.conftest import Bench, FakeServer, Manners


class Serve(Protocol):
    """Puts a fake server on a loopback port; every answer is sent ``copies`` times."""

    def __call__(self, server: FakeServer, *, copies: int = 1) -> Endpoint: ...


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


def _answer(sock: socket.socket, server: FakeServer, senders: list[Endpoint], copies: int) -> None:
    while True:
        data, source = sock.recvfrom(65535)
        if not data:
            return
        senders.append(Endpoint(*source))
        for reply in server.answer(data):
            for _ in range(copies):
                sock.sendto(reply, source)


@pytest.fixture
def senders() -> list[Endpoint]:
    """Where the requests came from that fake servers got, in order."""
    return []


@pytest.fixture
def serve(senders: list[Endpoint]) -> Iterator[Serve]:
    """Put a fake server on a loopback port; an empty datagram stops it."""
    with ExitStack() as stack:

        def start(server: FakeServer, *, copies: int = 1) -> Endpoint:
            sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sock.bind(("127.0.0.1", 0))
            thread = Thread(target=_answer, args=(sock, server, senders, copies))
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
