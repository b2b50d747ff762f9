"""The page in a real browser: each test adds a script that does what a reader does and writes down what it sees."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from harness.report.html import HtmlReport
from harness.run.events import CaseFinished, Result, SuiteFinished, SuiteStarted
from tests.conftest import browser

pytestmark = pytest.mark.browser

PROBE = """
<script>
(async () => {
  const wait = async (done) => { for (let i = 0; i < 400 && !done(); i++) await new Promise((go) => setTimeout(go, 10)); };
  const visible = () => [...document.querySelectorAll(".case")].filter((one) => one.checkVisibility());
  const type = (words) => { text.value = words; text.dispatchEvent(new Event("input")); };
  let seen;
  try { seen = await (async () => { BODY })(); } catch (error) { seen = { error: String(error) }; }
  const out = document.createElement("output");
  out.id = "seen";
  out.textContent = JSON.stringify(seen);
  document.body.append(out);
})();
</script>
"""

Look = Callable[..., Any]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Open a page, let a script look at it, and return what it returned; a message on the console is a failure."""

    def look(page: Path, script: str, *options: str, fragment: str = "") -> Any:
        source = page.read_text().replace("</body>", PROBE.replace("BODY", script) + "</body>")
        probed = tmp_path / "probed.html"
        probed.write_text(source)
        program = browser()
        assert program is not None
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        words = [program, "--headless", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", *sandbox]
        words += ["--enable-logging=stderr", "--virtual-time-budget=20000", *options, "--dump-dom"]
        done = subprocess.run(
            [*words, f"file://{probed}{fragment}"], capture_output=True, text=True, check=True
        )
        assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
        found = re.search(r'<output id="seen">(.*?)</output>', done.stdout, re.DOTALL)
        assert found is not None
        return json.loads(unescape(found[1]))

    return look


def _write(file: Path, finished: list[CaseFinished]) -> Path:
    report = HtmlReport(file, lambda _: None)
    bad = sum(one.result is Result.FAILED for one in finished)
    report.handle(SuiteStarted(tuple(one.case for one in finished), "process", 1, 4, file.parent))
    for one in finished:
        report.handle(one)
    report.handle(SuiteFinished(len(finished) - bad, bad, 0, 1.0))
    return file


@pytest.fixture
def page(passed_case: CaseFinished, failed_case: CaseFinished, tmp_path: Path) -> Path:
    """A page of 30 cases in two folders; one of them failed."""
    cases = [
        replace(
            passed_case,
            case=replace(
                passed_case.case, id=f"{'ab'[number % 2]}/case-{number:02}", title=f"Title {number}"
            ),
            seconds=number / 10,
        )
        for number in range(29)
    ]
    return _write(tmp_path / "report.html", [*cases, failed_case])


def test_a_long_report_begins_with_what_failed(page: Path, look: Look) -> None:
    seen = look(
        page, "return visible().map((one) => [one.className, one.open, !!one.querySelector('.mismatch')]);"
    )
    assert seen == [["case failed", True, True]]


def test_cases_are_found_by_words_results_and_tags(page: Path, look: Look) -> None:
    seen = look(
        page,
        """
        results[0].click();
        const all = visible().length;
        type("TITLE case-07"); const one = visible().map((item) => item.querySelector("code").textContent);
        type("client-issuer-unknown"); const cause = visible().length;
        type("nothing of this"); const none = !document.getElementById("nothing").hidden;
        type(""); tag.value = "validity"; tag.dispatchEvent(new Event("change"));
        return [all, one, cause, none, visible().length];
        """,
    )
    assert seen == [30, ["b/case-07"], 1, True, 1]


def test_what_is_folded_up_is_shown_when_a_case_is_opened(page: Path, look: Look) -> None:
    script = """
        results[0].click();
        const item = cases.find((one) => one.querySelector("code").textContent === "a/case-04");
        const before = !!item.querySelector(".body");
        item.querySelector("summary").click();
        await wait(() => item.querySelector(".steps"));
        return [before, item.querySelectorAll(".body").length, item.querySelectorAll(".step").length > 0,
                cases.filter((one) => one.querySelector(".body")).length];
    """
    # The failed case is open all along; no other is unfolded with this one.
    assert look(page, script) == [False, 1, True, 2]


def test_all_can_be_opened_folders_folded_and_the_slowest_come_first(page: Path, look: Look) -> None:
    seen = look(
        page,
        """
        results[0].click(); toggle.click();
        await wait(() => document.querySelectorAll(".body").length === cases.length);
        const opened = document.querySelectorAll(".steps").length;
        fold.click(); const folded = visible().length; fold.click();
        order.click();
        const slow = visible().slice(0, 3).map((one) => parseFloat(one.querySelector("time").textContent));
        order.click();
        return [opened, folded, slow, visible().map((one) => one.querySelector("code").textContent).slice(0, 2)];
        """,
    )
    assert seen == [30, 0, [2.8, 2.7, 2.6], ["a/case-00", "a/case-02"]]


def test_a_link_leads_to_its_case(page: Path, look: Look) -> None:
    script = """
        await wait(() => document.querySelector("[open] .steps"));
        return visible().filter((one) => one.open).map((one) => one.querySelector("code").textContent);
    """
    assert look(page, script, fragment="#b/case-11") == ["b/case-11"]


def test_a_narrow_screen_needs_no_scrolling_to_the_side(page: Path, look: Look) -> None:
    script = """
        results[0].click(); toggle.click();
        await wait(() => document.querySelectorAll(".body").length === cases.length);
        return [innerWidth, document.documentElement.scrollWidth - innerWidth];
    """
    # Headless windows have a smallest width; what counts is that the page fits.
    width, beyond = look(page, script, "--window-size=400,800")
    assert width < 760
    assert beyond <= 0


def test_keys_reach_everything(page: Path, look: Look) -> None:
    script = """
        results[0].click();
        const reachable = [...document.querySelectorAll("button, input, select, summary, a[href]")];
        return [reachable.length > 36, reachable.every((one) => one.tabIndex >= 0 && !one.matches("[tabindex='-1']")),
                [...document.querySelectorAll("[onclick], div[role=button]")].length];
    """
    assert look(page, script) == [True, True, 0]


def test_four_thousand_cases_stay_small(passed_case: CaseFinished, tmp_path: Path, look: Look) -> None:
    cases = [
        replace(passed_case, case=replace(passed_case.case, id=f"{number % 20}/case-{number}"))
        for number in range(4000)
    ]
    page = _write(tmp_path / "many.html", cases)
    assert page.stat().st_size < 4_000 * 1_000 + 30_000
    seen = look(page, "type('case-3999'); return [cases.length, visible().length];")
    assert seen == [4000, 1]


def test_the_browser_is_there() -> None:
    program = browser()
    assert program is not None
    assert shutil.which(program) == program
