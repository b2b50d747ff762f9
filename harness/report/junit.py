"""JUnit XML for GitHub, GitLab and Jenkins."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from harness.report import files, words
from harness.report.values import timestamp
from harness.run.events import CaseFinished, Event, Result, SuiteFinished, SuiteStarted


def _now() -> datetime:
    return datetime.now(UTC)


class JUnitReport:
    """Collects the cases and writes one file at the end; an interrupted run gives a valid file too.

    An interrupted case counts as skipped: it says nothing about the network.
    """

    def __init__(self, path: Path, locate: words.Locate, now: Callable[[], datetime] = _now) -> None:
        self._path = path
        self._locate = locate
        self._now = now
        self._suite = ET.Element("testsuite", name="eaptls")
        self._properties = ET.SubElement(self._suite, "properties")

    def handle(self, event: Event) -> None:
        """Take one event; the last one writes the file."""
        match event:
            case SuiteStarted():
                self._start(event)
            case CaseFinished():
                self._suite.append(testcase(event, self._locate(event.case.id)))
            case SuiteFinished():
                self._finish(event)
            case _:
                pass

    def _start(self, event: SuiteStarted) -> None:
        self._suite.set("timestamp", timestamp(self._now()))
        for name, value in (("server", event.server), ("seed", event.seed), ("jobs", event.jobs)):
            _property(self._properties, name, str(value))

    def _finish(self, event: SuiteFinished) -> None:
        _property(self._properties, "interrupted", str(event.interrupted).lower())
        _property(self._properties, "not-run", str(event.remaining))
        counts = {
            "tests": len(self._suite.findall("testcase")),
            "failures": len(self._suite.findall("testcase/failure")),
            "errors": len(self._suite.findall("testcase/error")),
            "skipped": len(self._suite.findall("testcase/skipped")),
        }
        root = ET.Element("testsuites", name="eaptls")
        root.append(self._suite)
        for element in (root, self._suite):
            for name, count in counts.items():
                element.set(name, str(count))
            element.set("time", f"{event.seconds:.3f}")
        ET.indent(root)
        files.write(self._path, ET.tostring(root, encoding="utf-8", xml_declaration=True))


def testcase(finished: CaseFinished, evidence: Path | None) -> ET.Element:
    """Return one ``testcase`` element; the class name is the folder of the case, dotted."""
    case = finished.case
    path, bracket, matrix = case.id.partition("[")
    folder, _, name = path.rpartition("/")
    element = ET.Element(
        "testcase",
        classname=_legal(folder.replace("/", ".") or "scenarios"),
        name=_legal(name + bracket + matrix),
        file=_legal(words.shown_path(case.file)),
        line=str(case.line),
        time=f"{finished.seconds:.3f}",
    )
    _case_properties(element, finished, evidence)
    _result(element, finished, evidence)
    return element


def _case_properties(element: ET.Element, finished: CaseFinished, evidence: Path | None) -> None:
    properties = ET.SubElement(element, "properties")
    _property(properties, "title", finished.case.title)
    for tag in finished.case.tags:
        _property(properties, "tag", tag)
    for ref in finished.case.refs:
        _property(properties, "ref", ref)
    for step in finished.steps:
        if step.outcome is not None:
            _property(properties, "outcome", words.judgement(step.outcome))
    if evidence is not None:
        _property(properties, "evidence", words.shown_path(evidence))


def _result(element: ET.Element, finished: CaseFinished, evidence: Path | None) -> None:
    if finished.result.is_bad:
        message = "; ".join(words.short_failure(finished)) or finished.reason
        failed = finished.result is Result.FAILED
        name, kind = (
            ("failure", "expectation") if failed else ("error", "scenario" if finished.errors else "defect")
        )
        failure = ET.SubElement(element, name, message=_legal(message), type=kind)
        lines = words.failure(finished, evidence)
        failure.text = _legal("\n".join(line.text for line in lines))
    elif finished.result is not Result.PASSED:
        message = finished.reason or "stopped before it could end"
        ET.SubElement(element, "skipped", message=_legal(message))


def _property(parent: ET.Element, name: str, value: str) -> None:
    ET.SubElement(parent, "property", name=name, value=_legal(value))


def _legal(text: str) -> str:
    """Return text of XML 1.0 (section 2.2): what is no Char there is among what is made visible."""
    return words.visible(text)
