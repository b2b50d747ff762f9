"""Puts the reports of a run together."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.report import console, files
from harness.report.evidence import Evidence, Policy
from harness.run.events import Listener


@dataclass(frozen=True, slots=True)
class Files:
    """Where a run's reports go."""

    results: Path
    html: Path
    junit: Path | None = None
    json: Path | None = None


@contextmanager
def listening(where: Files, evidence: str, *, verbose: bool) -> Iterator[list[Listener]]:
    """Give the listeners of a run in the order they must hear; the terminal is restored at the end.

    Raises :class:`harness.errors.UsageError` when a report could not be written.
    """
    for path in (where.results / ".evidence", where.html, where.junit, where.json):
        if path is not None:
            files.require_writable(path)
    # Evidence first: the others link to it.
    kept = Evidence(where.results, Policy(evidence), offset=time.time() - time.monotonic())
    with closing(console.choose(sys.stdout, os.environ, kept.locate, verbose=verbose)) as shown:
        yield [kept, *_reports(where, kept), shown, *_annotations()]


def _reports(where: Files, evidence: Evidence) -> Iterator[Listener]:
    from harness.report.html import HtmlReport
    from harness.report.jsonfile import JsonReport
    from harness.report.junit import JUnitReport

    yield HtmlReport(where.html, evidence.locate)
    if where.junit is not None:
        yield JUnitReport(where.junit, evidence.locate)
    if where.json is not None:
        yield JsonReport(where.json, evidence.locate)


def _annotations() -> Iterator[Listener]:
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from harness.report.github import GithubAnnotations

        yield GithubAnnotations(sys.stdout)
