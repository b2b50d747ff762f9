from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, cast

import pytest

from harness.drivers import blocking, sockets
from harness.errors import EnvironmentUnavailable

if TYPE_CHECKING:
    from harness.protocol.association import Association
    from harness.trace import Endpoint
    from tests.protocol.conftest import Bench


def test_a_run_can_be_stopped(bench: Bench, closed_port: Endpoint) -> None:
    asked = iter([False, True])
    with pytest.raises(blocking.Stopped):
        blocking.run(bench.association(server=closed_port), stopped=lambda: next(asked))


class _Socket:
    """Fails as a kernel would, then works."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)
        self.sent: list[bytes] = []

    def send(self, data: bytes) -> None:
        self._fail()
        self.sent.append(data)

    def recv(self, _size: int) -> bytes:
        self._fail()
        return b"data"

    def _fail(self) -> None:
        if self.numbers:
            raise OSError(self.numbers.pop(0), "no")


class _Association:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.unreachable = 0
        self.received: list[bytes] = []

    def receive_unreachable(self, _now: float) -> None:
        self.unreachable += 1

    def receive_datagram(self, data: bytes, _now: float) -> None:
        self.received.append(data)


@pytest.mark.parametrize(
    ("numbers", "unreachable", "sent"),
    [
        ([], 0, 1),
        ([errno.ECONNREFUSED], 1, 1),
        ([errno.EHOSTUNREACH, errno.ECONNREFUSED], 2, 0),
        ([errno.EAGAIN], 0, 0),
        ([errno.ENOBUFS], 0, 0),
    ],
)
def test_sending(numbers: list[int], unreachable: int, sent: int) -> None:
    association, sock = _Association(), _Socket(*numbers)
    sockets.send(cast("Association", association), cast("socket.socket", sock), b"x", 0.0)
    assert (association.unreachable, len(sock.sent)) == (unreachable, sent)


@pytest.mark.parametrize(
    ("numbers", "unreachable", "received"),
    [([], 0, [b"data"]), ([errno.ENETUNREACH], 1, []), ([errno.EAGAIN], 0, [])],
)
def test_receiving(numbers: list[int], unreachable: int, received: list[bytes]) -> None:
    association, sock = _Association(), _Socket(*numbers)
    sockets.receive(cast("Association", association), cast("socket.socket", sock), 0.0)
    assert (association.unreachable, association.received) == (unreachable, received)


def test_other_errors_of_the_machine_are_exceptions() -> None:
    association = cast("Association", _Association())
    with pytest.raises(OSError, match="no"):
        sockets.send(association, cast("socket.socket", _Socket(errno.EPERM)), b"x", 0.0)
    with pytest.raises(OSError, match="no"):
        sockets.receive(association, cast("socket.socket", _Socket(errno.EBADF)), 0.0)


def test_sockets_are_closed_when_binding_fails(closed_port: Endpoint) -> None:
    # An unclosed socket would be a ResourceWarning, and warnings are errors here.
    with pytest.raises(EnvironmentUnavailable, match=r"from 192\.0\.2\.1"):
        sockets.open_socket(closed_port, "192.0.2.1")
