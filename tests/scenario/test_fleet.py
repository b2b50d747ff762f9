"""Fleets in the language: their values, their mistakes, and what is expected of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from harness.scenario.expect import ExpectFleet
from harness.scenario.expectation_fleet import Failed, FleetResult, check_fleet

HEAD = "scenario: x\ndevices: {pumps: {count: 20}, single: {}}\nsteps:\n  - "
DAY = timedelta(days=1)
RESULT = FleetResult(
    17,
    20,
    (
        Failed(90 * DAY, True, "client-certificate-expired", "thermostat"),
        Failed(91 * DAY, True, "crl-expired", "thermostat"),
        Failed(95 * DAY, False, "crl-expired", "thermostat"),
    ),
)


def found(expect: dict[str, Any], result: FleetResult = RESULT) -> list[str]:
    return [str(one) for one in check_fleet(ExpectFleet.model_validate(expect), result)]


@pytest.mark.parametrize(
    "expect",
    [
        {"connected": "85%"},
        {"connected": "86%"},
        {"connected": "80%..90%"},
        {"connected": "85%", "cause-of-loss": ["crl-expired", "client-certificate-expired"]},
        {"connected": "85%", "certificate": "thermostat", "first-loss": "90d..90d", "last-loss": "90d..92d"},
    ],
)
def test_what_holds(expect: dict[str, Any]) -> None:
    assert found(expect) == []


@pytest.mark.parametrize(
    ("expect", "sentence"),
    [
        ({"connected": "90%"}, "connected: expected 90%, got 85% (17 of 20)"),
        ({"connected": "86%..100%"}, "connected: expected 86%..100%, got 85% (17 of 20)"),
        (
            {"cause-of-loss": ["crl-expired"]},
            "cause-of-loss: expected [crl-expired], got [client-certificate-expired, crl-expired]",
        ),
        (
            {"cause-of-loss": ["none"]},
            "cause-of-loss: expected none, got [client-certificate-expired, crl-expired]",
        ),
        ({"certificate": "corp-root"}, "certificate: expected [corp-root], got [thermostat]"),
        ({"first-loss": "91d..99d"}, "first-loss: expected 91d..99d, got 90d0h0m"),
        ({"last-loss": "0s..90d"}, "last-loss: expected 0s..90d, got 91d0h0m"),
    ],
)
def test_every_key_fails_when_it_should(expect: dict[str, Any], sentence: str) -> None:
    assert found({"connected": "85%", **expect}) == [sentence]


def test_nobody_lost_anything() -> None:
    nothing = FleetResult(20, 20)
    assert found({"connected": "100%", "cause-of-loss": ["none"], "certificate": "none"}, nothing) == []
    assert found({"connected": "100%", "first-loss": "0s..1d"}, nothing) == [
        "first-loss: expected 0s..1d, got no loss"
    ]


@pytest.mark.parametrize(
    ("step", "mistake"),
    [
        (
            "{associate: corp, device: pumps, expect: connected}",
            "4:6: 'associate' is what one device does, and this is a fleet; write associate-all",
        ),
        (
            "{reauthenticate: , device: pumps, expect: connected}",
            (
                "4:6: 'reauthenticate' is what one device does, and this is a fleet; write join-all, which "
                "authenticates anew"
            ),
        ),
        (
            "{join-all: , device: single, expect: 100%}",
            "4:6: 'join-all' is what a fleet does, and the device is one; write join, or give the device a count",
        ),
        (
            "{reload: , device: single, share: 5%}",
            "4:32: only a fleet has shares; leave share out, or give the device a count",
        ),
        (
            "{persist: , device: pumps, power-cut-at: 1}",
            (
                "4:32: the power is cut in one device at a time, and this is a fleet; write the step power-cut for "
                "all, or one device"
            ),
        ),
        ("{offline: 101%, device: pumps}", "4:15: 101% is more than all; write 100% at most"),
        (
            "{offline: some, device: pumps}",
            "4:15: expected a share, got 'some'; write it in percent, as in 5%",
        ),
        (
            "{measure: {time: 10d, every: 1s}, device: pumps, expect: 1%}",
            "4:15: the devices would authenticate more than 1000 times; write a longer every, or less time",
        ),
        (
            "{join-all: , device: pumps, expect: 0%..100%}",
            "4:41: 0%..100% holds for every share; write a range that a share can be outside of",
        ),
        (
            "{join-all: , device: pumps, expect: 90%..10%}",
            "4:41: 90%..10% begins above its end; write the lower share first",
        ),
        (
            "{measure: {time: 2d, every: 1d, contact: hub}, device: pumps, expect: 1%}",
            "4:46: there is no back end 'hub'; there is none to choose from",
        ),
        (
            "{reload: , device: pumps, share: 0%}",
            "4:38: '0%' is nobody; write the end of the range above its begin",
        ),
        (
            "{join-all: , device: pumps, expect: {connected: 1%, first-loss: 3d}}",
            "4:69: expected a range of time, got '3d'; write it as in 700d..731d, from the start of the scenario",
        ),
    ],
)
def test_mistakes_are_answered(problems: Callable[[str], list[str]], step: str, mistake: str) -> None:
    assert problems(HEAD + step + "\n") == [mistake]


@pytest.mark.parametrize(
    ("devices", "mistake"),
    [
        ("{a: {offline: 5%}}", "2:14: offline is about a fleet; add count, the number of its devices"),
        ("{a: {clock-skew: 5m}}", "2:14: clock-skew is about a fleet; add count, the number of its devices"),
        (
            "{a: {count: 2, mac: '02:00:00:00:00:01'}}",
            "2:14: devices of a fleet have MAC addresses of their own; leave out mac, or count",
        ),
        (
            "{a: {count: 2}, a-1: {}}",
            "2:26: the device 'a-1' has the name of one of the fleet 'a'; give it another name",
        ),
        ("{a: {count: 2, clock-skew: -5m}}", "2:37: expected how far clocks are off, got '-5m'; write it as in ±10m"),
    ],
)  # fmt: skip
def test_mistakes_of_a_description(problems: Callable[[str], list[str]], devices: str, mistake: str) -> None:
    step = "- {reload: , device: a}"
    assert problems(f"scenario: x\ndevices: {devices}\nsteps:\n  {step}\n") == [mistake]
