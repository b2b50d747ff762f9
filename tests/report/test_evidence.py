from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.report.evidence import Evidence, Policy
from harness.run.events import CaseFinished, Certificates, Result

FAILED_ID = "client/expired[tls=1.2,key=ec-p256]"


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folder(failed_case: CaseFinished, tmp_path: Path) -> Path:
    evidence = Evidence(tmp_path, Policy.FAILURES, offset=1_700_000_000.0)
    evidence.handle(failed_case)
    located = evidence.locate(FAILED_ID)
    assert located is not None
    return located


def test_a_failed_case_gets_everything(folder: Path) -> None:
    assert _files(folder) == [
        ".eaptls-evidence.json",
        "capture.pcapng",
        "certificates/corp-root.pem",
        "outcome.json",
        "rerun.txt",
        "server.log",
        "trace.jsonl",
    ]


def test_the_capture_is_private(folder: Path) -> None:
    assert (folder / "capture.pcapng").stat().st_mode & 0o777 == 0o600


def test_tls_secrets_are_in_the_capture_alone(folder: Path) -> None:
    holders = [
        path.name for path in folder.rglob("*") if path.is_file() and b"CLIENT_RANDOM" in path.read_bytes()
    ]
    assert holders == ["capture.pcapng"]


def test_rerun_says_how_to_repeat_and_how_to_open(folder: Path) -> None:
    assert (folder / "rerun.txt").read_text() == (
        f"Case      {FAILED_ID}\n"
        "Scenario  scenarios/client/expired.yaml:3\n"
        "Run again eaptls run scenarios/client/expired.yaml -k 'tls=1.2' --seed 7\n"
        "Capture   wireshark -d udp.port==21812,radius capture.pcapng\n"
    )


def test_the_trace_is_one_event_per_line(folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / "trace.jsonl").read_text().splitlines()]
    assert [(line["step"], line["actor"], line["event"]) for line in lines] == [
        (1, "device", "associate"),
        (1, "access-point", "access-request"),
    ]
    assert lines[0]["time"] == "2023-11-14T22:15:00.000000Z"


def test_the_outcome_is_the_case_of_the_json_report(folder: Path) -> None:
    outcome = json.loads((folder / "outcome.json").read_text())
    assert (outcome["id"], outcome["result"]) == (FAILED_ID, "failed")
    assert outcome["evidence"] == str(folder)


@pytest.mark.parametrize(("policy", "count"), [(Policy.NONE, 0), (Policy.FAILURES, 1), (Policy.ALL, 3)])
def test_policy(policy: Policy, count: int, play: Callable[..., None], tmp_path: Path) -> None:
    play(Evidence(tmp_path, policy, offset=0))
    assert len(list(tmp_path.rglob("outcome.json"))) == count


def test_old_evidence_of_a_case_that_passes_now_goes_away(failed_case: CaseFinished, tmp_path: Path) -> None:
    evidence = Evidence(tmp_path, Policy.FAILURES, offset=0)
    evidence.handle(failed_case)
    evidence = Evidence(tmp_path, Policy.FAILURES, offset=0)
    evidence.handle(replace(failed_case, result=Result.PASSED))
    assert evidence.locate(FAILED_ID) is None
    assert _files(tmp_path) == []


def test_files_of_others_are_left_alone(failed_case: CaseFinished, tmp_path: Path) -> None:
    evidence = Evidence(tmp_path, Policy.FAILURES, offset=0)
    evidence.handle(failed_case)
    located = evidence.locate(FAILED_ID)
    assert located is not None
    (located / "notes.txt").write_text("mine")
    Evidence(tmp_path, Policy.NONE, offset=0).handle(failed_case)
    assert _files(located) == ["notes.txt"]


def test_generations_and_crls_are_files_of_their_own_and_go_away_with_the_rest(
    failed_case: CaseFinished, tmp_path: Path
) -> None:
    pem = {"plant-issuing": "new", "plant-issuing.1": "old", "plant-root.crl": "list"}
    evidence = Evidence(tmp_path, Policy.FAILURES, offset=0)
    evidence.handle(replace(failed_case, certificates=Certificates(pem)))
    located = evidence.locate(FAILED_ID)
    assert located is not None
    shown = {path.name: path.read_text() for path in (located / "certificates").iterdir()}
    assert shown == {
        "plant-issuing.pem": "new",
        "plant-issuing.1.pem": "old",
        "plant-root.crl.pem": "list",
    }
    evidence.handle(replace(failed_case, result=Result.PASSED))
    assert not located.exists()
