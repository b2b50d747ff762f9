"""The run as one HTML page that needs nothing beside it: no network, no framework."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.outcome import Finding, Severity
from harness.report import curve, files, folders, ladder, proof, words
from harness.report.destination import Kind, look
from harness.report.packs import Packs
from harness.report.values import timestamp
from harness.report.version import harness_version
from harness.run.events import CaseFinished, Event, Result, StepReport, SuiteFinished, SuiteStarted

_TEMPLATES = Path(__file__).parent / "templates"
_MOST_EVENTS = 150
"""Timeline rows per step; a page of 300 cases must still open at once."""
_LOG_LINES = {True: 400, False: 12}
"""Lines of a step's server log, where an expectation was missed and elsewhere in such a case."""
_SEVERITY_ORDER = [Severity.SECURITY, Severity.WARNING, Severity.NOTE]


def _now() -> datetime:
    return datetime.now(UTC)


class TimelineRow(NamedTuple):  # There are dozens in a step, and a template takes a tuple apart quickest.
    """One trace event, timed from the first event of its step in milliseconds."""

    milliseconds: float
    actor: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding and the number of associations that had it."""

    finding: Finding
    count: int


@dataclass(slots=True)
class Group:
    """The cases of one folder: what the page shows of each, how they ended, and the seconds they took together."""

    cases: dict[str, Markup] = field(default_factory=dict)
    results: Counter[Result] = field(default_factory=Counter)
    seconds: float = 0.0


class HtmlReport:
    """Renders each case when it ends, so that no recorder is kept, and the page at the end.

    What is to be read of a case that passed is packed until somebody opens it, so that a page of thousands of
    cases stays small; that of any other stands in the page.
    """

    def __init__(self, path: Path, locate: words.Locate, now: Callable[[], datetime] = _now) -> None:
        self._path = path
        # A page that goes into a pipe is most likely kept in the current folder.
        self._seen_at = path if look(path).kind is Kind.FILE else Path(path.name)
        self._locate = locate
        self._now = now
        self._environment = _environment()
        self._started: SuiteStarted | None = None
        self._when = ""
        self._groups: dict[str, Group] = {}
        self._packs = Packs()
        self._results: Counter[Result] = Counter()
        self._tags: set[str] = set()
        self._findings: Counter[Finding] = Counter()

    def handle(self, event: Event) -> None:
        """Take one event; the last one writes the file."""
        match event:
            case SuiteStarted():
                self._started = event
                self._when = timestamp(self._now())
            case CaseFinished():
                self._case(event)
            case SuiteFinished():
                files.write(self._path, proof.sealed(self._page(event)))
            case _:
                pass

    def _case(self, event: CaseFinished) -> None:
        self._results[event.result] += 1
        self._tags.update(event.case.tags)
        for step in event.steps:
            self._findings.update(step.outcome.findings if step.outcome else ())
        evidence = self._locate(event.case.id)
        links = list(evidence_links(evidence, self._seen_at)) if evidence else []
        body = self._render("body.html.j2", finished=event, links=links)
        pack = self._packs.add(body) if event.result is Result.PASSED else None
        row = self._render("case.html.j2", finished=event, pack=pack, body=body)
        group = self._groups.setdefault(folder_of(event.case.id), Group())
        group.cases[event.case.id] = row
        group.results[event.result] += 1
        group.seconds += event.seconds

    def _render(self, template: str, **values: object) -> Markup:
        # What comes out of the escaping environment is safe to put into another template of it.
        return Markup(self._environment.get_template(template).render(**values))  # noqa: S704

    def _page(self, event: SuiteFinished) -> str:
        self._packs.close()
        return self._environment.get_template("report.html.j2").render(
            suite=event,
            started=self._started,
            when=self._when,
            version=harness_version(),
            results=self._results,
            tags=sorted(self._tags),
            findings=self._finding_rows(),
            groups=dict(sorted(self._groups.items())),
            packs=self._packs.done,
            total=sum(self._results.values()),
        )

    def _finding_rows(self) -> list[FindingRow]:
        rows = [FindingRow(finding, count) for finding, count in self._findings.items()]
        return sorted(rows, key=lambda row: (_SEVERITY_ORDER.index(row.finding.severity), -row.count))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        Result=Result,
        place=words.place,
        mistake=words.mistake,
        judgement=words.judgement,
        blamed=words.blamed,
        rungs=ladder.rungs,
        timeline=timeline,
        log_lines=log_lines,
        drawing=curve.drawing,
        told=curve.words,
        most_events=_MOST_EVENTS,
        result_word=words.RESULT_WORD,
    )
    environment.filters["printable"] = words.printable
    return environment


def _visible(value: object) -> object:
    """Return what a template shows: texts with direction characters made visible, what is rendered already as it is."""
    return words.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def folder_of(case_id: str) -> str:
    """Return the folder of a case, from its id."""
    return case_id.partition("[")[0].rpartition("/")[0]


def timeline(step: StepReport) -> list[TimelineRow]:
    """Return the trace events of a step, at most 150 of them."""
    events = step.recorder.events if step.recorder else []
    return [
        TimelineRow(
            milliseconds=(event.at - events[0].at) * 1000,
            actor=str(event.actor.value),
            name=event.name,
            detail=words.printable("  ".join(f"{key}={value}" for key, value in event.detail.items())),
        )
        for event in events[:_MOST_EVENTS]
    ]


def log_lines(step: StepReport) -> tuple[str, ...]:
    """Return the last lines of a step's server log: many where an expectation was missed, else a few."""
    return step.server_log[-_LOG_LINES[bool(step.mismatches)] :]


def evidence_links(folder: Path, page: Path) -> Iterator[tuple[str, str]]:
    """Give name and relative URL of each evidence file, as seen from the page."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != folders.MARKER):
        relative = Path(os.path.relpath(file, page.parent)).as_posix()
        yield file.relative_to(folder).as_posix(), quote(os.fsencode(relative))
