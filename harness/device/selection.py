"""Which network a device tries next, and what stands in the way: pure functions.

The documents say that the device picks among enabled networks and goes on to another when one fails, not in
which order nor after how long (behaviour reference, section 3.5); both are parameters here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from harness.device.failure_codes import NetworkError
from harness.device.network import Network, Security
from harness.device.switches import SelectionOrder


@dataclass(frozen=True, slots=True)
class Offer:
    """What an access point announces; a hidden one answers only to those who ask for its SSID."""

    ssid: str
    security: Security = Security.EAP_TLS
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """Network IDs that decide the order; ``None``: there was none."""

    last_connected: int | None = None
    last_tried: int | None = None


def attempt_order(
    candidates: Iterable[int], order: SelectionOrder, history: History | None = None
) -> tuple[int, ...]:
    """Return the IDs of usable networks in the order in which a device tries them."""
    history = history or History()
    numbers = sorted(candidates, reverse=order is SelectionOrder.HIGHEST_ID)
    if order is SelectionOrder.LAST_CONNECTED:
        return tuple(sorted(numbers, key=lambda number: (number != history.last_connected, number)))
    if order is SelectionOrder.AFTER_LAST_TRIED and history.last_tried is not None:
        tried = history.last_tried
        return tuple(sorted(numbers, key=lambda number: (number <= tried, number)))
    return tuple(numbers)


def retry_delay(failures: int, delays: Sequence[float]) -> timedelta:
    """Return how long a network stays temporarily disabled after that many failures in a row.

    ``delays`` are seconds, the last one repeats; no failure, no delay.
    """
    if failures < 1:
        return timedelta()
    return timedelta(seconds=delays[min(failures, len(delays)) - 1])


def find_offer(network: Network, offers: Iterable[Offer]) -> Offer | None:
    """Return the access point that a scan for that network finds, one of the right security first."""
    seen = [offer for offer in offers if offer.ssid == network.ssid and _visible(network, offer)]
    fitting = [offer for offer in seen if offer.security is network.security]
    return next(iter(fitting or seen), None)


def obstacle(network: Network, offers: Iterable[Offer]) -> NetworkError | None:
    """Return what keeps the device from starting an association in the air: errors 2 and 6."""
    offer = find_offer(network, offers)
    if offer is None:
        return NetworkError.NETWORK_NOT_FOUND
    return None if offer.security is network.security else NetworkError.SECURITY_TYPE_MISMATCH


def scan(networks: Iterable[Network], offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """Return the access points that a scan shows: hidden ones only where a network asks for them."""
    known = tuple(networks)
    return tuple(
        offer
        for offer in offers
        if not offer.hidden
        or any(network.ssid == offer.ssid and _visible(network, offer) for network in known)
    )


def _visible(network: Network, offer: Offer) -> bool:
    return network.targeted_scan or not offer.hidden
