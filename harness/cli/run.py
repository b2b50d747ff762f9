"""``eaptls run``: run cases and report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options
from harness.cli.exits import ExitCode

if TYPE_CHECKING:
    from harness.run.events import SuiteFinished


def run(
    *,
    paths: options.Paths = None,
    tag: options.Tags = None,
    keyword: options.Keyword = "",
    server: options.Server = options.ServerKind.AUTO,
    freeradius_version: options.FreeradiusVersion = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", "-j", metavar="N", min=1, max=256, help="Cases at a time; two per core without it."
        ),
    ] = None,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop after the first failure.")] = False,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed",
            metavar="N",
            min=0,
            help="Repeat the random choices of an earlier run; a new one without it.",
        ),
    ] = None,
    results: Annotated[Path, typer.Option("--results", metavar="DIR", help="Where evidence goes.")] = Path(
        "results"
    ),
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML.")] = None,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the run as JSON.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="HTML report; report.html in --results without it."),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Say of passed cases what proves them.")
    ] = False,
    evidence: Annotated[
        options.EvidenceFor, typer.Option("--evidence", help="Which cases leave an evidence folder.")
    ] = options.EvidenceFor.FAILURES,
) -> None:
    """Run scenarios.

    Each case says whether it did what was expected, and why.
    """
    import secrets

    from harness.cli import reports, selection
    from harness.cli.interrupt import stop_on_signals
    from harness.cli.report_paths import Files
    from harness.run.runner import RunOptions
    from harness.run.runner import run as run_cases

    cases, broken = selection.select_right(paths, tag, keyword)
    wanted = RunOptions(
        server=server.value,
        freeradius_version=freeradius_version,
        # A case waits for servers and time-outs half of its time.
        jobs=jobs or 2 * len(os.sched_getaffinity(0)),
        fail_fast=fail_fast,
        seed=secrets.randbelow(2**32) if seed is None else seed,
        results=results,
        evidence=evidence.value,
    )
    files = Files(results, html, junit, json)
    infos = [*(case.info for case in cases), *(file.info for file in broken)]
    with (
        stop_on_signals() as stop,
        reports.listening(files, wanted.evidence, infos, verbose=verbose) as listeners,
    ):
        finished = run_cases(cases, wanted, listeners, stop, broken)
    raise typer.Exit(exit_code(finished))


def exit_code(finished: SuiteFinished) -> ExitCode:
    """Return what a run ends with: being interrupted weighs most, then what could not be judged, then failures."""
    if finished.interrupted:
        return ExitCode.INTERRUPTED
    if finished.errors:
        return ExitCode.USAGE
    return ExitCode.FAILED if finished.failed else ExitCode.PASSED
