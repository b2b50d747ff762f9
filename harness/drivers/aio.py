"""Run one association inside an asyncio event loop, over a datagram endpoint of its own."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import cast

from harness.drivers.sockets import FULL, UNREACHABLE, AnySocket, cannot_send, open_beside, receive_stray
from harness.observation import Observation
from harness.protocol.association import Association
from harness.trace import Endpoint


async def run(
    association: Association, *, source_host: str = "", clock: Callable[[], float] = time.monotonic
) -> Observation | None:
    """Run an association to its end; None when it could not start (see ``join_failure``).

    ``source_host`` is the local address to send from (any address in 127/8 on loopback).
    Cancelling closes the socket and leaves the association without an outcome. Raises
    EnvironmentUnavailable when the socket cannot be made.
    """
    loop = asyncio.get_running_loop()
    server = association.server
    try:
        transport, conversation = await loop.create_datagram_endpoint(
            lambda: _Conversation(association, clock, loop),
            remote_addr=(server.host, server.port),
            local_addr=(source_host, 0) if source_host else None,
        )
    except OSError as error:
        raise cannot_send(server, source_host, error) from error
    try:
        await conversation.finished
    finally:
        conversation.close()
        transport.close()
    return None if association.join_failure is not None else association.observe()


class _Conversation(asyncio.DatagramProtocol):
    """Feeds one association from an event loop's callbacks; ``finished`` tells how it ended."""

    def __init__(
        self, association: Association, clock: Callable[[], float], loop: asyncio.AbstractEventLoop
    ) -> None:
        self.finished: asyncio.Future[None] = loop.create_future()
        self._association = association
        self._clock = clock
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._beside: socket.socket | None = None
        self._refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the association as soon as the socket is there."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        self._listen_beside(transport.get_extra_info("socket"))
        name = transport.get_extra_info("sockname")
        self._association.bind(Endpoint(name[0], name[1]))
        self._turn(self._association.start)

    def datagram_received(self, data: bytes, _addr: object) -> None:
        """Take a datagram from the server; the connected socket lets no other through."""
        self._turn(lambda now: self._association.receive_datagram(data, now))

    def _listen_beside(self, sock: AnySocket) -> None:
        beside = self._beside = open_beside(sock)
        if beside is not None:
            stray = partial(receive_stray, self._association, beside)
            self._loop.add_reader(beside, self._turn, stray)

    def error_received(self, exc: Exception) -> None:
        """Take an ICMP "unreachable", now or as the failure to send the next datagram."""
        number = exc.errno if isinstance(exc, OSError) else None
        if number in UNREACHABLE:
            self._refused = True
            self._association.receive_unreachable(self._clock())
        elif number not in FULL:
            self._fail(exc)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Clean up after a run that was cancelled while its endpoint was being made, too."""
        self.close()

    def close(self) -> None:
        """Forget the timer, and hear nobody any more."""
        self._forget_timer()
        if self._beside is not None:
            self._loop.remove_reader(self._beside)
            self._beside.close()
            self._beside = None

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _turn(self, step: Callable[[float], None]) -> None:
        """Do one step, send what is due, set the timer; an exception ends the run instead of the loop."""
        if self.finished.done():
            return
        try:
            now = self._clock()
            step(now)
            # A flood sets the timer anew all the time, and must not keep it from being served.
            due = self._association.get_timer()
            if due is not None and now >= due:
                self._association.handle_timer(now)
            self._flush()
        except Exception as error:  # noqa: BLE001 - it is handed to whoever awaits the run
            self._fail(error)
            return
        if self._association.finished:
            self.finished.set_result(None)
        else:
            self._set_timer()

    def _flush(self) -> None:
        transport = self._transport
        assert transport is not None
        for datagram in self._association.datagrams_to_send(self._clock()):
            self._refused = False
            transport.sendto(datagram)
            if self._refused:
                # The kernel reported an earlier "unreachable" and did not send; RADIUS would.
                transport.sendto(datagram)

    def _set_timer(self) -> None:
        self._forget_timer()
        due = self._association.get_timer()
        if due is not None:
            wait = max(due - self._clock(), 0.0)
            self._timer = self._loop.call_later(wait, self._turn, self._association.handle_timer)

    def _fail(self, error: Exception) -> None:
        if not self.finished.done():
            self.finished.set_exception(error)
