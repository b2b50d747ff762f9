from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import EnvironmentUnavailable, ServerLost
from harness.server.recording import require_complete
from harness.server.records import LogEvent, LogKind, ServerEvidence, VerdictRecord
from harness.trace import Endpoint

SOURCE = Endpoint("127.0.0.1", 40000)
REQUEST = LogEvent(LogKind.REQUEST, "Received Access-Request")


@pytest.fixture
def complete(tmp_path: Path) -> ServerEvidence:
    return ServerEvidence(
        available=True,
        server="FreeRADIUS",
        verdict=VerdictRecord("Access-Accept", SOURCE, "user"),
        events=(REQUEST, REQUEST),
        folder=tmp_path,
    )


def test_what_was_answered_was_written(complete: ServerEvidence) -> None:
    require_complete(complete, replies=2, final=True)
    require_complete(replace(complete, verdict=None), replies=2, final=False)


def test_an_answer_without_a_record_is_no_verdict(complete: ServerEvidence) -> None:
    with pytest.raises(
        EnvironmentUnavailable, match=r"its own record of that is missing: .*/run/verdict\.jsonl"
    ):
        require_complete(replace(complete, verdict=None), replies=2, final=True)


def test_an_answer_without_a_line_in_the_log_is_no_verdict(complete: ServerEvidence) -> None:
    with pytest.raises(
        EnvironmentUnavailable, match=r"gave 3 answers and its log shows 2 requests: .*server\.log"
    ):
        require_complete(complete, replies=3, final=True)


def test_of_a_server_whose_files_are_elsewhere_nothing_is_missing(complete: ServerEvidence) -> None:
    require_complete(replace(complete, folder=None, verdict=None, events=()), replies=2, final=True)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGXFSZ, signal.SIGTERM])
def test_a_server_that_was_killed_from_outside_is_lost(complete: ServerEvidence, number: int) -> None:
    with pytest.raises(ServerLost, match="was killed while it was needed: SIG"):
        require_complete(replace(complete, killed_by=number), replies=0, final=False)


@pytest.mark.parametrize("number", [0, signal.SIGSEGV, signal.SIGABRT])
def test_a_crash_is_the_servers_own_doing(complete: ServerEvidence, number: int) -> None:
    require_complete(replace(complete, killed_by=number), replies=2, final=True)


def test_a_server_without_memory_is_no_verdict(complete: ServerEvidence) -> None:
    with pytest.raises(
        EnvironmentUnavailable, match=r"FreeRADIUS has too little memory: eap_tls: .*; raise the limits"
    ):
        require_complete(replace(complete, starved="eap_tls: malloc failure"), replies=2, final=True)
