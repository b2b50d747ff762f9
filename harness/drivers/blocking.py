"""Run one association over a blocking UDP socket of its own."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable

from harness.errors import EnvironmentUnavailable
from harness.observation import Observation
from harness.protocol.association import Association
from harness.trace import Endpoint

_PATIENCE = 0.2
"""Longest sleep in seconds, so that a request to stop is noticed soon."""


class Stopped(Exception):
    """The run was stopped from outside; the association has no outcome."""


def _never() -> bool:
    return False


def run(
    association: Association,
    *,
    source_host: str = "",
    clock: Callable[[], float] = time.monotonic,
    stopped: Callable[[], bool] = _never,
) -> Observation | None:
    """Run an association to its end; None when it could not start (see ``join_failure``).

    ``source_host`` is the local address to send from (any address in 127/8 on loopback).
    Raises Stopped, and EnvironmentUnavailable when the socket cannot be made.
    """
    with _open(association.server, source_host) as sock:
        name = sock.getsockname()
        association.bind(Endpoint(name[0], name[1]))
        association.start(clock())
        while not association.finished:
            _turn(association, sock, clock)
            if stopped():
                raise Stopped
    return None if association.join_failure is not None else association.observe()


def _open(server: Endpoint, source_host: str) -> socket.socket:
    """Return a connected socket: the kernel then tells of "port unreachable" and filters senders."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if source_host:
            sock.bind((source_host, 0))
        sock.connect((server.host, server.port))
    except OSError as error:
        sock.close()
        origin = f" from {source_host}" if source_host else ""
        raise EnvironmentUnavailable(
            f"cannot send to {server}{origin}: {error.strerror}", hint="check the addresses of this machine"
        ) from error
    sock.setblocking(False)
    return sock


def _turn(association: Association, sock: socket.socket, clock: Callable[[], float]) -> None:
    """Send what is due, then wait for a datagram or the timer."""
    for datagram in association.datagrams_to_send(clock()):
        _send(association, sock, datagram, clock)
    if association.finished:
        return
    due = association.get_timer()
    wait = _PATIENCE if due is None else min(max(due - clock(), 0.0), _PATIENCE)
    readable, _, _ = select.select([sock], [], [], wait)
    if readable:
        _receive(association, sock, clock)
    else:
        association.handle_timer(clock())


def _send(association: Association, sock: socket.socket, datagram: bytes, clock: Callable[[], float]) -> None:
    try:
        sock.send(datagram)
    except ConnectionRefusedError:
        # The kernel reports an earlier "port unreachable" here and does not send; RADIUS would.
        association.receive_unreachable(clock())
        try:
            sock.send(datagram)
        except ConnectionRefusedError:
            association.receive_unreachable(clock())


def _receive(association: Association, sock: socket.socket, clock: Callable[[], float]) -> None:
    try:
        data = sock.recv(65535)
    except ConnectionRefusedError:
        association.receive_unreachable(clock())
    except BlockingIOError:
        return
    else:
        association.receive_datagram(data, clock())
