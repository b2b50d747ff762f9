"""GitHub workflow commands: an annotation on the scenario line of each failed case.

Source: GitHub Actions, "Workflow commands for GitHub Actions", section on error messages.
"""

from __future__ import annotations

from typing import TextIO

from harness.report import words
from harness.report.mistakes import mistake_annotations
from harness.run.events import CaseFinished, Event, Result, SuiteFinished


class GithubAnnotations:
    """Writes the annotations after the run, so that they do not break up the log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: list[str] = []

    def handle(self, event: Event) -> None:
        """Take one event."""
        match event:
            case CaseFinished(result=Result.FAILED | Result.ERROR):
                self._lines += case_annotations(event)
            case SuiteFinished():
                for line in self._lines:
                    self._stream.write(f"{line}\n")
                self._stream.flush()
            case _:
                pass


def case_annotations(finished: CaseFinished) -> list[str]:
    """Return the ``::error`` commands for a case: one for each mistake in its file, else one for the failure."""
    if not finished.errors:
        return [_failure(finished)]
    return mistake_annotations(finished.errors, finished.case.id)


def _failure(finished: CaseFinished) -> str:
    """Return the command for a failed case, on the first step that missed an expectation."""
    missed = [step for step in finished.steps if step.mismatches]
    line = missed[0].line if missed else finished.case.line
    parts = words.short_failure(finished) or [finished.reason]
    parts += [step.outcome.explanation for step in missed if step.outcome]
    message = "\n".join(part for part in parts if part)
    place = f"file={_property(words.shown_path(finished.case.file))},line={line}"
    return f"::error {place},title={_property(finished.case.id)}::{_data(message)}"


def _data(text: str) -> str:
    """Return text for a command; line breaks stay, other characters that a log viewer might obey are made visible."""
    lines = (words.printable(line) for line in text.split("\n"))
    return "\n".join(lines).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
