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
"""

from __future__ import annotations

from harness.observation import Standstill
from harness.protocol.eap_tls import MAX_MESSAGE

MOST_IDLE = 50
"""Rounds of a conversation that may lead nowhere."""
LEAST_FRAGMENT = 16
"""TLS octets in a fragment that moves the conversation on."""
MOST_OCTETS = 4 * MAX_MESSAGE
"""TLS octets that fragments of the server may bring in one conversation."""


class Patience:
    """What is left of a peer's patience with one server."""

    __slots__ = ("_idle", "_octets", "_what")

    def __init__(self) -> None:
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

    def standstill(self) -> Standstill:
        """Return what led nowhere, most frequent first."""
        often = sorted(self._what.items(), key=lambda entry: -entry[1])
        return Standstill(self._idle, tuple(often))
