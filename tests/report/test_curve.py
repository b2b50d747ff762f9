"""The share of a fleet that is connected over time: drawn, told, and as numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.report import curve, values
from harness.report.html import HtmlReport
from harness.run.events import CaseFinished, FleetCurve, Loss, Reading, Result, SuiteFinished, SuiteStarted
from harness.scenario.case import CaseInfo

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)
READINGS = tuple(
    Reading(BEGAN + timedelta(days=day), number) for day, number in ((0, 20), (50, 10), (100, 10))
)
LOST = BEGAN + timedelta(days=50)
LOSSES = (
    Loss(LOST, "pumps-01", "refused", "root-ca-expired"),
    Loss(LOST + timedelta(hours=1), "pumps-07", "offline", "offline"),
)
FLEET = FleetCurve("pumps", 20, READINGS, LOSSES)


def test_a_share_holds_until_the_next_reading() -> None:
    drawing = curve.drawing(FLEET)
    assert drawing is not None
    (zero, _), (half, _), (all_, label) = drawing.grid
    assert label == "100%"
    points = [tuple(map(float, point.split(","))) for point in drawing.points.split(" ")]
    middle = (drawing.left + drawing.right) / 2
    assert points == [
        (drawing.left, all_),
        (middle, all_),
        (middle, half),
        (drawing.right, half),
    ]
    assert zero > half > all_
    assert [mark.text for mark in drawing.marks] == [
        "First loss: pumps-01, refused: root-ca-expired, 2030-02-20 00:00 UTC",
        "Last loss: pumps-07, offline, 2030-02-20 01:00 UTC",
    ]
    assert (drawing.begin, drawing.end) == ("2030-01-01 00:00", "2030-04-11 00:00 UTC")


@pytest.mark.parametrize("readings", [(), READINGS[:1], READINGS[:1] * 2])
def test_what_took_no_time_is_no_curve(readings: tuple[Reading, ...]) -> None:
    assert curve.drawing(FleetCurve("pumps", 20, readings)) is None


def test_the_words_name_the_first_and_the_last_loss_and_all_causes() -> None:
    assert list(curve.words(FLEET)) == [
        "20 devices; 50.0% connected at the end, 50.0% at the least.",
        "The first loss: pumps-01, refused: root-ca-expired, 2030-02-20 00:00 UTC.",
        "The last loss: pumps-07, offline, 2030-02-20 01:00 UTC.",
        "Causes of all 2: root-ca-expired (1), offline (1).",
    ]
    assert list(curve.words(FleetCurve("pumps", 20, ()))) == []


def test_the_numbers_are_shares_and_losses() -> None:
    numbers = values.curve(FLEET)
    assert numbers["readings"] == [
        {"at": "2030-01-01T00:00:00Z", "connected": 20, "share": 1.0},
        {"at": "2030-02-20T00:00:00Z", "connected": 10, "share": 0.5},
        {"at": "2030-04-11T00:00:00Z", "connected": 10, "share": 0.5},
    ]
    assert numbers["first_loss"] == {
        "at": "2030-02-20T00:00:00Z",
        "device": "pumps-01",
        "verdict": "refused",
        "cause": "root-ca-expired",
    }
    assert numbers["causes"] == {"root-ca-expired": 1, "offline": 1}
    assert values.curve(FleetCurve("pumps", 20, ()))["last_loss"] is None


def test_the_page_draws_it(tmp_path: Path) -> None:
    info = CaseInfo("fleet/x", "x", "", tmp_path / "x.yaml", 1)
    page = tmp_path / "page.html"
    report = HtmlReport(page, lambda _: None)
    report.handle(SuiteStarted((info,), "none", 1, 1, tmp_path))
    report.handle(CaseFinished(info, Result.FAILED, 1.0, fleets=(FLEET,)))
    report.handle(SuiteFinished(0, 1, 0, 1.0))
    text = page.read_text()
    drawing = curve.drawing(FLEET)
    assert drawing is not None
    assert f'<polyline points="{drawing.points}"/>' in text
    assert "<title>First loss: pumps-01, refused: root-ca-expired, 2030-02-20 00:00 UTC</title>" in text
