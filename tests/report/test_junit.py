from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from harness.report import junit
from harness.run.events import CaseFinished, Result, SuiteFinished, SuiteStarted
from harness.scenario.case import CaseInfo


@pytest.fixture
def suite(play: Callable[..., None], tmp_path: Path, fixed_now: Callable[[], datetime]) -> ET.Element:
    file = tmp_path / "junit.xml"
    play(junit.JUnitReport(file, lambda _: None, now=fixed_now))
    found = ET.parse(file).getroot().find("testsuite")
    assert found is not None
    return found


def test_suite_counts_and_properties(suite: ET.Element) -> None:
    counts = {name: suite.get(name) for name in ("name", "tests", "failures", "errors", "skipped", "time")}
    assert counts == {
        "name": "eaptls",
        "tests": "3",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
        "time": "1.500",
    }
    assert suite.get("timestamp") == "2026-03-01T12:00:00Z"
    assert {p.get("name"): p.get("value") for p in suite.findall("properties/property")} == {
        "server": "process: FreeRADIUS 3.2.1",
        "seed": "7",
        "jobs": "2",
        "interrupted": "false",
        "not-run": "0",
    }


def test_cases_have_folder_name_file_and_line(suite: ET.Element) -> None:
    assert [
        tuple(case.get(name) for name in ("classname", "name", "file", "line", "time"))
        for case in suite.findall("testcase")
    ] == [
        ("overwrite", "client-by-root-ca", "scenarios/overwrite.yaml", "1", "0.214"),
        ("client", "expired[tls=1.2,key=ec-p256]", "scenarios/client/expired.yaml", "3", "1.250"),
        ("tls", "resumption", "scenarios/overwrite.yaml", "1", "0.000"),
    ]


def test_a_failure_says_what_was_expected_and_why_it_happened(suite: ET.Element) -> None:
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == (
        "line 12, associate corp: cause: expected client-certificate-expired, got client-issuer-unknown"
    )
    assert failure.text is not None
    assert "remedy       Add the issuing CA to the server's ca_file." in failure.text
    assert "run again    eaptls run scenarios/client/expired.yaml -k 'tls=1.2' --seed 7" in failure.text


def test_a_skipped_case_gives_the_reason(suite: ET.Element) -> None:
    assert [element.get("message") for element in suite.findall("testcase/skipped")] == [
        "FreeRADIUS 3.2.1 has no session cache"
    ]


def test_case_properties_name_tags_refs_and_outcomes(suite: ET.Element) -> None:
    case = suite.findall("testcase")[1]
    assert [(p.get("name"), p.get("value")) for p in case.findall("properties/property")] == [
        ("title", "An expired client <b>certificate</b> is rejected"),
        ("tag", "client"),
        ("tag", "validity"),
        ("ref", "B04"),
        ("outcome", "rejected: client-issuer-unknown"),
    ]


def test_characters_that_xml_forbids_are_made_visible() -> None:
    info = CaseInfo("a/b", "bell \x07 null \x00 surrogate \ud800 \ufffe end", "", Path("/s.yaml"), 1)
    element = junit.testcase(CaseFinished(info, Result.FAILED, 0, reason="\x1b[31mred"), None)
    again = ET.fromstring(ET.tostring(element, encoding="utf-8"))
    title = again.find("properties/property")
    assert title is not None
    assert title.get("value") == r"bell \x07 null \x00 surrogate \ud800 \ufffe end"
    failure = again.find("failure")
    assert failure is not None
    assert failure.get("message") == r"\x1b[31mred"


def test_a_slash_in_a_matrix_value_is_no_folder() -> None:
    info = CaseInfo("tls/ciphers[suite=a/b]", "", "", Path("/s.yaml"), 1)
    element = junit.testcase(CaseFinished(info, Result.PASSED, 0), None)
    assert (element.get("classname"), element.get("name")) == ("tls", "ciphers[suite=a/b]")


def test_an_interrupted_run_gives_a_valid_file(passed_case: CaseFinished, tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    report = junit.JUnitReport(file, lambda _: None)
    report.handle(SuiteStarted((passed_case.case,), "s", 1, 1, tmp_path))
    report.handle(CaseFinished(passed_case.case, Result.INTERRUPTED, 0.1))
    report.handle(SuiteFinished(0, 0, 0, 0.1, interrupted=True, remaining=4))
    root = ET.parse(file).getroot()
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("1", "0", "1")
    skipped = root.find(".//skipped")
    assert skipped is not None
    assert skipped.get("message") == "stopped before it could end"
