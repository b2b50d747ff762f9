from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from harness.scenario.concrete import ConcreteScenario
from harness.scenario.steps_clock import At, Clock

HEAD = "scenario: x\nsteps:\n  - clock: "


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("2030-01-01", "at 2030-01-01T00:00:00Z"),
        ("{certificate: thermostat}", "at E of thermostat"),
        ("{certificate: thermostat, shift: -44d}", "at E-44d of thermostat"),
        ("{certificate: thermostat, shift: 1h}", "at E+1h of thermostat"),
    ],
)
def test_a_moment_reads_as_it_was_written(
    concrete: Callable[[str], ConcreteScenario], written: str, words: str
) -> None:
    (step,) = concrete(f"steps:\n  - clock: {{at: {written}}}\n").steps
    assert isinstance(step.action, Clock)
    assert step.action.words == words


def test_the_short_form_counts_from_the_end_of_the_tenants_first_ca() -> None:
    assert At.model_validate("E-44d") == At(shift=timedelta(days=-44))
    assert At.model_validate("E") == At(shift=timedelta())
    assert At.model_validate("2030-01-01") == At(date=datetime(2030, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("written", "mistake"),
    [
        ("{at: E-44d}", ("3:17: there is no tenant whose CA could end; name a certificate, as in "
         "{certificate: thermostat, shift: -1d}")),
        ("{at: +44d}", ("3:17: '+44d' is not said from when; write advance for a shift from now, or E and the shift, "
         "as in E-44d")),
        ("{at: tomorrow}", ("3:17: expected a moment, got 'tomorrow'; write a shift as in +400d or -1d, or a UTC date "
         "as in 2000-01-01 or 2000-01-01T12:00Z")),
        ("{at: {certificate: thermostt}}", "3:31: there is no certificate 'thermostt'; did you mean 'thermostat'?"),
        ("{at: {date: 2030-01-01, shift: 1d}}", "3:17: a date needs nothing beside it; leave the rest out, or the date"),
        ("{at: 2030-01-01, device: 1d}", "3:12: at moves all clocks already; write at in a step of its own"),
        ("{advance: 1d, server: 1d}", "3:12: advance moves all clocks already; write advance in a step of its own"),
    ],
)  # fmt: skip
def test_what_is_no_moment_is_answered(
    problems: Callable[[str], list[str]], written: str, mistake: str
) -> None:
    assert problems(f"{HEAD}{written}\n") == [mistake]


def test_one_device_has_no_time_of_its_own(problems: Callable[[str], list[str]]) -> None:
    assert problems("scenario: x\nsteps:\n  - {clock: {advance: 1d}, device: device}\n") == [
        (
            "3:28: this moves all clocks, not one device's; leave device out, or write `clock: {device: ...}` for its "
            "clock alone"
        )
    ]
