"""No text of a scenario, a certificate or a log turns the direction of what a report says behind it."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from pathlib import Path

from harness.errors import Place, ScenarioError, one_line
from harness.report import html, words
from harness.report.console import PlainConsole
from harness.report.github import case_annotations
from harness.report.junit import JUnitReport
from harness.report.live import LiveConsole
from harness.report.mistakes import mistake_annotations, write_checked
from harness.run.events import CaseFinished, CaseStarted, Listener, SuiteFinished, SuiteStarted
from tests.report.conftest import BIDI

ENDED = SuiteFinished(0, 1, 0, 0.1, interrupted=False, remaining=0)


def odd(text: str) -> set[str]:
    return {f"U+{ord(letter):04X}" for letter in set(text) & set(BIDI)}


def report(listener: Listener, case: CaseFinished) -> None:
    listener.handle(SuiteStarted((case.case,), f"server {BIDI}", 1, 1, Path("results")))
    listener.handle(case)
    listener.handle(ENDED)


def test_the_page(turned: CaseFinished, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    report(html.HtmlReport(file, lambda _: None), turned)
    page = file.read_text("utf-8")
    assert odd(page) == set()
    # What was written is still told, so that somebody finds it.
    for text in ("title", "why", "step", "note", "field", "expected", "actual", "explanation", "remedy"):
        assert f"{text} \\u061c\\u200e" in page, text


def test_lines_of_a_text_stay_lines_on_the_page() -> None:
    assert words.visible("one\n\ttwo\r\x1b\u202e") == "one\n\ttwo\\x0d\\x1b\\u202e"


def test_the_console(turned: CaseFinished) -> None:
    stream = io.StringIO()
    report(PlainConsole(stream, lambda _: None, verbose=True), turned)
    assert odd(stream.getvalue()) == set()
    assert "title \\u061c\\u200e" in stream.getvalue()


def test_the_live_console(turned: CaseFinished) -> None:
    stream = io.StringIO()
    console = LiveConsole(stream, lambda _: None, verbose=True)
    console.handle(CaseStarted(turned.case))
    assert odd("".join(line.plain for line in console._running_lines())) == set()
    report(console, turned)
    console.close()
    assert odd(stream.getvalue()) == set()


def test_junit(turned: CaseFinished, tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    report(JUnitReport(file, lambda _: None), turned)
    assert odd(file.read_text("utf-8")) == set()
    title = ET.parse(file).getroot().find(".//property[@name='title']")
    assert title is not None
    assert str(title.get("value")).startswith("title \\u061c\\u200e")


def test_annotations(turned: CaseFinished) -> None:
    assert odd("".join(case_annotations(turned))) == set()


def test_mistakes(turned: CaseFinished, tmp_path: Path) -> None:
    error = ScenarioError(f"message {BIDI}", place=Place(turned.case.file, 1, 1), fix=f"fix {BIDI}")
    write_checked(tmp_path / "check.xml", [], [error])
    told = (tmp_path / "check.xml").read_text("utf-8") + "".join(mistake_annotations([error]))
    assert odd(told + words.mistake(error)) == set()


def test_a_sentence() -> None:
    assert odd(one_line(BIDI) + words.printable(BIDI)) == set()
