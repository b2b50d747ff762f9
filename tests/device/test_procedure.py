from __future__ import annotations

import pytest

from harness.device.application import Application
from harness.device.device import Device
from harness.device.error_numbers import Errno, WifiError
from harness.device.procedure import Result, Step, StepResult, connected_to, has_changed_over, run, select
from harness.device.results import Answer, Refusal


def good(_application: Application, plan: list[str]) -> Result:
    plan.append("done")
    return Answer()


def bad(_application: Application, _plan: list[str]) -> Result:
    return Answer.refused(Refusal(Errno.EAGAIN, WifiError.TRY_AGAIN, "not now"))


STEPS = (Step("S1.a", "", good), Step("S1.b", "", good), Step("S2.a", "", bad), Step("S3", "", good))


def test_steps_run_until_one_is_refused(device: Device) -> None:
    plan: list[str] = []
    results = list(run(STEPS, device.application(None), plan))
    assert results == [
        StepResult("S1.a", ok=True),
        StepResult("S1.b", ok=True),
        StepResult("S2.a", ok=False, errno="EAGAIN", text="not now"),
    ]
    assert plan == ["done", "done"]


def test_nothing_is_done_before_it_is_asked_for(device: Device) -> None:
    plan: list[str] = []
    results = run(STEPS, device.application(None), plan)
    assert plan == []
    next(results)
    assert plan == ["done"]


def test_steps_are_selected_in_any_order() -> None:
    assert [step.id for step in select(STEPS, "S3", "S1", "S1.a")] == ["S3", "S1.a", "S1.b", "S1.a"]
    with pytest.raises(
        ValueError, match=r"^there is no step 'S9'; the procedure has S1\.a, S1\.b, S2\.a, S3$"
    ):
        select(STEPS, "S9")


def test_a_connection_is_looked_up_by_name(device: Device) -> None:
    application = device.application(None)
    assert connected_to(application, "corp").errno == "ENODEV"
    for _ in range(2):
        number = application.wifi.add_network().network
        assert number is not None
        device.wifi.set(number, name=f"n{number}", ssid="S")
    device.joined("n0")
    assert connected_to(application, "n0").ok
    result = connected_to(application, "n1")
    assert (result.errno, result.text) == ("EAGAIN", "the device is not connected to network 'n1'")


@pytest.mark.catalogue("H12")
@pytest.mark.parametrize(
    ("sightings", "needed", "expected"),
    [
        ([], 1, False),
        ([True], 1, True),
        ([True], 2, False),
        ([True, False, True], 2, False),
        ([False, True, True], 2, True),
        ([True, True, False], 2, False),
    ],
)
def test_one_sighting_proves_nothing(sightings: list[bool], needed: int, expected: bool) -> None:  # noqa: FBT001
    assert has_changed_over(sightings, needed) is expected
