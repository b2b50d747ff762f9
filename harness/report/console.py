"""Plain text for CI and for pipes: one line per finished case, failures in full at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TextIO

from harness.report import words
from harness.run.events import CaseFinished, Event, Listener, SuiteFinished, SuiteStarted


class PlainConsole:
    """Writes lines without control codes and flushes each, so that CI shows progress as it happens."""

    def __init__(self, stream: TextIO, locate: words.Locate, *, verbose: bool = False) -> None:
        self._stream = stream
        self._locate = locate
        self._verbose = verbose
        self._server = ""
        self._failed: list[CaseFinished] = []

    def handle(self, event: Event) -> None:
        """Take one event."""
        match event:
            case SuiteStarted():
                self._start(event)
            case CaseFinished():
                self._case(event)
            case SuiteFinished():
                self._end(event)
            case _:
                pass

    def close(self) -> None:
        """Do nothing: a plain stream needs no restoring."""

    def _start(self, event: SuiteStarted) -> None:
        self._server = event.server
        self._line(words.heading(event))

    def _case(self, event: CaseFinished) -> None:
        self._line(words.case_line(event))
        if event.result.is_bad:
            self._failed.append(event)
            self._indented(words.short_failure(event))
        elif self._verbose:
            self._indented(words.proof_lines(event))

    def _end(self, event: SuiteFinished) -> None:
        for number, finished in enumerate(self._failed, 1):
            self._line("")
            head, *rest = words.failure(finished, self._locate(finished.case.id))
            self._line(f"{number}) {head.text}")
            for line in rest:
                self._line(line.text)
        if self._failed:
            self._line("")
        self._line(words.summary(event, self._server))

    def _indented(self, lines: list[str]) -> None:
        for line in lines:
            self._line(f"     {line}")

    def _line(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        shown = text.encode(encoding, "backslashreplace").decode(encoding)
        self._stream.write(f"{shown}\n")
        self._stream.flush()


class Console(Listener, Protocol):
    """A listener that must be closed, also when a run ends without its last event."""

    def close(self) -> None:
        """Give the terminal back."""


def choose(
    stream: TextIO, environment: Mapping[str, str], locate: words.Locate, *, verbose: bool = False
) -> Console:
    """Return the console that suits the stream: a live one on a terminal, plain lines elsewhere and in CI."""
    live = stream.isatty() and not environment.get("CI") and environment.get("TERM") != "dumb"
    if not live:
        return PlainConsole(stream, locate, verbose=verbose)
    from harness.report.live import LiveConsole  # rich is needed on a terminal only

    return LiveConsole(stream, locate, verbose=verbose)
