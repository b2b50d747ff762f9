from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ScenarioErrors, UsageError
from harness.scenario.document import parse_document
from harness.scenario.matrix import combinations

FILE = Path("case.yaml")


def labels(matrix: str, *used: str) -> list[str]:
    uses = "".join(f"use-{name}: ${{{name}}}\n" for name in used)
    return [found.label for found in combinations(parse_document(f"matrix:\n{matrix}\n{uses}", FILE))]


def problem(matrix: str, *used: str) -> str:
    with pytest.raises(ScenarioErrors) as caught:
        labels(matrix, *used)
    return str(caught.value).removeprefix("case.yaml:")


def test_a_scenario_without_a_matrix_is_one_case() -> None:
    (only,) = combinations(parse_document("scenario: x\n", FILE))
    assert (only.label, dict(only.values)) == ("", {})


def test_lists_are_combined() -> None:
    assert labels('  tls: ["1.2", 1.3]\n  key: [ec-p256, rsa-2048]', "tls", "key") == [
        "[tls=1.2,key=ec-p256]",
        "[tls=1.2,key=rsa-2048]",
        "[tls=1.3,key=ec-p256]",
        "[tls=1.3,key=rsa-2048]",
    ]


def test_rows_stay_together_and_show_what_tells_them_apart() -> None:
    matrix = (
        "  cases:\n    - {defect: expired, cause: a}\n    - {defect: revoked, cause: b}\n  tls: [1.2, 1.3]"
    )
    assert labels(matrix, "defect", "cause", "tls") == [
        "[defect=expired,tls=1.2]",
        "[defect=expired,tls=1.3]",
        "[defect=revoked,tls=1.2]",
        "[defect=revoked,tls=1.3]",
    ]


def test_rows_that_begin_alike_show_more() -> None:
    matrix = "  cases: [{a: 1, b: 1, c: x}, {a: 1, b: 2, c: y}]"
    assert labels(matrix, "a", "b", "c") == ["[a=1,b=1]", "[a=1,b=2]"]


def test_a_mapping_gives_its_values_names() -> None:
    document = parse_document("matrix: {path: {good: {}, bad: {lose: 1}}}\nx: ${path}\n", FILE)
    found = combinations(document)
    assert [one.label for one in found] == ["[path=good]", "[path=bad]"]
    assert [one.values["path"] for one in found] == [{}, {"lose": 1}]


def test_exclude_takes_away_and_include_adds() -> None:
    matrix = "  a: [1, 2]\n  b: [x, y]\n  exclude: [{a: 1, b: y}]\n  include: [{a: 3, b: z}]"
    assert labels(matrix, "a", "b") == ["[a=1,b=x]", "[a=2,b=x]", "[a=2,b=y]", "[a=3,b=z]"]


def test_labels_are_words() -> None:
    assert labels('  a: ["two words", true, null]', "a") == ["[a=two_words]", "[a=true]", "[a=none]"]


@pytest.mark.parametrize(
    ("matrix", "used", "sentence"),
    [
        ("  {}", (), '2:3: the matrix has no variables; name one, as in tls: ["1.2", "1.3"]'),
        ("  a: []", (), "2:3: the variable 'a' must be a list of values, got an empty list; write a: [...], or a mapping that gives each value a name"),
        ("  a: 1", (), "2:3: the variable 'a' must be a list of values, got 1; write a: [...], or a mapping that gives each value a name"),
        ("  a: [[1]]", (), "2:7: a value of 'a' is a list and cannot name a case; write a as a mapping that gives each value a name"),
        ('  "a b": [1]', (), "2:3: 'a b' is no name for a variable; use letters, digits and -"),
        ("  a: [1, 1]", ("a",), "2:3: two combinations are called [a=1]; remove one, or make them differ"),
        ("  cases: [{a: 1}, {}]", ("a",), "2:19: row 2 of 'cases' is empty; remove it"),
        ("  cases: [{abc: 1}, {abd: 2}]", ("abc",), "2:22: row 2 of 'cases' sets 'abd', row 1 does not; did you mean 'abc'?"),
        ("  cases: [{a: 1, b: 1}, {a: 2}]", ("a", "b"), "2:25: row 2 of 'cases' lacks 'b'; add it"),
        ("  cases: [{a: 1}]\n  a: [1]", ("a",), "3:3: 'a' is set by 'cases' and by a list; remove one"),
        ("  cases: 3", (), "2:10: 'cases' must be a list, got 3"),
        ("  tls: [1]\n  exclude: [{tsl: 1}]", ("tls",), "3:14: 'tsl' in 'exclude' is no variable of the matrix; did you mean 'tls'?"),
        ("  a: [1]\n  exclude: [{a: 2}]", ("a",), "3:13: row 1 of 'exclude' excludes nothing; write a value the variable has, or remove the row"),
        ("  a: [1]\n  exclude: [{a: 1}]", ("a",), "3:3: exclude leaves no combination; exclude less"),
        ("  a: [1]\n  b: [1]\n  include: [{a: 2}]", ("a", "b"), "4:13: row 1 of 'include' lacks 'b'; add it"),
        ("  a: [1]", (), "2:3: the variable 'a' is never used; write ${a} where its value belongs, or remove it"),
        ("  cases: [{a: 1}]", (), "2:12: the variable 'a' is never used; write ${a} where its value belongs, or remove it"),
        ("  defect: [1]", ("defect", "defct"), "4:12: ${defct} is no variable of the matrix; did you mean 'defect'?"),
    ],
)  # fmt: skip
def test_mistakes_in_a_matrix(matrix: str, used: tuple[str, ...], sentence: str) -> None:
    assert problem(matrix, *used) == sentence


def test_the_values_reach_the_scenario(write: Callable[..., Path]) -> None:
    from harness.scenario.reader import read_file

    text = (
        'scenario: TLS ${tls} works\nmatrix: {tls: ["1.2", 1.3]}\nserver: {tls: "${tls}"}\n'
        "steps:\n  - note: costs $${tls} and ${tls}\n"
    )
    variants = read_file(write(text)).variants
    assert [variant.scenario.title for variant in variants] == ["TLS 1.2 works", "TLS 1.3 works"]
    bounds = [variant.scenario.servers["radius"].tls.bounds for variant in variants]
    assert bounds == [("1.2", "1.2"), ("1.3", "1.3")]
    assert variants[0].scenario.steps[0].title == "note costs ${tls} and 1.2"


def test_more_cases_than_the_limit_are_counted_and_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    values = list(range(100))
    hundred_million = "\n".join(f"  {name}: {values}" for name in "abcd")
    assert problem(hundred_million, *"abcd") == (
        "2:3: 100,000,000 cases are more than the limit of 100,000; set EAPTLS_MAX_CASES=100000000 to have them"
    )
    monkeypatch.setenv("EAPTLS_MAX_CASES", "3")
    assert "4 cases are more than the limit of 3" in problem("  a: [1, 2]\n  b: [1, 2]", "a", "b")
    monkeypatch.setenv("EAPTLS_MAX_CASES", "4")
    assert len(labels("  a: [1, 2]\n  b: [1, 2]", "a", "b")) == 4


@pytest.mark.parametrize("limit", ["many", "-1", "0", "1e6", "9" * 40])
def test_the_limit_is_a_number(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EAPTLS_MAX_CASES", limit)
    with pytest.raises(UsageError) as raised:
        labels("  a: [1]", "a")
    assert str(raised.value) == (
        f"EAPTLS_MAX_CASES is {limit!r}; write a number of cases, as in EAPTLS_MAX_CASES=100000"
    )
