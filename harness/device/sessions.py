"""The TLS sessions that a device keeps, one for each network, in memory alone.

What a session is, and when it may be offered, the protocol knows. The device knows when to forget: at a start,
at a reload, when the network's settings change, and after an association that did not end well, since a server that
took offence at the session would take it again and again.
"""

from __future__ import annotations


class Sessions:
    """Sessions by network ID. ``enabled=False`` is a device that keeps none."""

    __slots__ = ("_enabled", "_kept")

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._kept: dict[int, object] = {}

    def get(self, network: int) -> object | None:
        """Return what was kept for a network, if anything."""
        return self._kept.get(network)

    def keep(self, network: int, session: object | None) -> None:
        """Replace what was kept for a network; ``None``: by nothing."""
        self._kept.pop(network, None)
        if session is not None and self._enabled:
            self._kept[network] = session

    def forget(self, network: int) -> None:
        """Forget what was kept for a network."""
        self._kept.pop(network, None)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
