"""What the text reports say about a case: its line, and the full account of a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from pathlib import Path

from harness.errors import CONTROL, ScenarioError
from harness.outcome import BlamedCertificate, Outcome, Rank
from harness.run.events import CaseFinished, Result, StepReport, SuiteFinished, SuiteStarted
from harness.scenario.case import CaseInfo

Locate = Callable[[str], Path | None]
"""Gives the evidence folder written for a case id, or ``None``."""

_KEPT = "\n\t"
"""Control characters that belong to a text of several lines."""
_LAST_LINES = 12
RESULT_WORD = {
    Result.PASSED: "PASS",
    Result.FAILED: "FAIL",
    Result.ERROR: "ERROR",
    Result.SKIPPED: "SKIP",
    Result.INTERRUPTED: "STOP",
}


class Role(StrEnum):
    """What a line of a failure account is, for whoever colours it."""

    HEAD = "head"
    TEXT = "text"
    MISMATCH = "mismatch"
    LOG = "log"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an account, free of control characters."""

    role: Role
    text: str


def printable(text: str) -> str:
    """Return one line of text with control and direction characters made visible.

    Log lines carry strings that a peer chose; a terminal must not obey them.
    """
    return CONTROL.sub(lambda match: _escape(match[0]), text)


def visible(text: str) -> str:
    """Return a text of any number of lines with control and direction characters made visible.

    Titles and texts of scenarios, names in certificates and lines of logs may hold them: a page must not turn round
    what stands behind.
    """
    return CONTROL.sub(lambda match: match[0] if match[0] in _KEPT else _escape(match[0]), text)


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def shown_path(path: Path) -> str:
    """Return a path as a person in the current folder would type it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def place(case: CaseInfo, line: int = 0) -> str:
    """Return ``file:line`` of a case, or of one of its steps."""
    return f"{shown_path(case.file)}:{line or case.line}"


def judgement(outcome: Outcome) -> str:
    """Return verdict and cause, e.g. ``rejected: client-certificate-expired``."""
    return f"{outcome.verdict}: {outcome.cause}"


_RANKS = {Rank.OWN: "own certificate", Rank.ISSUING_CA: "issuing CA", Rank.ROOT_CA: "root CA"}


def blamed(certificate: BlamedCertificate) -> str:
    """Return the certificate that decided in words: whose, where it stands, subject, serial number, dates."""
    text = f"the {certificate.owner}'s {_RANKS[certificate.rank]}: {certificate.subject}"
    if certificate.serial:
        text += f", serial {certificate.serial}"
    if certificate.not_before and certificate.not_after:
        text += f", valid from {certificate.not_before:%Y-%m-%d %H:%M} to {certificate.not_after:%Y-%m-%d %H:%M} UTC"
    return text


def story(finished: CaseFinished) -> str:
    """Return the verdicts and causes of a case in order, repetitions counted."""
    judged = [judgement(step.outcome) for step in finished.steps if step.outcome]
    runs = ((text, len(list(group))) for text, group in groupby(judged))
    return " -> ".join(text if count == 1 else f"{text} (x{count})" for text, count in runs)


def case_line(finished: CaseFinished) -> str:
    """Return the one line that says whether a case did what was expected, and why."""
    # The lines below a failure say what was missed, its reason would say it twice.
    reason = "" if short_failure(finished) else finished.reason
    parts = [
        f"{RESULT_WORD[finished.result]} {finished.case.id}",
        *(part for part in (story(finished), reason) if part),
        f"{finished.seconds:.2f} s",
    ]
    return printable("  ".join(parts))


def short_failure(finished: CaseFinished) -> list[str]:
    """Return one line per mistake in the case's file, and per expectation that was not met."""
    return [mistake(error) for error in finished.errors] + [
        printable(f"line {step.line}, {step.title}: {mismatch}")
        for step in finished.steps
        for mismatch in step.mismatches
    ]


def mistake(error: ScenarioError) -> str:
    """Return a mistake as one line, its file as a person in the current folder would type it."""
    shown = replace(error.place, file=Path(shown_path(error.place.file)))
    return printable(str(ScenarioError(error.message, place=shown, fix=error.fix)))


