from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.device.failure_codes import CertError, NetworkError
from harness.device.links import Failure, Link, Links
from harness.device.profile import DeviceProfile
from harness.device.selection import History

START = datetime(2030, 5, 17, tzinfo=UTC)
FAILURE = Failure(NetworkError.AUTHENTICATION_FAILED, START, CertError.EXPIRED, 0, "CN=radius")
SECOND = timedelta(seconds=1)


class Time:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def links(time: Time) -> Links:
    return Links(DeviceProfile(retry_delays=(10, 30)), time)


@pytest.mark.catalogue("F01")
def test_a_network_that_never_failed_has_no_failure(links: Links) -> None:
    links.succeed(0)
    assert links.connected == 0
    assert links.get(0) == Link(tried=True)
    assert links.get(1) == Link()


@pytest.mark.catalogue("F02")
def test_a_success_leaves_the_last_failure_as_history(links: Links) -> None:
    links.fail(0, FAILURE)
    links.succeed(0)
    assert links.connected == 0
    assert links.get(0) == Link(tried=True, failure=FAILURE)


@pytest.mark.catalogue("F24", "F31")
def test_failures_disable_for_longer_and_longer_and_a_success_ends_it(links: Links, time: Time) -> None:
    for delay in (10, 30, 30):
        links.fail(0, FAILURE)
        assert links.next_retry() == time.now + delay * SECOND
        time.now += (delay - 1) * SECOND
        assert links.waiting(0)
        time.now += SECOND
        assert not links.waiting(0)
        assert links.next_retry() is None
    links.succeed(0)
    links.fail(0, FAILURE)
    assert links.next_retry() == time.now + 10 * SECOND


def test_a_failure_ends_the_connection_to_that_network_alone(links: Links) -> None:
    links.succeed(1)
    links.fail(0, FAILURE)
    assert links.connected == 1
    links.fail(1, FAILURE)
    assert links.connected is None


def test_enabling_ends_the_wait_and_keeps_the_failure(links: Links) -> None:
    links.fail(0, FAILURE)
    links.try_again(0)
    links.try_again(7)
    assert links.get(0) == Link(tried=True, failure=FAILURE)
    assert dict(links.all()).keys() == {0}


def test_an_id_that_goes_to_another_network_starts_anew(links: Links) -> None:
    links.fail(0, FAILURE)
    links.succeed(0)
    links.forget(0)
    assert links.get(0) == Link()
    assert (links.connected, links.history) == (None, History())


def test_a_restart_follows_new_ids(links: Links) -> None:
    links.fail(2, FAILURE)
    links.succeed(3)
    links.restart({2: 0, 3: 1})
    assert links.connected is None
    assert links.get(0) == Link(failure=FAILURE)
    assert links.history == History(1)
    links.restart({})
    assert dict(links.all()) == {}
    assert links.history == History()


def test_whether_failures_survive_a_loss_of_power_is_a_switch(time: Time) -> None:
    for survive in (False, True):
        links = Links(DeviceProfile(diagnostics_survive_reboot=survive), time)
        links.fail(0, FAILURE)
        links.lose_power()
        links.restart({0: 0})
        assert (links.get(0).failure is not None) is survive
