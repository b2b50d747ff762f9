"""What was recorded while something ran: events with a time, packets, TLS secrets for the capture.

A recorder is optional everywhere: without one the protocol does not spend a microsecond on it.
Private keys, passwords and shared secrets are never recorded. TLS secrets go to ``key_log`` alone,
which exists only for credentials that the harness itself made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

JsonValue = str | int | float | bool | None


class Actor(StrEnum):
    """Who did what an event tells."""

    DEVICE = "device"
    ACCESS_POINT = "access-point"
    SERVER = "server"
    PATH = "path"
    HARNESS = "harness"


class Link(StrEnum):
    """Where a packet was seen."""

    AIR = "air"
    """An 802.11 frame (no radiotap, no FCS) between device and access point."""
    WIRE = "wire"
    """The UDP payload of one RADIUS datagram between access point and server."""


# Tuples, because an association makes some sixty of these, and a tuple is the cheapest value there is.
class Event(NamedTuple):
    """One thing that happened; ``at`` is the harness clock in seconds, ``detail`` is flat."""

    at: float
    actor: Actor
    name: str
    detail: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An IPv4 or IPv6 address and a UDP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Packet(NamedTuple):
    """One frame or datagram; ``source`` and ``destination`` are set on the wire only."""

    at: float
    link: Link
    data: bytes
    source: Endpoint | None = None
    destination: Endpoint | None = None
    comment: str = ""


@dataclass(slots=True)
class Recorder:
    """Collects events, packets and key log lines in the order they happened."""

    events: list[Event] = field(default_factory=list)
    packets: list[Packet] = field(default_factory=list)
    key_log: list[str] = field(default_factory=list, repr=False)

    def event(self, at: float, actor: Actor, name: str, **detail: JsonValue) -> None:
        """Record one event."""
        self.events.append(Event(at, actor, name, detail))

    def packet(self, packet: Packet) -> None:
        """Record one frame or datagram."""
        self.packets.append(packet)