def proof_lines(finished: CaseFinished) -> list[str]:
    """Return, for each association of a case, verdict and cause and what proves them."""
    lines: list[str] = []
    for step in finished.steps:
        if step.outcome is not None:
            lines.append(f"{step.title}: {judgement(step.outcome)}")
            lines += [f"  {proof.side}: {proof.text}" for proof in step.outcome.proof]
    return [printable(line) for line in lines]


def failure(finished: CaseFinished, evidence: Path | None) -> list[Line]:
    """Return the full account of a case that failed or could not be judged."""
    return [Line(line.role, printable(line.text)) for line in _failure(finished, evidence)]


def _failure(finished: CaseFinished, evidence: Path | None) -> Iterator[Line]:
    case = finished.case
    yield Line(Role.HEAD, f"{RESULT_WORD[finished.result]} {case.id}")
    yield Line(Role.TEXT, f"  {case.title}")
    yield Line(Role.HINT, f"  {place(case)}")
    for error in finished.errors:
        yield Line(Role.MISMATCH, f"  {mistake(error)}")
    if finished.reason:
        yield Line(Role.MISMATCH, f"  {finished.reason}")
    for step in steps_to_show(finished.steps):
        yield from _step(case, step)
    if evidence is not None:
        yield Line(Role.HINT, f"  evidence     {shown_path(evidence)}")
    if finished.rerun:
        yield Line(Role.HINT, f"  run again    {finished.rerun}")


def steps_to_show(steps: Sequence[StepReport]) -> Sequence[StepReport]:
    """Return the steps that missed an expectation; none did: the last one."""
    return [step for step in steps if step.mismatches] or steps[-1:]


def _step(case: CaseInfo, step: StepReport) -> Iterator[Line]:
    yield Line(Role.TEXT, f"  {step.title} ({place(case, step.line)})")
    for mismatch in step.mismatches:
        yield Line(Role.MISMATCH, f"    {mismatch}")
    if step.note:
        yield Line(Role.TEXT, f"    note         {step.note}")
    if step.outcome is not None:
        yield from _labelled(_account(step.outcome))
    if step.server_log:
        yield Line(Role.TEXT, f"    the server's last lines ({_shown(step.server_log)})")
        for line in step.server_log[-_LAST_LINES:]:
            yield Line(Role.LOG, f"    | {line}")


def _shown(log: Sequence[str]) -> str:
    return f"{min(len(log), _LAST_LINES)} of {len(log)}"


def _account(outcome: Outcome) -> Iterator[tuple[str, str]]:
    yield "verdict", outcome.verdict
    yield "cause", outcome.cause
    if outcome.certificate is not None:
        yield "certificate", blamed(outcome.certificate)
    yield "explanation", outcome.explanation
    yield "remedy", outcome.remedy
    for proof in outcome.proof:
        yield "proof", f"{proof.side}: {proof.text}"
    for finding in outcome.findings:
        clause = f" ({finding.requirement})" if finding.requirement else ""
        yield "finding", f"{finding.severity}: {finding.text}{clause}"


def _labelled(pairs: Iterable[tuple[str, str]]) -> Iterator[Line]:
    for label, text in pairs:
        if text:
            yield Line(Role.TEXT, f"    {label:<12} {text}")


def heading(suite: SuiteStarted) -> str:
    """Return the first line of a run: what is run, on what, and the seed that repeats it."""
    cases = "1 case" if len(suite.cases) == 1 else f"{len(suite.cases)} cases"
    jobs = "1 job" if suite.jobs == 1 else f"{suite.jobs} jobs"
    return printable(f"{cases}, {jobs}, seed {suite.seed}, {suite.server}")


def summary(suite: SuiteFinished, server: str) -> str:
    """Return the last line of a run: counts, seconds, server."""
    counts = [f"{suite.errors} {'error' if suite.errors == 1 else 'errors'}"] if suite.errors else []
    counts += [f"{suite.failed} failed"] if suite.failed else []
    counts.append(f"{suite.passed} passed")
    counts += [f"{suite.skipped} skipped"] if suite.skipped else []
    counts += [f"{suite.remaining} not run"] if suite.remaining else []
    start = "interrupted: " if suite.interrupted else ""
    return printable(f"{start}{', '.join(counts)} in {suite.seconds:.1f} s on {server}")
