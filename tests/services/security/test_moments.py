from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.services.security.moments import HOW, parse_moment, parse_span

NOW = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2028, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-02-03", datetime(2027, 2, 3, tzinfo=UTC)),
        ("2027-02-03T04:05:06", datetime(2027, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("2027-02-03T04:05:06+02:00", datetime(2027, 2, 3, 2, 5, 6, tzinfo=UTC)),
        ("+641d", NOW + timedelta(days=641)),
        ("-1d12h", NOW - timedelta(days=1, hours=12)),
        ("E", END),
        ("E-89d", END - timedelta(days=89)),
        ("E+1s", END + timedelta(seconds=1)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    assert parse_moment(text, NOW, lambda: END) == moment


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "641d", "E89d", "+1", "E-", "0001-01-01", "+999999d", "E+999999d", "2026-13-01"]
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011
        parse_moment(text, NOW, lambda: END)
    assert str(error.value) == f"{text!r} is no moment; {HOW}"


def test_spans() -> None:
    assert parse_span("730d") == timedelta(days=730)
    assert parse_span("23h30m") == timedelta(hours=23, minutes=30)
    with pytest.raises(ValueError, match="'2 years' is no duration; write it as in 730d or 24h"):
        parse_span("2 years")
