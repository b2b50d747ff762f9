from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.coverage_page import coverage_page
from harness.scenario import coverage as module
from harness.scenario.case import CaseInfo
from harness.scenario.catalogue import Row
from harness.scenario.coverage import COLLECTED, Covered, collected_text, coverage, marked_tests, scan

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "coverage.md"
AGAIN = "run python -m harness.cli.coverage_page"


def info(identifier: str, *refs: str) -> CaseInfo:
    return CaseInfo(identifier, "A title", "", Path("x.yaml"), 1, refs=refs)


def test_cases_of_one_file_count_once() -> None:
    found = coverage([info("a[x=1]", "device-A01"), info("a[x=2]", "device-A01"), info("b", "A02")], {})
    covered = {row.row.id: row.scenarios for row in found.rows if row.scenarios}
    assert covered == {"device-A01": ("a",)}
    assert found.unknown == ()


def test_a_reference_to_no_row_is_told_with_its_place() -> None:
    cases = [
        info("a", "device-A00", "device-3.4"),
        info("b", "check-failure-matrix", "device-9.9", "RFC 5216"),
    ]
    found = coverage(cases, {"device-J99": ("tests/x::y",), "check-B16": ("tests/x::z",)})
    assert found.unknown == (
        "check-failure-matrix, named by x.yaml:1",
        "device-9.9, named by x.yaml:1",
        "device-A00, named by x.yaml:1",
        "device-J99, named by tests/x::y",
    )
    assert not found.complete


@pytest.mark.parametrize(
    ("scenarios", "left", "partly", "explained"),
    [
        (("a",), "", "", True),
        (("a",), "", "some", True),
        ((), "why", "", True),
        ((), "", "", False),
        ((), "", "some", False),
        (("a",), "why", "", False),
        ((), "why", "some", False),
    ],
)
def test_a_row_is_covered_or_has_a_reason_and_not_both(
    scenarios: tuple[str, ...],
    left: str,
    partly: str,
    explained: bool,  # noqa: FBT001
) -> None:
    assert Covered(Row("check-A01", "x", left=left, partly=partly), scenarios).explained is explained


def test_marks_are_read_from_tests_without_running_them(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_a.py").write_text(
        "raise SystemExit\n"
        "class TestA:\n    @pytest.mark.catalogue('A01', 'A02')\n    def test_in(self): ...\n"
        "@pytest.mark.server\n@pytest.mark.catalogue('A01', 'check-B16')\ndef test_b(): ...\n"
    )
    (tests / "test_c.py").write_text("def test_c(): ...\n")
    assert scan(tests) == {
        "check-B16": ("tests/test_a.py::test_b",),
        "device-A01": ("tests/test_a.py::test_b", "tests/test_a.py::test_in"),
        "device-A02": ("tests/test_a.py::test_in",),
    }


def test_an_installed_package_knows_the_tests_it_was_made_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "tests_folder", lambda: None)
    assert collected_text(marked_tests()) == COLLECTED.read_text(encoding="utf-8")
    assert (
        "tests/scenario/test_commandline.py::test_a_client_certificate_without_its_key_file_is_a_mistake"
        in (marked_tests()["device-D03"])
    )


def test_the_committed_files_are_those_of_the_suite_and_the_tests() -> None:
    assert COLLECTED.read_text(encoding="utf-8") == collected_text(marked_tests()), AGAIN
    assert PAGE.read_text(encoding="utf-8") == coverage_page(), AGAIN
