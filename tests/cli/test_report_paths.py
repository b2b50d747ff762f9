from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.cli.report_paths import Files, require_writable
from harness.errors import UsageError
from harness.report import proof
from harness.scenario.case import CaseInfo

RESULTS = Path("results")


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[CaseInfo]:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("scenario: A\n")
    return [CaseInfo(name, "A", "", Path("a.yaml"), 1) for name in ("a", "client/expired")]


def _refused(files: Files, cases: list[CaseInfo]) -> str:
    with pytest.raises(UsageError) as raised:
        require_writable(files, cases)
    return str(raised.value)


def test_files_of_their_own_are_right(cases: list[CaseInfo]) -> None:
    files = Files(RESULTS, None, Path("results/junit.xml"), Path("out/run.json"))
    assert require_writable(files, cases).taken == frozenset()


@pytest.mark.parametrize(("json", "shown"), [("x", "x"), ("results/../x", "results/../x"), ("link", "link")])
def test_two_reports_in_one_file(json: str, shown: str, cases: list[CaseInfo]) -> None:
    Path("link").symlink_to("x")
    refused = _refused(Files(RESULTS, None, Path("x"), Path(json)), cases)
    assert refused == f"--junit x and --json {shown} are the same; give each its own"


def test_a_device_may_be_named_twice(cases: list[CaseInfo]) -> None:
    require_writable(Files(RESULTS, Path("/dev/null"), Path("/dev/null")), cases)


@pytest.mark.parametrize("name", ["a.yaml", "link.yaml", "hard.yaml"])
def test_a_scenario_is_not_written_over(name: str, cases: list[CaseInfo]) -> None:
    Path("link.yaml").symlink_to("a.yaml")
    Path("hard.yaml").hardlink_to("a.yaml")
    refused = _refused(Files(RESULTS, json=Path(name)), cases)
    assert refused == f"--json {name} is a scenario that is to be run; name another file"


@pytest.mark.parametrize("name", ["results/a/outcome.json", "results/client/expired", "results/client"])
def test_evidence_has_its_folders_alone(name: str, cases: list[CaseInfo]) -> None:
    case_id = "a" if name.startswith("results/a") else "client/expired"
    refused = _refused(Files(RESULTS, json=Path(name)), cases)
    assert refused == f"--json {name} is where evidence of the case {case_id} goes; name another file"


def test_a_page_of_the_users_is_replaced_only_when_it_is_named(cases: list[CaseInfo]) -> None:
    page = Path("report.html")
    page.write_text("mine")
    assert _refused(Files(Path()), cases) == (
        "cannot write report.html: it is not as eaptls wrote it; move it away, or name the page with --html"
    )
    require_writable(Files(Path(), page), cases)
    page.write_bytes(proof.sealed("<html>"))
    require_writable(Files(Path()), cases)


def test_a_report_on_a_descriptor_takes_it(cases: list[CaseInfo]) -> None:
    reading, writing = os.pipe()
    try:
        path = Path(f"/dev/fd/{writing}")
        assert require_writable(Files(RESULTS, json=path), cases).taken == {writing}
        refused = _refused(Files(RESULTS, junit=path, json=path), cases)
        assert refused == f"--junit {path} and --json {path} are the same; give each its own"
    finally:
        os.close(reading)
        os.close(writing)
