from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from harness.report.jsonfile import JsonReport
from harness.run.events import CaseFinished, SuiteFinished


@pytest.fixture
def document(play: Callable[..., None], tmp_path: Path, fixed_now: Callable[[], datetime]) -> dict[str, Any]:
    file = tmp_path / "run.json"
    play(JsonReport(file, lambda case_id: Path("results") / case_id, now=fixed_now))
    loaded: dict[str, Any] = json.loads(file.read_text())
    return loaded


def test_head(document: dict[str, Any]) -> None:
    harness = document.pop("harness")
    assert isinstance(harness, str)
    document.pop("cases")
    assert document == {
        "format": 1,
        "server": "process: FreeRADIUS 3.2.1",
        "seed": 7,
        "jobs": 2,
        "started": "2026-03-01T12:00:00Z",
        "seconds": 1.5,
        "interrupted": False,
        "counts": {"passed": 1, "failed": 1, "errors": 0, "skipped": 1, "remaining": 0},
    }


def test_keys_are_those_that_were_promised(document: dict[str, Any]) -> None:
    case = document["cases"][1]
    assert set(case) == {
        "id", "title", "why", "file", "line", "tags", "refs", "result", "seconds", "reason", "rerun", "evidence",
        "errors", "steps", "fleets",
    }  # fmt: skip
    step = case["steps"][1]
    assert set(step) == {"index", "title", "line", "outcome", "mismatches", "note", "server_log"}
    assert set(step["outcome"]) == {
        "verdict", "cause", "explanation", "remedy", "proof", "findings", "certificate", "observation",
        "mutual_authentication",
    }  # fmt: skip
    assert set(step["outcome"]["observation"]) == {
        "stage", "ssid", "identity", "source", "server", "started", "ended", "radius_result", "eap_result",
        "requests", "replies", "unsigned_replies", "retransmissions", "unreachable", "lost_on_purpose", "held_on_purpose", "silence", "waited", "framed_mtu", "largest_eap",
        "proposed_methods", "tls", "keys", "session_id", "server_session_id", "four_way", "akm", "reply_attributes",
        "session_reply",
        "discards", "discards_left_out", "standstill", "overtime", "violations",
    }  # fmt: skip


def test_a_failed_case(document: dict[str, Any]) -> None:
    case = document["cases"][1]
    assert case["evidence"] == "results/client/expired[tls=1.2,key=ec-p256]"
    step = case["steps"][1]
    assert step["mismatches"] == [
        {"field": "cause", "expected": "client-certificate-expired", "actual": "client-issuer-unknown"}
    ]
    assert step["outcome"]["proof"][1] == {"side": "access-point", "text": "Access-Reject after 5 requests"}
    assert step["outcome"]["observation"]["server"] == "127.0.0.1:21812"


def test_the_servers_log_is_there_for_failed_cases_only(
    passed_case: CaseFinished, failed_case: CaseFinished
) -> None:
    logged = replace(passed_case.steps[1], server_log=("a line",))
    passed = replace(passed_case, steps=(logged,))
    assert _server_logs(passed) == [[]]
    assert len(_server_logs(failed_case)[1]) == 2


def _server_logs(finished: CaseFinished) -> list[Any]:
    with TemporaryDirectory() as folder:
        report = JsonReport(Path(folder) / "run.json", lambda _: None)
        report.handle(finished)
        report.handle(SuiteFinished(0, 0, 0, 0))
        document = json.loads((Path(folder) / "run.json").read_text())
    return [step["server_log"] for step in document["cases"][0]["steps"]]


def test_no_tls_secret_is_in_it(document: dict[str, Any]) -> None:
    assert "CLIENT_RANDOM" not in json.dumps(document)


def test_mutual_authentication_is_told(document: dict[str, Any]) -> None:
    outcomes = [step["outcome"] for step in document["cases"][0]["steps"] if step["outcome"]]
    assert [outcome["mutual_authentication"] for outcome in outcomes] == [True, True, False]
