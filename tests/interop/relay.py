"""A UDP relay between one RADIUS client and one server that keeps what it passes on."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from harness.protocol import radius
from harness.trace import Endpoint


@dataclass(frozen=True, slots=True)
class MppeKeys:
    """Both MS-MPPE keys of an Access-Accept, decrypted; together they are the MSK (RFC 3748 7.10)."""

    recv: bytes
    send: bytes


@dataclass(slots=True)
class Relay:
    """Where the client sends to, where the server sees it come from, and the datagrams of both."""

    listens: Endpoint
    sends_from: Endpoint
    requests: list[bytes] = field(default_factory=list)
    replies: list[bytes] = field(default_factory=list)

    def mppe_keys(self, secret: bytes) -> MppeKeys | None:
        """Return the keys of the last Access-Accept; None when there was none, or it had no keys.

        Raises MalformedPacket when they cannot be decrypted.
        """
        accepts = [packet for packet in map(radius.parse, self.replies) if packet.code == 2]
        if not accepts:
            return None
        accept = accepts[-1]
        asked = [p for p in map(radius.parse, self.requests) if p.identifier == accept.identifier][-1]
        encrypted = [
            radius.vendor_values(accept, radius.MICROSOFT, kind)
            for kind in (radius.MS_MPPE_RECV_KEY, radius.MS_MPPE_SEND_KEY)
        ]
        if not all(encrypted):
            return None
        recv, send = (radius.decrypt_mppe_key(v[0], secret, asked.authenticator) for v in encrypted)
        return MppeKeys(recv, send)


@contextmanager
def relay(server: Endpoint, source_host: str) -> Iterator[Relay]:
    """Relay to ``server`` from an address of its own until the context ends."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as near,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far,
    ):
        near.bind(("127.0.0.1", 0))
        far.bind((source_host, 0))
        far.connect((server.host, server.port))
        stop_here, stop_there = socket.socketpair()
        running = Relay(Endpoint(*near.getsockname()), Endpoint(*far.getsockname()))
        thread = threading.Thread(target=_pass_on, args=(running, near, far, stop_there))
        thread.start()
        try:
            yield running
        finally:
            stop_here.close()
            thread.join()
            stop_there.close()


def _pass_on(running: Relay, near: socket.socket, far: socket.socket, stop: socket.socket) -> None:
    client: tuple[str, int] | None = None
    while True:
        readable, _, _ = select.select([near, far, stop], [], [])
        if stop in readable:
            return
        if near in readable:
            data, client = near.recvfrom(65535)
            running.requests.append(data)
            far.send(data)
        if far in readable and client is not None:
            data = far.recv(65535)
            running.replies.append(data)
            near.sendto(data, client)
