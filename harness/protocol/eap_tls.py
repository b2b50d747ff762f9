"""EAP-TLS framing: flags, fragments, reassembly (RFC 5216 2.1.5 and 3, RFC 9190 2.1.9).

One direction each: :class:`Fragmenter` cuts a TLS flight into type-data fields of Responses,
:class:`Reassembler` puts the fragments of Requests together again. Neither knows TLS or EAP
identifiers.
"""

from __future__ import annotations

import struct
from collections import deque

LENGTH_INCLUDED = 0x80
MORE_FRAGMENTS = 0x40
START = 0x20

DEFAULT_FRAGMENT_SIZE = 1398
"""Octets of TLS data in a fragment: with all headers it stays below an 802.11 MTU of 1500."""

MAX_MESSAGE = 65536
"""RFC 5216 2.1.5 lets an implementation limit a message to 64 kB, against denial of service."""

_EMPTY = b"\x00"


class FramingError(ValueError):
    """The other side broke the framing; ``clause`` names the rule."""

    def __init__(self, text: str, clause: str) -> None:
        super().__init__(text)
        self.clause = clause


class Fragmenter:
    """Cuts one outgoing TLS flight after the other into EAP-TLS type-data.

    ``size`` is the most TLS octets in a fragment. Raises ValueError when it is below 1.
    """

    __slots__ = ("_pending", "_size")

    def __init__(self, size: int = DEFAULT_FRAGMENT_SIZE) -> None:
        if size < 1:
            raise ValueError(f"a fragment of {size} octets cannot carry anything; 1 is the least")
        self._size = size
        self._pending: deque[bytes] = deque()

    @property
    def waiting(self) -> bool:
        """Whether fragments are left that the other side has to acknowledge first."""
        return bool(self._pending)

    def load(self, flight: bytes) -> bytes:
        """Take a flight and return the first type-data; an empty flight is an acknowledgement."""
        if len(flight) <= self._size:
            # RFC 9190 2.1.9: L MUST NOT be set on an unfragmented message.
            return _EMPTY + flight
        size = self._size
        pieces = [flight[at : at + size] for at in range(0, len(flight), size)]
        first = struct.pack("!BI", LENGTH_INCLUDED | MORE_FRAGMENTS, len(flight)) + pieces[0]
        more = bytes((MORE_FRAGMENTS,))
        self._pending.extend(more + piece for piece in pieces[1:-1])
        self._pending.append(_EMPTY + pieces[-1])
        return first

    def next(self) -> bytes:
        """Return the type-data of the next fragment, after the last one was acknowledged."""
        return self._pending.popleft()


class Reassembler:
    """Collects the fragments of one incoming message after the other."""

    __slots__ = ("_declared", "_parts", "_total", "last_had_needless_length", "last_octets")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._total = 0
        self._declared: int | None = None
        self.last_octets = 0
        """TLS octets in the last fragment or message in one piece."""
        self.last_had_needless_length = False
        """The last complete message came in one piece and still had the L bit (RFC 9190 2.1.9)."""

    def feed(self, data: bytes) -> bytes | None:
        """Take the type-data of one Request; return the whole message, or None for "more to come".

        Raises FramingError when lengths contradict each other or the message is too long.
        """
        if not data:
            raise FramingError("EAP-TLS packet without a flags octet", "RFC 5216 3.1")
        flags = data[0]
        at = 1
        if flags & LENGTH_INCLUDED:
            at = 5
            self._declare(data)
        body = data[at:]
        self.last_octets = len(body)
        self._total += len(body)
        self._check_total()
        if flags & MORE_FRAGMENTS:
            if not body:
                raise FramingError("fragment with the M bit and no data", "RFC 5216 2.1.5")
            self._parts.append(body)
            return None
        return self._complete(body)

    def _declare(self, data: bytes) -> None:
        if len(data) < 5:
            raise FramingError("L bit set without the four octets of TLS message length", "RFC 5216 3.1")
        (length,) = struct.unpack_from("!I", data, 1)
        if length > MAX_MESSAGE:
            raise FramingError(f"TLS message length {length} exceeds {MAX_MESSAGE}", "RFC 5216 2.1.5")
        if self._declared is not None and self._declared != length:
            raise FramingError(
                f"TLS message length changed from {self._declared} to {length} between fragments",
                "RFC 5216 3.1",
            )
        self._declared = length

    def _check_total(self) -> None:
        limit = MAX_MESSAGE if self._declared is None else self._declared
        if self._total > limit:
            raise FramingError(
                f"{self._total} octets of fragments exceed the {limit} allowed", "RFC 5216 2.1.5"
            )

    def _complete(self, body: bytes) -> bytes:
        fragmented = bool(self._parts)
        declared, total = self._declared, self._total
        message = b"".join((*self._parts, body)) if fragmented else body
        self._parts.clear()
        self._total = 0
        self._declared = None
        self.last_had_needless_length = declared is not None and not fragmented
        if declared is not None and declared != total:
            raise FramingError(
                f"TLS message length field says {declared}, the fragments add up to {total}", "RFC 5216 3.1"
            )
        return message
