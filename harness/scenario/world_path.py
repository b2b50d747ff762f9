"""What happens to packets between an access point and its server, as a file writes it."""

from __future__ import annotations

from harness.scenario.part import Part
from harness.scenario.values import Packets, RealTime


class PacketsBothWays(Part):
    """Which packets are meant, by direction; counted from 1 in each association, retransmissions included."""

    to_server: Packets | None = None
    """Packets from the access point: numbers, ``all``, or ``every 3``."""
    from_server: Packets | None = None
    """Packets from the server."""


class Delay(PacketsBothWays):
    """Packets that arrive late."""

    by: RealTime
    """How late."""


class Impairment(Part):
    """What happens to packets between an access point and its server."""

    lose: PacketsBothWays | None = None
    """Packets that never arrive."""
    duplicate: PacketsBothWays | None = None
    """Packets that arrive twice."""
    delay: Delay | None = None
    """Packets that arrive late."""
