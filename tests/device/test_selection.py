from __future__ import annotations

from datetime import timedelta

import pytest

from harness.device.failure_codes import NetworkError
from harness.device.network import Network, Security
from harness.device.selection import (
    History,
    Offer,
    attempt_order,
    find_offer,
    obstacle,
    retry_delay,
    scan,
)
from harness.device.switches import SelectionOrder

CORP = Network("corp", "CORP")
HIDDEN = Offer("CORP", hidden=True)


@pytest.mark.catalogue("F30")
@pytest.mark.parametrize(
    ("order", "history", "expected"),
    [
        (SelectionOrder.LOWEST_ID, History(2, 2), (0, 2, 5)),
        (SelectionOrder.HIGHEST_ID, History(2, 2), (5, 2, 0)),
        (SelectionOrder.LAST_CONNECTED, History(5, 0), (5, 0, 2)),
        (SelectionOrder.LAST_CONNECTED, History(), (0, 2, 5)),
        (SelectionOrder.AFTER_LAST_TRIED, History(0, 2), (5, 0, 2)),
        (SelectionOrder.AFTER_LAST_TRIED, History(0, 5), (0, 2, 5)),
        (SelectionOrder.AFTER_LAST_TRIED, History(), (0, 2, 5)),
    ],
)
def test_the_order_of_attempts(order: SelectionOrder, history: History, expected: tuple[int, ...]) -> None:
    assert attempt_order([2, 5, 0], order, history) == expected


def test_every_order_tries_every_network() -> None:
    for order in SelectionOrder:
        assert sorted(attempt_order(range(4), order, History(1, 2))) == [0, 1, 2, 3]
        assert attempt_order([], order) == ()


@pytest.mark.catalogue("F24")
def test_delays_grow_and_the_last_one_stays() -> None:
    delays = (10.0, 20.0, 60.0)
    seconds = [retry_delay(failures, delays) / timedelta(seconds=1) for failures in range(6)]
    assert seconds == [0, 10, 20, 60, 60, 60]


@pytest.mark.catalogue("E15")
def test_a_hidden_network_needs_a_targeted_scan() -> None:
    assert obstacle(CORP, [HIDDEN]) is NetworkError.NETWORK_NOT_FOUND
    assert obstacle(Network("corp", "CORP", targeted_scan=True), [HIDDEN]) is None
    assert obstacle(CORP, [Offer("CORP")]) is None


@pytest.mark.catalogue("F25")
def test_an_ssid_that_nobody_offers() -> None:
    assert obstacle(CORP, []) is NetworkError.NETWORK_NOT_FOUND
    assert obstacle(CORP, [Offer("corp")]) is NetworkError.NETWORK_NOT_FOUND


@pytest.mark.catalogue("E19")
def test_another_security_under_the_same_ssid() -> None:
    psk = Offer("CORP", Security.PSK)
    assert obstacle(CORP, [psk]) is NetworkError.SECURITY_TYPE_MISMATCH
    assert find_offer(CORP, [psk, Offer("CORP")]) == Offer("CORP")
    assert obstacle(CORP, [psk, Offer("CORP")]) is None


def test_a_scan_shows_hidden_networks_to_those_who_ask() -> None:
    offers = [Offer("GUEST", Security.OPEN), HIDDEN]
    assert scan([CORP], offers) == (offers[0],)
    assert scan([Network("corp", "CORP", targeted_scan=True)], offers) == tuple(offers)
    assert scan([Network("x", "GUEST", targeted_scan=True)], offers) == (offers[0],)
