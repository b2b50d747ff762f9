"""UDP ports of servers on loopback: free when they are taken, and kept while a server is down.

A server keeps its port when it is restarted or stopped for a while. The kernel does not know of that, and
would let another server have it.
"""

from __future__ import annotations

import itertools
import random
import socket
import threading

from harness.errors import EnvironmentUnavailable

LOOPBACK = "127.0.0.1"
# Below what systems hand out to sockets that ask for any port.
_RANGE = range(20000, 32000)
_TRIES = 100


class Ports:
    """Lends ports; safe to use from several threads."""

    def __init__(self) -> None:
        self._lent: set[int] = set()
        self._lock = threading.Lock()

    def take(self, rng: random.Random) -> int:
        """Lend a port that nobody has; only a server's own start can make sure of other programs.

        Raises :class:`harness.errors.EnvironmentUnavailable` when there is none left.
        """
        with self._lock:
            # At random, for other runs do the same; then one after the other.
            for port in itertools.chain((rng.choice(_RANGE) for _ in range(_TRIES)), _RANGE):
                if port not in self._lent and _is_free(port):
                    self._lent.add(port)
                    return port
        raise EnvironmentUnavailable(
            f"no UDP port from {_RANGE.start} to {_RANGE.stop - 1} is free on {LOOPBACK}",
            hint="end the programs that hold them; `ss -lun` names them",
        )

    def give_back(self, port: int) -> None:
        """Let others have that port; no effect for one that is not lent."""
        with self._lock:
            self._lent.discard(port)


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trying:
        try:
            trying.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


PORTS = Ports()
"""Those of this process: all its backends share one loopback."""
