"""Asks a server whether it is ready: Status-Server on the authentication port (RFC 5997)."""

from __future__ import annotations

import hmac
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import md5

from harness.trace import Endpoint

_STATUS_SERVER = 12
_ACCESS_ACCEPT = 2
_MESSAGE_AUTHENTICATOR = bytes([80, 18])
_FIRST_WAIT = 0.01
_LONGEST_WAIT = 0.2


@dataclass(frozen=True, slots=True)
class Probe:
    """One question and how its answer is told from a forged one."""

    packet: bytes
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, secret: bytes) -> Probe:
        """Make a Status-Server with a random authenticator (RFC 5997 3); it has to be signed."""
        head = bytes([_STATUS_SERVER, os.urandom(1)[0]]) + (20 + 18).to_bytes(2, "big") + os.urandom(16)
        signature = hmac.new(secret, head + _MESSAGE_AUTHENTICATOR + bytes(16), md5).digest()
        return cls(head + _MESSAGE_AUTHENTICATOR + signature, secret)

    def answered_by(self, reply: bytes) -> bool:
        """Whether ``reply`` is an authentic Access-Accept to this very question (RFC 2865 3)."""
        if len(reply) < 20 or reply[0] != _ACCESS_ACCEPT or reply[1] != self.packet[1]:
            return False
        signed = reply[:4] + self.packet[4:20] + reply[20:] + self.secret
        return hmac.compare_digest(md5(signed, usedforsecurity=False).digest(), reply[4:20])


def wait_until_ready(
    server: Endpoint, source: str, secret: bytes, alive: Callable[[], bool], timeout: float
) -> bool:
    """Ask until an answer comes: ``True``; ``False`` when the server died or ``timeout`` seconds passed.

    Questions repeat quickly at first, because a server is usually up within 0.1 s. ``source`` is
    the address to ask from.
    """
    deadline = time.monotonic() + timeout
    wait = _FIRST_WAIT
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.bind((source, 0))
        while time.monotonic() < deadline and alive():
            if _ask(asking, server, Probe.new(secret), wait):
                return True
            wait = min(wait * 1.5, _LONGEST_WAIT)
    return False


def _ask(asking: socket.socket, server: Endpoint, probe: Probe, wait: float) -> bool:
    """Send one probe and listen for ``wait`` seconds, whatever else arrives."""
    asking.sendto(probe.packet, (server.host, server.port))
    deadline = time.monotonic() + wait
    while (left := deadline - time.monotonic()) > 0:
        asking.settimeout(left)
        try:
            reply, sender = asking.recvfrom(4096)
        except TimeoutError:
            return False
        except ConnectionRefusedError:
            # ICMP says that nobody listens yet; the rest of the wait keeps this from spinning.
            time.sleep(max(0.0, deadline - time.monotonic()))
            return False
        if sender == (server.host, server.port) and probe.answered_by(reply):
            return True
    return False
