"""TLS over a socket with a deadline: memory BIOs inside, so that no call waits longer than it may."""

from __future__ import annotations

import socket
from contextlib import suppress
from time import monotonic

from OpenSSL import SSL

_CHUNK = 65536
VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
"""TLS versions by the names that settings use."""


class ConnectionCut(Exception):
    """The other side ended the connection in the middle of something."""


class Deadline:
    """A moment after which nobody waits any longer; ``seconds`` count from now."""

    __slots__ = ("_end",)

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; raises :class:`TimeoutError` when there are none."""
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class Stream:
    """One TLS connection over a connected socket.

    Methods raise :class:`TimeoutError`, :class:`ConnectionCut`, :class:`OSError` and :class:`SSL.Error`.
    """

    __slots__ = ("_deadline", "_socket", "connection")

    def __init__(self, connected: socket.socket, connection: SSL.Connection, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline
        self.connection = connection

    def handshake(self) -> None:
        """Do the handshake."""
        while True:
            try:
                self.connection.do_handshake()
            except SSL.WantReadError:
                self._exchange()
            except SSL.Error:
                self._last_words()
                raise
            else:
                self._flush()
                return

    def renegotiate(self) -> None:
        """Ask for a second handshake and wait until the client has done it (RFC 5246 7.4.1.1)."""
        self.connection.renegotiate()
        self.handshake()  # no more than HelloRequest goes out
        while self.connection.renegotiate_pending():
            try:
                self.connection.recv(_CHUNK)
            except SSL.WantReadError:
                self._exchange()

    def send(self, data: bytes) -> None:
        """Send all of it."""
        view = memoryview(data)
        while view:
            view = view[self.connection.send(view[:_CHUNK]) :]
            self._flush()

    def receive(self) -> bytes:
        """Return some octets, none when the other side has closed in order."""
        while True:
            try:
                return self.connection.recv(_CHUNK)
            except SSL.WantReadError:
                self._exchange()
            except SSL.ZeroReturnError:
                return b""
            except SSL.Error:
                self._last_words()
                raise

    def close(self) -> None:
        """Say goodbye; never raises and never waits."""
        with suppress(SSL.Error, OSError, TimeoutError):
            self.connection.shutdown()
            self._flush()

    def _last_words(self) -> None:
        """Send the alert that OpenSSL has left, where it still can be."""
        with suppress(OSError, TimeoutError):
            self._flush()

    def _exchange(self) -> None:
        self._flush()
        self._socket.settimeout(self._deadline.left())
        data = self._socket.recv(_CHUNK)
        if not data:
            raise ConnectionCut
        self.connection.bio_write(data)

    def _flush(self) -> None:
        while True:
            try:
                data = self.connection.bio_read(_CHUNK)
            except SSL.WantReadError:
                return
            self._socket.settimeout(self._deadline.left())
            self._socket.sendall(data)
