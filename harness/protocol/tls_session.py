"""TLS sessions that a client keeps in order to resume them: session IDs, tickets (RFC 5246, RFC 5077, RFC 8446 2.2).

A :class:`TlsSession` knows under which policy it was made and until when it may be offered. RFC 9190 5.7 wants
decisions that rest on cached data to be made again where what they rested on may have changed. For the
peer that is what it verified the server with: a session is offered only under the policy that it was made
under, and while every certificate of the chain that was verified then is within its dates by the clock of now.
The server's Certificate message does not come again, so nothing else would notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Self

from OpenSSL import SSL, crypto

from harness.observation import ReplyAttribute
from harness.protocol import libssl, peer_certificates
from harness.protocol.tls_policy import TlsPolicy

if TYPE_CHECKING:
    from cryptography import x509

LONGEST = timedelta(days=7)
"""RFC 8446 4.6.1: how long a ticket lasts at most, whatever it says of itself; here any session."""
UNSAID = timedelta(hours=24)
"""RFC 5246 F.1.4: the limit for a session ID, and for a ticket that names no lifetime."""
_OCTETS = 0x04
_LIFETIME = 0xA9
_TICKET = 0xAA
"""Tags in SSL_SESSION as OpenSSL encodes it: OCTET STRING, [9] lifetime hint, [10] ticket."""
_SESSION_ID = 1
"""Which of its octet strings is the session ID: after the cipher, before the master secret."""


@dataclass(frozen=True, slots=True)
class Dates:
    """From when to when all certificates of a chain are valid, UTC."""

    begin: datetime
    end: datetime

    @classmethod
    def common(cls, chain: Iterable[x509.Certificate]) -> Self | None:
        """Return the dates that all of them have in common; None where there are none."""
        dates = [(one.not_valid_before_utc, one.not_valid_after_utc) for one in chain]
        if not dates:
            return None
        return cls(max(begin for begin, _ in dates), min(end for _, end in dates))


@dataclass(frozen=True, slots=True, repr=False)
class TlsSession:
    """A session that was made by a full handshake or handed out in a resumed one.

    ``verified`` is the chain that the server was verified by, empty where the policy verifies nothing. ``sent_chain`` is the client's, as it was sent then. ``name`` tells sessions apart and is no secret. ``reply`` are
    the attributes of the answer that the full handshake ended in.
    """

    policy: TlsPolicy
    name: bytes
    lifetime: timedelta
    verified: tuple[crypto.X509, ...]
    sent_chain: tuple[x509.Certificate, ...]
    session: SSL.Session
    reply: tuple[ReplyAttribute, ...] = ()

    def may_be_offered(self, policy: TlsPolicy) -> bool:
        """Whether a client with that policy, at the time that it has, may offer the session."""
        if replace(self.policy, time=policy.time) != policy:
            return False
        if not timedelta() <= policy.time - self.policy.time < self.lifetime:
            return False
        dates = self.dates
        return dates is None or dates.begin <= policy.time <= dates.end

    @property
    def dates(self) -> Dates | None:
        """From when to when everything is valid that the server was verified by; None where nothing was verified."""
        # Read when it is asked for: most sessions are never offered.
        return Dates.common(peer_certificates.read_chain(self.verified))

    def __repr__(self) -> str:
        return f"TlsSession({self.name.hex()[:16]})"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a session says of itself: ``name`` is a digest of its ticket or ID, empty where it has neither.

    ``lifetime`` is in seconds, as the server wrote it; 0 where it wrote none.
    """

    name: bytes
    lifetime: int


def ticket_of(session: SSL.Session) -> Ticket:
    """Return what a session says of itself."""
    octets: list[bytes] = []
    lifetime, ticket = 0, b""
    for tag, content in _elements(next(_elements(libssl.encoded(session)))[1]):
        if tag == _OCTETS:
            octets.append(content)
        elif tag == _LIFETIME:
            lifetime = int.from_bytes(next(_elements(content))[1], "big")
        elif tag == _TICKET:
            ticket = next(_elements(content))[1]
    name = ticket or octets[_SESSION_ID]
    return Ticket(sha256(name).digest() if name else b"", lifetime)


def lasts(ticket: Ticket, *, tls13: bool) -> timedelta:
    """Return how long a client may offer a session; nothing for one without a lifetime in TLS 1.3 (RFC 8446 4.6.1)."""
    if not ticket.lifetime and not tls13:
        return UNSAID
    return min(timedelta(seconds=ticket.lifetime), LONGEST)


def to_keep(made: TlsSession, resumed: TlsSession | None, *, tls13: bool) -> TlsSession | None:
    """Return what a client keeps of the session that a connection left, which may have ``resumed`` another one.

    A ticket of TLS 1.3 that was offered is used up (RFC 8446 C.4): without a new one there is no session.
    """
    if not made.name or not made.lifetime:
        return None
    if resumed is None:
        return made
    if tls13 and made.name == resumed.name:
        return None
    # The server was verified in the full handshake, so it is from then on that the time counts.
    ends = made.policy.time - resumed.policy.time + made.lifetime
    return replace(resumed, name=made.name, lifetime=min(resumed.lifetime, ends), session=made.session)


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of DER elements, one after the other."""
    at = 0
    while at < len(der):
        tag, size, at = der[at], der[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(der[at : at + count], "big"), at + count
        yield tag, der[at : at + size]
        at += size
