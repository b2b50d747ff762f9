"""How long a peer goes along with a conversation that leads nowhere.

RFC 3748 bounds no conversation: 2.1 lets an authenticator send as many Requests as it likes, and a
peer answers each. So a server that repeats itself would keep a device busy for ever, and the bound
has to be the peer's own.

A round moves the conversation on when

* the peer's state moves, which it does a few times at most and never back;
* the next fragment of the peer's own flight goes out: its flights are answers to the handshake, and
  their fragments are counted from the start;
* a fragment of a message of the server's arrives, of at least :data:`LEAST_FRAGMENT` octets. A chain
  of 64 kB in fragments of 100 octets is 656 rounds, and legal. All fragments together may bring
  :data:`MOST_OCTETS`, four messages of the largest size (RFC 5216 2.1.5): a handshake has no more
  than a HelloRetryRequest, a ServerHello flight, a Finished and one with tickets;
* a complete message makes the peer's handshake say something: TLS has its own end for that.

All other rounds are idle: another Identity or Notification, another method to refuse, the last Request
once more, TLS records that change nothing (tickets without the octet 0x00, KeyUpdates). A peer
answers :data:`MOST_IDLE` of them, counted over the whole conversation, since every pause could be
filled with one step otherwise. Good conversations have three or four. hostap counts alike: it gives up
after 50 rounds of short messages (EAP_MAX_AUTH_ROUNDS_SHORT) and after 100 of any
(EAP_MAX_AUTH_ROUNDS); the second would end a long chain in small fragments. FreeRADIUS ends a session
after 50.

So no server gets more than MOST_IDLE + MOST_OCTETS / LEAST_FRAGMENT rounds, some 16,000, beyond the
fragments of the peer's own flights.

Rounds take time, and a server, or a path, may take all that the access point's time-outs leave for each of them.
So a conversation has a bound in time as well, from the first Request on. wpa_supplicant gives a network 70 s;
:data:`LONGEST` is what a device takes unless it is told otherwise, long enough for slow paths and long chains
together. An unanswered request is the access point's business, which has a time-out for it, so the bound is looked at when
another Request arrives; a decision is taken whenever it comes.
"""

from __future__ import annotations

from harness.observation import Overtime, Standstill
from harness.protocol.eap_tls import MAX_MESSAGE

MOST_IDLE = 50
"""Rounds of a conversation that may lead nowhere."""
LEAST_FRAGMENT = 16
"""TLS octets in a fragment that moves the conversation on."""
LONGEST = 600.0
"""Seconds from the first Request after which no other one is answered."""
MOST_OCTETS = 4 * MAX_MESSAGE
"""TLS octets that fragments of the server may bring in one conversation."""


class Patience:
    """What is left of a peer's patience with one server."""

    __slots__ = ("_began", "_idle", "_longest", "_octets", "_requests", "_what")

    def __init__(self, longest: float = LONGEST) -> None:
        self._longest = longest
        self._began: float | None = None
        self._requests = 0
        self._idle = 0
        self._octets = 0
        self._what: dict[str, int] = {}

    def takes_fragment(self, octets: int) -> bool:
        """Count a fragment with so many TLS octets; tell whether it moves the conversation on."""
        self._octets += octets
        return octets >= LEAST_FRAGMENT and self._octets <= MOST_OCTETS

    def is_over(self, what: str) -> bool:
        """Count an idle round; tell whether it is one too many. ``what`` the server did, in words."""
        if self._idle == MOST_IDLE:
            return True
        self._idle += 1
        self._what[what] = self._what.get(what, 0) + 1
        return False

    def has_lasted(self, now: float) -> bool:
        """Count a Request of any kind; tell whether it comes too late to be answered."""
        if self._began is None:
            self._began = now
        if now - self._began > self._longest:
            return True
        self._requests += 1
        return False

    def overtime(self, now: float) -> Overtime:
        """Return how long the conversation has lasted, and with how many Requests answered."""
        began = now if self._began is None else self._began
        return Overtime(now - began, self._longest, self._requests)

    def standstill(self) -> Standstill:
        """Return what led nowhere, most frequent first."""
        often = sorted(self._what.items(), key=lambda entry: -entry[1])
        return Standstill(self._idle, tuple(often))
