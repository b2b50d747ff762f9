"""What a device remembers of its attempts to join networks, until it loses power.

Diagnostics describe the last failed attempt of a network; a later success leaves them as history. A network
that never failed has none (behaviour reference, section 3.3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from harness.device.failure_codes import CertError, NetworkError
from harness.device.profile import DeviceProfile
from harness.device.selection import History, retry_delay


class ConfigState(StrEnum):
    """Whether a network may be used."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    TEMP_DISABLED = "temp-disabled"
    """Failed a moment ago; it will be tried again by itself."""


class ConnectionState(StrEnum):
    """Whether a network is in use; unknown until it was tried."""

    UNKNOWN = "unknown"
    DISCONNECTED = "disconnected"
    CONNECTED = "connected"


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt. ``timestamp`` is the device's own time; ``cert_depth`` is meaningful from 0 on."""

    error: NetworkError
    timestamp: datetime
    cert_error: CertError | None = None
    cert_depth: int = -1
    cert_subject: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """The attempts on one network; ``retry_at`` is in the harness's time."""

    failures: int = 0
    retry_at: datetime | None = None
    tried: bool = False
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class NetworkDiagnostics:
    """The diagnostics of one network, as the application interface and REST show them (section 3.3).

    ``is_enabled`` is also false while the network is temporarily disabled.
    """

    network: int
    ssid: str
    is_enabled: bool
    is_connected: bool
    failure: Failure


_NEVER_TRIED = Link()


class Links:
    """Attempts by network ID, and the one connection that there can be.

    ``now`` is the harness's time: how long a device waits does not depend on what its clock shows.
    """

    __slots__ = ("_links", "_now", "_profile", "connected", "history")

    def __init__(self, profile: DeviceProfile, now: Callable[[], datetime]) -> None:
        self._profile = profile
        self._now = now
        self._links: dict[int, Link] = {}
        self.connected: int | None = None
        self.history = History()

    def get(self, network: int) -> Link:
        """Return what is known of a network's attempts."""
        return self._links.get(network, _NEVER_TRIED)

    def all(self) -> Mapping[int, Link]:
        """Return the networks that were tried, by ID."""
        return self._links

    def restore(self, links: Mapping[int, Link], connected: int | None, history: History) -> None:
        """Take over what was remembered."""
        self._links, self.connected, self.history = dict(links), connected, history

    def succeed(self, network: int) -> None:
        """Note that the device is connected to that network, and to no other."""
        self.connected = network
        self.history = History(network, network)
        self._links[network] = Link(tried=True, failure=self.get(network).failure)

    def fail(self, network: int, failure: Failure) -> None:
        """Note a failed attempt and disable the network for a while."""
        if self.connected == network:
            self.connected = None
        failures = self.get(network).failures + 1
        retry_at = self._now() + retry_delay(failures, self._profile.retry_delays)
        self.history = replace(self.history, last_tried=network)
        self._links[network] = Link(failures, retry_at, True, failure)

    def hold(self, network: int) -> None:
        """Leave a network alone for a while, as after one failure, and end a connection to it."""
        self.disconnect(network)
        link = self.get(network)
        retry_at = self._now() + retry_delay(max(link.failures, 1), self._profile.retry_delays)
        self._links[network] = replace(link, retry_at=retry_at)

    def waiting(self, network: int) -> bool:
        """Whether a network is temporarily disabled."""
        retry_at = self.get(network).retry_at
        return retry_at is not None and self._now() < retry_at

    def next_retry(self) -> datetime | None:
        """Return when the first waiting network is tried again, in the harness's time."""
        times = [self._links[network].retry_at for network in self._links if self.waiting(network)]
        return min((time for time in times if time is not None), default=None)

    def disconnect(self, network: int | None = None) -> None:
        """End the connection, if it is to that network; ``None``: to whichever."""
        if network is None or network == self.connected:
            self.connected = None

    def try_again(self, network: int) -> None:
        """Forget that attempts failed, as enabling a network does; diagnostics stay."""
        if network in self._links:
            self._links[network] = replace(self._links[network], failures=0, retry_at=None)

    def forget(self, network: int) -> None:
        """Forget a network: its ID may go to another."""
        self.disconnect(network)
        self._links.pop(network, None)
        kept = self.history
        self.history = History(
            None if kept.last_connected == network else kept.last_connected,
            None if kept.last_tried == network else kept.last_tried,
        )

    def restart(self, known: Mapping[int, int]) -> None:
        """Drop the connection and start trying anew; ``known`` gives each network's new ID by its old one."""
        self.connected = None
        self.history = History(
            known.get(-1 if self.history.last_connected is None else self.history.last_connected)
        )
        self._links = {
            known[network]: replace(link, failures=0, retry_at=None, tried=False)
            for network, link in self._links.items()
            if network in known
        }

    def lose_power(self) -> None:
        """Forget what the device keeps in memory alone; whether diagnostics belong to it is a switch."""
        if not self._profile.diagnostics_survive_reboot:
            self._links = {}
