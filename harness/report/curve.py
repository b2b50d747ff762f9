"""The share of a fleet that is connected over time: in words, and as a drawing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from harness.run.events import FleetCurve, Loss

_WIDTH, _HEIGHT = 640.0, 150.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 12.0, 10.0, 22.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A loss in the drawing: where it stands, and in words what happened."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A curve as a drawing of ``width`` by ``height``: the points of its line, steps included, and what stands beside it."""

    width: float
    height: float
    left: float
    right: float
    grid: tuple[tuple[float, str], ...]
    """Height of a line across, and the share that it stands for."""
    points: str
    begin: str
    end: str
    marks: tuple[Mark, ...]


def words(curve: FleetCurve) -> Iterator[str]:
    """Give sentences about a curve: what it began and ended with, the first and the last loss, and the causes."""
    if curve.readings:
        shares = [one.connected / curve.count for one in curve.readings]
        yield f"{curve.count} devices; {shares[-1]:.1%} connected at the end, {min(shares):.1%} at the least."
    for name, losses in (("first", curve.losses[:1]), ("last", curve.losses[-1:])):
        for one in losses:
            yield f"The {name} loss: {_told(one)}."
    causes = [f"{cause} ({number})" for cause, number in _causes(curve).items()]
    if causes:
        yield f"Causes of all {len(curve.losses)}: {', '.join(causes)}."


def drawing(curve: FleetCurve) -> Drawing | None:
    """Return a curve as a drawing; ``None`` for one that no time passed in, which is no curve."""
    if len(curve.readings) < 2:
        return None
    begin, end = curve.readings[0].at, curve.readings[-1].at
    length = (end - begin).total_seconds()
    if length <= 0:
        return None
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def across(moment: datetime) -> float:
        return round(_LEFT + (moment - begin).total_seconds() / length * wide, 1)

    def down(share: float) -> float:
        return round(_TOP + (1 - share) * high, 1)

    points: list[tuple[float, float]] = []
    for one in curve.readings:
        level = down(one.connected / curve.count)
        # A share holds until the next reading: nobody looked between them.
        points += [(across(one.at), points[-1][1])] if points else []
        points.append((across(one.at), level))
    lost = {"First loss": curve.losses[:1], "Last loss": curve.losses[-1:]}
    marks = [Mark(across(one.at), f"{name}: {_told(one)}") for name, some in lost.items() for one in some]
    return Drawing(
        _WIDTH,
        _HEIGHT,
        _LEFT,
        _WIDTH - _RIGHT,
        tuple((down(share), f"{share:.0%}") for share in (0.0, 0.5, 1.0)),
        " ".join(f"{x:g},{y:g}" for x, y in dict.fromkeys(points)),
        f"{begin:%Y-%m-%d %H:%M}",
        f"{end:%Y-%m-%d %H:%M} UTC",
        tuple(marks),
    )


def _causes(curve: FleetCurve) -> Counter[str]:
    return Counter(one.cause for one in curve.losses)


def _told(loss: Loss) -> str:
    what = loss.cause if loss.cause == loss.verdict else f"{loss.verdict}: {loss.cause}"
    return f"{loss.device}, {what}, {loss.at:%Y-%m-%d %H:%M} UTC"
