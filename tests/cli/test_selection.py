from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.selection import read, select
from harness.errors import UsageError


@pytest.mark.parametrize(
    ("tags", "keyword", "expected"),
    [
        (
            None,
            "",
            ["client/expired", "tls/versions-more", "tls/versions[tls=1.2]", "tls/versions[tls=1.3]"],
        ),
        (["slow", "client"], "", ["client/expired", "tls/versions-more"]),
        (["tls", "!slow"], "1.2", ["tls/versions[tls=1.2]"]),
        (None, "tls/versions-more", ["tls/versions-more"]),
        (None, "tls/versions[tls=1.3]", ["tls/versions[tls=1.3]"]),
        (None, "MEET and not more", ["tls/versions[tls=1.2]", "tls/versions[tls=1.3]"]),
    ],
)
def test_selection(suite: Path, tags: list[str] | None, keyword: str, expected: list[str]) -> None:
    assert sorted(case.info.id for case in select([suite], tags, keyword)) == expected


def test_a_whole_id_wins_over_ids_that_contain_it(suite: Path) -> None:
    (suite / "tls" / "versions.yaml").write_text(
        "scenario: Plain\nsteps:\n  - associate: corp\n    expect: connected\n"
    )
    assert [case.info.id for case in select([suite], None, "tls/versions")] == ["tls/versions"]


@pytest.mark.parametrize(
    ("tags", "keyword", "text"),
    [
        (None, "none", "no case matches -k 'none'; 'eaptls list' shows which cases there are"),
        (
            ["slow"],
            "expired",
            "no case matches --tag slow -k 'expired'; 'eaptls list' shows which cases there are",
        ),
        (["sloow"], "", "no scenario has the tag 'sloow'; did you mean 'slow'?"),
    ],
)
def test_nothing_selected_is_a_usage_error(
    suite: Path, tags: list[str] | None, keyword: str, text: str
) -> None:
    with pytest.raises(UsageError) as raised:
        select([suite], tags, keyword)
    assert str(raised.value) == text


def test_all_cases_are_read(suite: Path) -> None:
    assert len(read([suite])) == 4
