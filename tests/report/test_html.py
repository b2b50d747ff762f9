from __future__ import annotations

import json
import os
import re
import threading
import zlib
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from harness.outcome import Outcome
from harness.report import folders, html
from harness.report.evidence import Evidence, Policy
from harness.run.events import CaseFinished, Result, StepReport, SuiteFinished, SuiteStarted
from harness.scenario.case import CaseInfo
from harness.trace import Actor, Recorder

ATTACK = "</title><script>alert(1)</script>\" onmouseover='x' <img src=x onerror=alert(1)>"
_PACK = re.compile('<script type="text/plain" id="pack-[0-9]+">([^<]*)</script>')
_VOID = {"meta", "input", "br", "img", "link"}


class _Page(HTMLParser):
    """Collects elements and text, and notices tags that do not match."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(source)
        assert self._open == []
        self.packed = [
            text for pack in _PACK.findall(source) for text in json.loads(zlib.decompress(b64decode(pack)))
        ]
        """What the page keeps folded up."""
        self.text = _plain(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _plain(words: list[str]) -> str:
    return re.sub(r"\s+", " ", " ".join(words))


@pytest.fixture
def page(play: Callable[..., None], tmp_path: Path, fixed_now: Callable[[], datetime]) -> _Page:
    evidence = Evidence(tmp_path, Policy.FAILURES, offset=0)
    file = tmp_path / "report.html"
    play(evidence, html.HtmlReport(file, evidence.locate, now=fixed_now))
    return _Page(file.read_text())


def _render(finished: CaseFinished, tmp_path: Path) -> str:
    report = html.HtmlReport(tmp_path / "report.html", lambda _: None)
    report.handle(finished)
    report.handle(SuiteFinished(0, 1, 0, 1.0))
    return (tmp_path / "report.html").read_text()


def test_each_case_can_be_filtered(page: _Page) -> None:
    cases = [
        attributes for _, attributes in page.elements if "case" in (attributes.get("class") or "").split()
    ]
    assert [(case["class"], case["data-tags"], case["data-refs"]) for case in cases] == [
        ("case failed", "client validity", "B04"),
        ("case passed", "", ""),
        ("case skipped", "", ""),
    ]


def test_a_failure_is_explained(page: _Page) -> None:
    for part in (
        "1 of 3 failed",
        "cause client-certificate-expired client-issuer-unknown",
        "The server does not know the issuer of the client certificate.",
        "What to do Add the issuing CA to the server's ca_file.",
        "access point Access-Reject after 5 requests",
        "(3) Login incorrect \\x1b[31m(unknown CA)",
        "RFC 9190 2.1.4",
        "FreeRADIUS 3.2.1 has no session cache",
    ):
        assert part in page.text


def test_nothing_is_loaded_from_elsewhere(page: _Page) -> None:
    links = [
        attributes.get(name)
        for _, attributes in page.elements
        for name in ("src", "href")
        if name in attributes
    ]
    assert links == [
        f"client/expired_tls%3D1.2%2Ckey%3Dec-p256-{_digest(links)}/{name}"
        for name in (
            "capture.pcapng",
            "certificates/corp-root.pem",
            "outcome.json",
            "rerun.txt",
            "server.log",
            "trace.jsonl",
        )
    ]


def _digest(links: list[str | None]) -> str:
    assert links
    assert links[0] is not None
    return links[0].split("/")[1].rsplit("-", 1)[1]


def test_evidence_links_lead_to_files(page: _Page, tmp_path: Path) -> None:
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert len(links) == 6
    for link in links:
        assert link is not None
        assert (tmp_path / link.replace("%3D", "=").replace("%2C", ",")).is_file()


def test_links_have_their_odd_octets_quoted(tmp_path: Path) -> None:
    folder = tmp_path / "a b#%\udcff\n"
    folder.mkdir()
    (folder / "outcome.json").write_text("{}")
    (folder / folders.MARKER).write_text("{}")
    links = list(html.evidence_links(folder, tmp_path / "report.html"))
    assert links == [("outcome.json", "a%20b%23%25%FF%0A/outcome.json")]


def test_a_page_for_a_pipe_links_from_the_current_folder(
    failed_case: CaseFinished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()
    Path("results/outcome.json").write_text("{}")
    reading, writing = os.pipe()
    report = html.HtmlReport(Path(f"/dev/fd/{writing}"), lambda _: Path("results"))
    received = bytearray()

    def read() -> None:
        while block := os.read(reading, 65536):
            received.extend(block)

    reader = threading.Thread(target=read)
    reader.start()
    for event in (
        SuiteStarted((failed_case.case,), "", 1, 1, tmp_path),
        failed_case,
        SuiteFinished(0, 1, 0, 1),
    ):
        report.handle(event)
    os.close(writing)
    reader.join(30)
    os.close(reading)
    assert b'href="results/outcome.json"' in received


def test_text_of_scenarios_and_logs_cannot_inject_elements(rejected: Outcome, tmp_path: Path) -> None:
    recorder = Recorder()
    recorder.event(0, Actor.DEVICE, ATTACK, identity=ATTACK)
    outcome = replace(rejected, explanation=ATTACK, remedy=ATTACK)
    step = StepReport(0, ATTACK, 1, outcome, note=ATTACK, server_log=(ATTACK,), recorder=recorder)
    info = CaseInfo(ATTACK, ATTACK, ATTACK, Path(ATTACK), 1, (ATTACK,), (ATTACK,))
    source = _render(CaseFinished(info, Result.FAILED, 1, (step,), ATTACK, rerun=ATTACK), tmp_path)
    page = _Page(source)
    assert source.count("<script") == 1
    assert [tag for tag, _ in page.elements if tag == "img"] == []
    assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []


def test_what_is_folded_up_cannot_inject_elements(connected: Outcome, tmp_path: Path) -> None:
    step = StepReport(0, ATTACK, 1, replace(connected, explanation=ATTACK), note=ATTACK, server_log=(ATTACK,))
    info = CaseInfo("a", ATTACK, ATTACK, Path(ATTACK), 1, (ATTACK,), (ATTACK,))
    source = _render(CaseFinished(info, Result.PASSED, 1, (step,), rerun=ATTACK), tmp_path)
    assert source.count("<script") == 2  # the page's own and the pack
    (packed,) = _Page(source).packed
    assert ATTACK in _Page(packed).text
    assert [tag for tag, _ in _Page(packed).elements if tag in {"img", "script", "title"}] == []


def test_packs_keep_their_order(passed_case: CaseFinished, tmp_path: Path) -> None:
    report = html.HtmlReport(tmp_path / "report.html", lambda _: None)
    for number in range(150):
        report.handle(
            replace(
                passed_case, case=replace(passed_case.case, id=f"case-{number}"), rerun=f"again {number};"
            )
        )
    report.handle(SuiteFinished(150, 0, 0, 1.0))
    page = _Page((tmp_path / "report.html").read_text())
    places = [
        (int(attributes["data-pack"] or ""), int(attributes["data-part"] or ""))
        for _, attributes in page.elements
        if "data-pack" in attributes
    ]
    assert len(places) == 150
    names = [word for word in page.words if re.fullmatch(r"case-\d+", word)]
    for name, (pack, part) in zip(names, places, strict=True):
        assert f"again {name.removeprefix('case-')};" in page.packed[64 * pack + part]


def test_a_run_without_cases_is_a_page_too(tmp_path: Path) -> None:
    report = html.HtmlReport(tmp_path / "report.html", lambda _: None)
    report.handle(SuiteFinished(0, 0, 0, 0.0, interrupted=True, remaining=3))
    assert "Interrupted after 0 cases" in _Page((tmp_path / "report.html").read_text()).text


def test_a_long_timeline_is_cut_and_says_so(failed_case: CaseFinished, tmp_path: Path) -> None:
    recorder = Recorder()
    for number in range(200):
        recorder.event(number / 1000, Actor.PATH, "drop", number=number)
    step = StepReport(0, "associate", 1, recorder=recorder)
    assert [row.milliseconds for row in html.timeline(step)][:3] == [0.0, 1.0, 2.0]
    text = _Page(_render(replace(failed_case, steps=(step,)), tmp_path)).text
    assert "number=149" in text
    assert "number=150" not in text
    assert "The first 150 are shown" in text


def test_the_log_of_a_step_that_went_well_is_cut_and_says_so(
    failed_case: CaseFinished, passed_case: CaseFinished, tmp_path: Path
) -> None:
    step = replace(passed_case.steps[1], server_log=tuple(f"line-{number}." for number in range(300)))
    text = _Page(_render(replace(failed_case, steps=(step,)), tmp_path)).text
    assert "The server's log, last 12 of 300 lines" in text
    assert "line-287." not in text
    assert "line-288." in text


def test_a_case_that_passed_shows_both_ends_and_no_log(passed_case: CaseFinished, tmp_path: Path) -> None:
    step = replace(passed_case.steps[1], server_log=("line-1.",))
    (packed,) = _Page(_render(replace(passed_case, steps=(step,)), tmp_path)).packed
    assert "What both ends saw" in packed
    assert "line-1." not in packed


def test_tls_secrets_stay_out(page: _Page) -> None:
    assert "CLIENT_RANDOM" not in page.text
