from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ScenarioErrors, UsageError
from harness.scenario.plan import load, plan

Write = Callable[..., Path]


@pytest.fixture
def suite(write: Write, tmp_path: Path) -> Path:
    write("scenario: First\ntags: [crl, slow]\n", "scenarios/crl/first.yaml")
    write(
        'scenario: TLS ${tls}\ntags: [tls]\nmatrix: {tls: ["1.2", "1.3"]}\nserver: {tls: "${tls}"}\n',
        "scenarios/tls/versions.yml",
    )
    write("not a scenario", "scenarios/README.txt")
    return tmp_path / "scenarios"


def test_a_case_is_called_after_its_file_and_its_values(suite: Path) -> None:
    cases = plan(load([suite]))
    assert [case.info.id for case in cases] == ["crl/first", "tls/versions[tls=1.2]", "tls/versions[tls=1.3]"]
    assert [case.info.title for case in cases] == ["First", "TLS 1.2", "TLS 1.3"]
    info = cases[0].info
    assert (info.file, info.line, info.tags) == (suite / "crl" / "first.yaml", 1, ("crl", "slow"))


def test_an_id_is_the_same_however_the_file_is_named(suite: Path) -> None:
    for path in (suite.parent, suite, suite / "tls", suite / "tls" / "versions.yml"):
        assert "tls/versions[tls=1.2]" in [case.info.id for case in plan(load([path]))]


def test_outside_a_suite_ids_begin_below_the_folder_asked_for(write: Write, tmp_path: Path) -> None:
    write("scenario: A\n", "mine/deep/a.yaml")
    assert [file.id for file in load([tmp_path / "mine"])] == ["deep/a"]
    assert [file.id for file in load([tmp_path / "mine" / "deep" / "a.yaml"])] == ["a"]


def test_a_file_that_is_named_twice_is_read_once(suite: Path) -> None:
    assert len(load([suite, suite / "crl" / "first.yaml", suite / "crl"])) == 2


def test_cases_are_selected_by_tag_and_keyword(suite: Path) -> None:
    files = load([suite])
    assert [case.info.id for case in plan(files, tags=["crl"])] == ["crl/first"]
    assert [case.info.id for case in plan(files, tags=["!slow"], keyword="not 1.3")] == [
        "tls/versions[tls=1.2]"
    ]
    assert [case.info.id for case in plan(files, keyword="first")] == ["crl/first"]


def test_a_tag_that_no_scenario_has_is_a_mistake(suite: Path) -> None:
    with pytest.raises(UsageError) as caught:
        plan(load([suite]), tags=["slwo"])
    assert str(caught.value) == "no scenario has the tag 'slwo'; did you mean 'slow'?"
    with pytest.raises(UsageError) as caught:
        plan(load([suite]), tags=["!zzz"])
    assert str(caught.value) == "no scenario has the tag 'zzz'; there are: crl, slow, tls"


def test_a_path_that_does_not_exist_names_the_nearest(suite: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load([suite / "crl" / "frist.yaml"])
    assert str(caught.value) == (
        f"{suite / 'crl' / 'frist.yaml'} does not exist; did you mean {suite / 'crl' / 'first.yaml'}?"
    )
    with pytest.raises(UsageError) as caught:
        load([suite / "gone" / "first.yaml"])
    assert str(caught.value) == f"{suite / 'gone' / 'first.yaml'} does not exist, nor does {suite / 'gone'}"


def test_a_folder_without_scenarios_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load([tmp_path])
    assert str(caught.value) == f"{tmp_path} holds no scenario; name a folder with files *.yaml"


def test_mistakes_of_all_files_are_told_at_once(write: Write, tmp_path: Path) -> None:
    first = write("scenario: A\ntag: [x]\n", "a.yaml")
    second = write("scenario: [\n", "b.yaml")
    with pytest.raises(ScenarioErrors) as caught:
        load([tmp_path])
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{first}:2:1: unknown key 'tag'; did you mean 'tags'?"
    assert lines[1].startswith(f"{second}:")


def test_titles_and_ids_belong_to_one_file(write: Write, tmp_path: Path) -> None:
    first = write("scenario: Same\n", "one/a.yaml")
    second = write("scenario: Same\n", "two/a.yaml")
    with pytest.raises(ScenarioErrors) as caught:
        load([first, second])
    assert str(caught.value).splitlines() == [
        f"{second}:1:1: the id 'a' belongs to {first} already; rename the file, or run the folder above both",
        f"{second}:1:1: the title 'Same' belongs to {first} already; give it a title that says how it differs",
    ]


def test_two_hundred_files_are_read_in_a_few_seconds_of_cpu(write: Write, tmp_path: Path) -> None:
    for number in range(200):
        text = f"scenario: Number {number}\ncertificates: {{thermostat: {{defect: expired}}}}\n"
        write(text + "steps:\n  - associate: corp\n    expect: {verdict: rejected}\n", f"{number}.yaml")
    before = time.process_time()
    files = load([tmp_path])
    assert len(files) == 200
    assert time.process_time() - before < 4


def test_all_files_together_keep_the_limit_of_cases(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = load([suite])
    monkeypatch.setenv("EAPTLS_MAX_CASES", "2")
    with pytest.raises(UsageError) as caught:
        plan(files)
    assert str(caught.value) == "3 cases are more than the limit of 2; set EAPTLS_MAX_CASES=3 to have them"


def test_a_link_to_a_file_elsewhere_is_called_after_the_link(write: Write, tmp_path: Path) -> None:
    target = write("scenario: A\n", "elsewhere/a.yaml")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link.yaml").symlink_to(target)
    (tmp_path / "here" / "round").symlink_to(tmp_path / "here")
    assert [file.id for file in load([tmp_path / "here"])] == ["link"]


def test_what_no_path_can_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match="loop does not exist; it is a link that leads nowhere"):
        load([tmp_path / "loop"])
    with pytest.raises(UsageError, match="cannot be read: file name too long"):
        load([tmp_path / ("x" * 300)])
