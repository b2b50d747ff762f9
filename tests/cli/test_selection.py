from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.cli import selection
from harness.errors import UsageError
from harness.resources import resource_path
from harness.scenario.case import CaseInfo


@dataclass(frozen=True)
class _Case:
    info: CaseInfo


def _case(case_id: str, title: str = "", *tags: str) -> _Case:
    return _Case(CaseInfo(case_id, title, "", Path("x.yaml"), 1, tags))


CASES = [
    _case("tls/versions", "Versions meet", "tls"),
    _case("tls/versions-more", "No version in common", "tls", "slow"),
    _case("client/expired", "Expired client", "client"),
]


@pytest.mark.parametrize(
    ("tags", "keyword", "expected"),
    [
        ([], "", [0, 1, 2]),
        (["tls"], "", [0, 1]),
        (["slow", "client"], "", [1, 2]),
        ([], "version", [0, 1]),
        ([], "tls/versions", [0]),
        ([], "COMMON tls", [1]),
        (["client"], "expired", [2]),
    ],
)
def test_selection(tags: list[str], keyword: str, expected: list[int]) -> None:
    assert selection.choose(CASES, tags, keyword) == [CASES[index] for index in expected]


@pytest.mark.parametrize(
    ("cases", "tags", "keyword", "text"),
    [
        (CASES, [], "none", "no case matches -k 'none'; 'eaptls list' shows the 3 there are"),
        (CASES, ["a", "b"], "", "no case matches --tag a --tag b; 'eaptls list' shows the 3 there are"),
        (
            CASES,
            ["slow"],
            "tls/versions x",
            "no case matches --tag slow -k 'tls/versions x'; 'eaptls list' shows the 3 there are",
        ),
        ([], [], "", "there is no scenario here; scenario files end in .yaml"),
    ],
)
def test_nothing_selected_is_a_usage_error(
    cases: list[_Case], tags: list[str], keyword: str, text: str
) -> None:
    with pytest.raises(UsageError) as raised:
        selection.choose(cases, tags, keyword)
    assert str(raised.value) == text


def test_without_a_path_the_built_in_suite_is_meant() -> None:
    assert selection.paths_or_suite(None) == [resource_path("scenarios")]
    assert selection.paths_or_suite([]) == [resource_path("scenarios")]


def test_a_path_must_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        selection.paths_or_suite([tmp_path, tmp_path / "none.yaml"])
    assert (
        str(raised.value) == f"{tmp_path}/none.yaml does not exist; give a scenario file or a folder of them"
    )
