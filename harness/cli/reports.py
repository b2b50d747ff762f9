"""Puts the reports of a run together."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TextIO

from harness.cli.failures import Failures, Shielded, ShieldedConsole
from harness.cli.report_paths import Files, Streams, require_writable
from harness.report import console
from harness.report.evidence import Evidence, Policy
from harness.run.events import Listener
from harness.scenario.case import CaseInfo


@contextmanager
def listening(
    where: Files, evidence: str, cases: Sequence[CaseInfo], *, verbose: bool
) -> Iterator[list[Listener]]:
    """Give the listeners of a run in the order they must hear; the terminal is restored at the end.

    A listener that fails stops neither the run nor the others; what failed is raised at the end, as
    :meth:`Failures.raise_any` says. Raises :class:`harness.errors.UsageError` before the run when a report
    could not be written, or would replace something of the user's.
    """
    streams = require_writable(where, cases)
    failures = Failures()
    # Evidence first: the others link to it.
    kept = Evidence(where.results, Policy(evidence), offset=time.time() - time.monotonic())
    stream, name = (
        (sys.stdout, "standard output") if 1 not in streams.taken else (sys.stderr, "standard error")
    )
    chosen = console.choose(stream, _environment(streams), kept.locate, verbose=verbose)
    try:
        with closing(ShieldedConsole(chosen, failures, stream=name)) as shown:
            files = [Shielded(report, failures) for report in _reports(where, kept)]
            notes = [Shielded(note, failures, stream=name) for note in _annotations(stream)]
            yield [Shielded(kept, failures, each=True), *files, shown, *notes]
    except BaseException:
        failures.say()
        raise
    failures.raise_any()


def _environment(streams: Streams) -> Mapping[str, str]:
    # A progress bar that moves up on the same terminal would wipe the report out.
    return {**os.environ, "TERM": "dumb"} if streams.on_terminal else os.environ


def _reports(where: Files, evidence: Evidence) -> Iterator[Listener]:
    from harness.report.html import HtmlReport

    yield HtmlReport(where.page, evidence.locate)
    if where.junit is not None:
        from harness.report.junit import JUnitReport

        yield JUnitReport(where.junit, evidence.locate)
    if where.json is not None:
        from harness.report.jsonfile import JsonReport

        yield JsonReport(where.json, evidence.locate)


def _annotations(stream: TextIO) -> Iterator[Listener]:
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from harness.report.github import GithubAnnotations

        yield GithubAnnotations(stream)
