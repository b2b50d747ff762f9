"""The one clock of a case, and who follows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.pki.mint import Mint
from harness.run.actions import perform
from harness.run.associate import SourceAddresses
from harness.run.book import CertificateBook
from harness.run.case import CaseResult
from harness.run.events import Result
from harness.run.world import World
from harness.server.pool import ServerPool
from harness.server.settings import ServerSettings

DAY = timedelta(days=1)


class Server:
    """Stands for a server with a clock."""

    def __init__(self, settings: ServerSettings, clock: timedelta | None) -> None:
        self.settings = settings
        self.clock = clock

    def start(self) -> None:
        """It has no process."""

    def move_clock(self, shift: timedelta) -> None:
        self.clock = shift

    def close(self) -> None:
        """It has no process."""


class Backend:
    """Prepares such servers; a server that is shared with other cases is launched without a clock."""

    def prepare(self, settings: ServerSettings, clock: timedelta | None = None) -> Server:
        return Server(settings, clock)

    def launch(self, settings: ServerSettings) -> Server:
        return Server(settings, None)

    def close(self) -> None:
        """It has no process."""


@pytest.fixture
def world(written: Any, mint: Mint) -> Callable[[str], World]:
    def make(text: str) -> World:
        scenario = written.case(f"scenario: x\n{text}").scenario
        pool = ServerPool(Backend())  # type: ignore[arg-type]
        made = World(scenario, CertificateBook(mint, scenario.certificates), pool, bytes, SourceAddresses())
        made.open()
        return made

    return make


def step(world: World, number: int) -> str:
    one = world.scenario.steps[number]
    return perform(world, one.action, one.device)[1]


def clock_of(world: World) -> timedelta | None:
    server: Any = world.server("radius")
    return server.clock  # type: ignore[no-any-return]


def test_servers_and_devices_follow_and_stay_as_far_off_as_they_were(world: Callable[[str], World]) -> None:
    made = world(
        "server: {clock: -2h}\ndevice: {clock: +3h}\nsteps: [{clock: {advance: 45d}}, {wait: 1h}, reload]\n"
    )
    assert clock_of(made) == timedelta(hours=-2)
    step(made, 0)
    step(made, 1)
    assert clock_of(made) == 45 * DAY - timedelta(hours=1)
    ahead = made.devices["device"].clock.now() - datetime.now(UTC)
    assert abs(ahead - 45 * DAY - timedelta(hours=4)) < timedelta(seconds=5)


def test_a_server_that_starts_late_has_the_present_time_and_the_crl_of_the_beginning(
    world: Callable[[str], World],
) -> None:
    made = world("server: {crl: [corp-root]}\nsteps: [{clock: {advance: 8d}}]\n")
    step(made, 0)
    assert clock_of(made) == 8 * DAY
    (crl,) = made.server("radius").settings.crls
    assert crl.next_update_utc is not None
    assert crl.next_update_utc < made.now()


def test_where_no_servers_clock_is_moved_servers_are_shared_and_have_none(
    world: Callable[[str], World],
) -> None:
    made = world("steps: [{wait: 400d}, {clock: {device: +1d}}, {renew: thermostat}]\n")
    step(made, 0)
    assert clock_of(made) is None
    step(made, 2)
    assert made.book.certificate("thermostat").not_valid_before_utc < datetime.now(UTC)


def test_what_is_renewed_later_begins_later(world: Callable[[str], World]) -> None:
    made = world("steps: [{clock: {advance: 100d}}, {renew: {certificate: thermostat, valid-for: 5d}}]\n")
    step(made, 0)
    step(made, 1)
    renewed = made.book.certificate("thermostat")
    begins = made.now() - timedelta(hours=1)
    assert abs(renewed.not_valid_before_utc - begins) < timedelta(minutes=10)
    assert renewed.not_valid_after_utc - renewed.not_valid_before_utc == 5 * DAY


def test_the_moment_is_that_of_the_certificate_as_it_is_now(world: Callable[[str], World]) -> None:
    made = world(
        "steps: [{clock: {at: {certificate: thermostat, shift: -10d}}}, {renew: thermostat},"
        " {clock: {at: {certificate: thermostat, shift: -10d}}}]\n"
    )
    first = made.book.certificate("thermostat").not_valid_after_utc
    for number in range(3):
        step(made, number)
    ahead = made.now() - (first - 10 * DAY)
    assert abs(ahead - 80 * DAY) < timedelta(hours=2)


def test_the_step_says_what_each_clock_shows(world: Callable[[str], World]) -> None:
    made = world("server: {clock: -1d}\nsteps: [{clock: {at: 2090-01-01}}, {clock: {server: 2080-01-01}}]\n")
    note = "device now says 2090-01-01T00:00:00Z, radius now says 2089-12-31T00:00:00Z (true: 2090-01-01T00:00:00Z)"
    assert step(made, 0) == note
    assert step(made, 1) == "radius now says 2080-01-01T00:00:00Z (true: 2090-01-01T00:00:00Z)"


def test_time_that_would_go_back_is_a_mistake_of_the_scenario(play: Callable[[str], CaseResult]) -> None:
    result = play("scenario: x\nsteps:\n  - reload\n  - clock: {at: 2020-01-01}\n")
    assert result.result is Result.ERROR
    (error,) = result.errors
    assert isinstance(error, ScenarioError)
    assert error.place.line == 4
    assert error.message.startswith("2020-01-01T00:00:00Z is past: it is 20")
    assert error.fix == "time only goes forward: write a later moment, or let less time pass before"
