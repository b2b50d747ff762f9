"""``--json``: one document that holds a whole run, for scripts.

Format 1. Keys are only ever added; a changed meaning raises ``format``::

    {"format": 1, "harness": "0.1.0", "server": "process: FreeRADIUS 3.2.1", "seed": 7, "jobs": 2,
     "started": "2026-03-01T12:00:00Z", "seconds": 1.5, "interrupted": false,
     "counts": {"passed": 1, "failed": 1, "errors": 0, "skipped": 0, "remaining": 0},
     "cases": [{
        "id": "...", "title": "...", "why": "...", "file": "...", "line": 1, "tags": [], "refs": [],
        "result": "passed|failed|error|skipped|interrupted", "seconds": 0.2, "reason": "", "rerun": "eaptls run ...",
        "errors": [{"file": "...", "line": 2, "column": 9, "message": "...", "fix": "..."}],
        "evidence": "results/..." or null,
        "steps": [{"index": 0, "title": "...", "line": 20, "note": "", "server_log": [],
                   "mismatches": [{"field": "...", "expected": "...", "actual": "..."}],
                   "outcome": null or {"verdict": "...", "cause": "...", "mutual_authentication": false,
                                       "explanation": "...", "remedy": "...", "findings": [],
                                       "proof": [{"side": "server", "text": "..."}],
                                       "observation": null or {"stage": "...", ...}}}]}]}

``observation`` has the fields of :class:`harness.observation.Observation`; ``server_log`` is filled for
cases that failed or could not be judged.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from harness.report import files, values, words
from harness.report.version import harness_version
from harness.run.events import CaseFinished, Event, SuiteFinished, SuiteStarted

FORMAT = 1


def _now() -> datetime:
    return datetime.now(UTC)


class JsonReport:
    """Collects the cases as plain values and writes one file at the end."""

    def __init__(self, path: Path, locate: words.Locate, now: Callable[[], datetime] = _now) -> None:
        self._path = path
        self._locate = locate
        self._now = now
        self._head: values.JsonObject = {}
        self._cases: list[values.Json] = []

    def handle(self, event: Event) -> None:
        """Take one event; the last one writes the file."""
        match event:
            case SuiteStarted():
                self._head = self._started(event)
            case CaseFinished():
                self._cases.append(values.case(event, self._locate(event.case.id), log=event.result.is_bad))
            case SuiteFinished():
                document = {**self._head, **_finished(event), "cases": self._cases}
                files.write(self._path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
            case _:
                pass

    def _started(self, event: SuiteStarted) -> values.JsonObject:
        return {
            "format": FORMAT,
            "harness": harness_version(),
            "server": event.server,
            "seed": event.seed,
            "jobs": event.jobs,
            "started": values.timestamp(self._now()),
        }


def _finished(event: SuiteFinished) -> values.JsonObject:
    return {
        "seconds": values.plain(event.seconds),
        "interrupted": event.interrupted,
        "counts": {
            "passed": event.passed,
            "failed": event.failed,
            "errors": event.errors,
            "skipped": event.skipped,
            "remaining": event.remaining,
        },
    }
