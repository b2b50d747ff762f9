"""UDP sockets as the drivers need them: connected, non-blocking, ICMP errors told to the association."""

from __future__ import annotations

import errno
import socket
import sys
from typing import Protocol

from harness.errors import EnvironmentUnavailable
from harness.protocol.association import Association
from harness.trace import Endpoint

UNREACHABLE = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENOPROTOOPT})
"""What Linux makes of ICMP "destination unreachable" on a connected socket (RFC 1122 4.1.3.3)."""
FULL = frozenset({errno.EAGAIN, errno.ENOBUFS})
"""The send buffer has no room: the datagram is lost, as on any full link."""
OUT_OF_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})
_LARGEST = 65535


class Stopped(Exception):
    """The run was stopped from outside; the association has no outcome."""


def never() -> bool:
    """Answer "was the run stopped?" where nobody can stop it."""
    return False


def open_socket(server: Endpoint, source_host: str) -> socket.socket:
    """Return a connected socket: the kernel then tells of "port unreachable" and filters senders.

    ``source_host`` is the local address to send from, empty for the kernel's choice. Raises
    EnvironmentUnavailable, and OSError when no more files can be open.
    """
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    except OSError as error:
        if error.errno in OUT_OF_DESCRIPTORS:
            raise  # says it all by itself
        raise cannot_send(server, source_host, error) from error
    try:
        if source_host:
            sock.bind((source_host, 0))
        sock.connect((server.host, server.port))
    except OSError as error:
        sock.close()
        raise cannot_send(server, source_host, error) from error
    return sock


class AnySocket(Protocol):
    """What a socket of ours and one of an event loop have in common."""

    @property
    def family(self) -> int:
        """The address family."""

    def getsockname(self) -> tuple[str, int]:
        """Return the local address."""

    def setsockopt(self, level: int, option: int, value: int, /) -> None:
        """Set an option."""


def open_beside(sock: AnySocket) -> socket.socket | None:
    """Return a second socket on the local address and port of a connected one; None: the system has no such.

    Linux gives a datagram to the connected socket if it comes from the server, and to the other if it
    comes from anybody else, whom the first one would never show. Both need SO_REUSEADDR; it is set after the
    port was chosen, so that no other socket can be given the same one.
    """
    if not sys.platform.startswith("linux"):
        return None
    try:
        beside = socket.socket(sock.family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    except OSError:
        return None
    try:
        for one in (sock, beside):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        beside.bind(sock.getsockname())
    except OSError:
        # Whoever is not asked is then not heard, as on any connected socket.
        beside.close()
        return None
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    return beside


def cannot_send(server: Endpoint, source_host: str, error: OSError) -> EnvironmentUnavailable:
    """Return the exception for a socket that could not be made."""
    origin = f" from {source_host}" if source_host else ""
    words = error.strerror or str(error)
    return EnvironmentUnavailable(
        f"cannot send to {server}{origin}: {words}", hint="check the addresses of this machine"
    )


def source_of(sock: socket.socket) -> Endpoint:
    """Return the local address and port."""
    name = sock.getsockname()
    return Endpoint(name[0], name[1])


def send(association: Association, sock: socket.socket, datagram: bytes, now: float) -> None:
    """Send one datagram, or lose it when the send buffer is full."""
    for _ in range(2):
        try:
            sock.send(datagram)
        except OSError as error:
            if error.errno in FULL:
                return
            if error.errno not in UNREACHABLE:
                raise
            # The kernel reports an earlier "unreachable" here and does not send; RADIUS would.
            association.receive_unreachable(now)
        else:
            return


def receive_stray(association: Association, beside: socket.socket, now: float) -> None:
    """Hand one waiting datagram of somebody who was not asked to the association."""
    try:
        data, sender = beside.recvfrom(_LARGEST)
    except OSError as error:
        if error.errno not in FULL | UNREACHABLE:
            raise
    else:
        association.receive_stray(data, Endpoint(sender[0], sender[1]), now)


def receive(association: Association, sock: socket.socket, now: float) -> None:
    """Hand one waiting datagram, or the ICMP error that waits in its place, to the association."""
    try:
        data = sock.recv(_LARGEST)
    except OSError as error:
        if error.errno in UNREACHABLE:
            association.receive_unreachable(now)
        elif error.errno not in FULL:
            raise
    else:
        association.receive_datagram(data, now)
