from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli.exits import ExitCode
from harness.cli.run import exit_code
from harness.run.events import SuiteFinished

PASSES = "scenario: Passes\nsteps:\n  - associate: corp\n    expect: connected\n"
FAILS = (
    "scenario: Fails\nsteps:\n  - associate: corp\n"
    "    expect: {verdict: rejected, cause: client-certificate-expired}\n"
)
WAITS = (
    "scenario: Nobody answers\naccess-point: {secret: wrong}\nsteps:\n  - associate: corp\n"
    "    expect: {verdict: unanswered, cause: shared-secret-wrong}\n"
)
RUN = [sys.executable, "-c", "from harness.cli.main import main; main()", "run", "--server", "process"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("passes", PASSES), ("fails", FAILS), ("waits", WAITS)):
        Path(f"{name}.yaml").write_text(text)


@pytest.mark.parametrize(
    ("finished", "code"),
    [
        (SuiteFinished(3, 0, 1, 1.0), ExitCode.PASSED),
        (SuiteFinished(3, 1, 0, 1.0), ExitCode.FAILED),
        (SuiteFinished(3, 1, 0, 1.0, interrupted=True, remaining=2), ExitCode.INTERRUPTED),
    ],
)
def test_exit_codes(finished: SuiteFinished, code: ExitCode) -> None:
    assert exit_code(finished) is code


def test_a_report_that_cannot_be_written_is_said_before_the_run(eaptls: Callable[..., Any]) -> None:
    ended = eaptls("run", "passes.yaml", "--junit", ".")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "eaptls: cannot write .: it is a folder; name a file in it\n"


def test_mistakes_in_scenarios_are_exit_2(eaptls: Callable[..., Any]) -> None:
    Path("passes.yaml").write_text(PASSES.replace("connected", "conected"))
    ended = eaptls("run", "passes.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("eaptls: passes.yaml:4:")


@pytest.mark.server
def test_a_pass_and_a_failure_with_all_reports(eaptls: Callable[..., Any]) -> None:
    files = ("--junit", "out/junit.xml", "--json", "out/run.json", "--html", "out/report.html")
    ended = eaptls("run", "passes.yaml", "fails.yaml", "--server", "process", "--seed", 7, "-j", 1, *files)
    assert (ended.code, ended.err) == (1, "")
    lines = ended.out.splitlines()
    assert lines[0].startswith("2 cases, 1 job, seed 7, process: FreeRADIUS ")
    assert lines[1].startswith("PASS passes  connected: mutual-authentication  ")
    assert lines[2].startswith("FAIL fails  connected: mutual-authentication  ")
    assert "    cause: expected client-certificate-expired, got mutual-authentication" in lines
    assert "  evidence     results/fails" in lines
    assert "  run again    eaptls run fails.yaml -k fails --seed 7 --server process" in lines
    assert lines[-1].startswith("1 failed, 1 passed in ")
    assert ET.parse("out/junit.xml").getroot().get("failures") == "1"
    assert json.loads(Path("out/run.json").read_text())["seed"] == 7
    assert "1 of 2 failed" in Path("out/report.html").read_text()
    assert {path.name for path in Path("results/fails").iterdir()} == {
        ".eaptls-evidence.json",
        "capture.pcapng",
        "certificates",
        "outcome.json",
        "rerun.txt",
        "server.log",
        "trace.jsonl",
    }


@pytest.mark.server
def test_a_pass_is_exit_0_and_leaves_the_page_alone(eaptls: Callable[..., Any]) -> None:
    assert eaptls("run", "passes.yaml", "--server", "process").code == 0
    assert [path.name for path in Path("results").iterdir()] == ["report.html"]


@pytest.mark.server
def test_annotations_on_github(eaptls: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    ended = eaptls("run", "fails.yaml", "--server", "process", "--evidence", "none")
    assert ended.out.splitlines()[-1].startswith(
        "::error file=fails.yaml,line=3,title=fails::line 3, associate corp: verdict: expected rejected"
    )
    assert not Path("results/fails").exists()


@pytest.mark.server
def test_a_version_that_is_not_there_is_exit_3(eaptls: Callable[..., Any]) -> None:
    ended = eaptls("run", "passes.yaml", "--server", "process", "--freeradius-version", "9.9.9")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("eaptls: the FreeRADIUS on this machine is ")


@pytest.mark.server
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_ends_the_run_in_good_order(number: signal.Signals) -> None:
    command = [*RUN, "passes.yaml", "waits.yaml", "-j", "1", "--junit", "junit.xml"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert child.stdout.readline().startswith("PASS passes")
        sent = time.monotonic()
        child.send_signal(number)
        rest = child.stdout.read()
        assert child.wait(10) == 130
    assert time.monotonic() - sent < 3
    assert "interrupted: 1 passed, 1 not run in " in rest
    root = ET.parse("junit.xml").getroot()
    assert root.find(".//testcase[@name='passes']") is not None
    assert Path("results/report.html").is_file()
