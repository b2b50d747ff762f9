"""Run one association over a blocking UDP socket of its own."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from contextlib import nullcontext

from harness.drivers.sockets import (
    Stopped,
    never,
    open_beside,
    open_socket,
    receive,
    receive_stray,
    send,
    source_of,
)
from harness.observation import Observation
from harness.protocol.association import Association

__all__ = ["Stopped", "run"]

_PATIENCE = 0.2
"""Longest sleep in seconds, so that a request to stop is noticed soon."""


def nothing() -> None:
    """Do nothing in a wait for the server."""


def run(
    association: Association,
    *,
    source_host: str = "",
    clock: Callable[[], float] = time.monotonic,
    stopped: Callable[[], bool] = never,
    meanwhile: Callable[[], object] = nothing,
) -> Observation | None:
    """Run an association to its end; None when it could not start (see ``join_failure``).

    ``source_host`` is the local address to send from (any address in 127/8 on loopback). ``meanwhile`` is
    called once in each wait for the server, for work that would otherwise be left for afterwards.
    Raises Stopped, and EnvironmentUnavailable when the socket cannot be made.
    """
    with (
        open_socket(association.server, source_host) as sock,
        open_beside(sock) or nullcontext() as beside,
    ):
        association.bind(source_of(sock))
        association.start(clock())
        while not association.finished:
            _turn(association, sock, beside, clock, meanwhile)
            if stopped():
                raise Stopped
    return None if association.join_failure is not None else association.observe()


def _turn(
    association: Association,
    sock: socket.socket,
    beside: socket.socket | None,
    clock: Callable[[], float],
    meanwhile: Callable[[], object],
) -> None:
    """Send what is due, then wait for a datagram or the timer."""
    datagrams = association.datagrams_to_send(clock())
    for datagram in datagrams:
        send(association, sock, datagram, clock())
    if association.finished:
        return
    if datagrams:
        meanwhile()
    due = association.get_timer()
    wait = _PATIENCE if due is None else min(max(due - clock(), 0.0), _PATIENCE)
    ready = _readable(wait, sock, beside)
    now = clock()
    if sock.fileno() in ready:
        receive(association, sock, now)
    if beside is not None and beside.fileno() in ready:
        receive_stray(association, beside, now)
    # Also where something came: a flood must not keep the timer from being served.
    if due is None or now >= due:
        association.handle_timer(now)


def _readable(wait: float, *sockets: socket.socket | None) -> set[int]:
    """Wait up to so many seconds; return the descriptors of which something can be read, or told."""
    # Not select(): that knows descriptors below 1024 only, and many cases at a time have more.
    waiting = select.poll()
    for sock in sockets:
        if sock is not None:
            waiting.register(sock, select.POLLIN)
    return {number for number, _ in waiting.poll(wait * 1000)}
