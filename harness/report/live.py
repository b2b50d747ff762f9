"""The console on a terminal: a progress bar with live counts and the cases that run now."""

from __future__ import annotations

import time
from collections import Counter
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from harness.report import words
from harness.run.events import (
    CaseFinished,
    CaseStarted,
    Event,
    Result,
    SuiteFinished,
    SuiteStarted,
)

_STYLE = {
    Result.PASSED: "green",
    Result.FAILED: "bold red",
    Result.ERROR: "bold red",
    Result.SKIPPED: "yellow",
    Result.INTERRUPTED: "yellow",
}
_ROLE_STYLE = {
    words.Role.HEAD: "bold red",
    words.Role.TEXT: "",
    words.Role.MISMATCH: "red",
    words.Role.LOG: "dim",
    words.Role.HINT: "cyan",
}
_MOST_SHOWN = 4
"""Running cases named under the bar; more would push the failures off a small terminal."""


class LiveConsole:
    """Failures scroll past above the bar as they happen and come in full at the end."""

    def __init__(self, stream: TextIO, locate: words.Locate, *, verbose: bool = False) -> None:
        self._console = Console(file=stream, highlight=False, markup=False)
        self._locate = locate
        self._verbose = verbose
        self._server = ""
        self._failed: list[CaseFinished] = []
        self._counts: Counter[Result] = Counter()
        self._running: dict[str, float] = {}
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        )
        self._task = self._progress.add_task("", total=None)
        self._live = Live(
            console=self._console, get_renderable=self._frame, refresh_per_second=8, transient=True
        )

    def handle(self, event: Event) -> None:
        """Take one event."""
        match event:
            case SuiteStarted():
                self._start(event)
            case CaseStarted():
                self._running[event.case.id] = time.monotonic()
            case CaseFinished():
                self._case(event)
            case SuiteFinished():
                self._end(event)

    def close(self) -> None:
        """Give the terminal back, also when the run ended without its last event."""
        self._live.stop()

    def _start(self, event: SuiteStarted) -> None:
        self._server = event.server
        self._print(Text(words.heading(event), "dim"))
        self._progress.update(self._task, total=len(event.cases))
        self._live.start()

    def _case(self, event: CaseFinished) -> None:
        self._running.pop(event.case.id, None)
        self._counts[event.result] += 1
        self._progress.update(self._task, advance=1)
        if event.result.is_bad:
            self._failed.append(event)
            self._print_case(event, words.short_failure(event))
        elif self._verbose:
            self._print_case(event, words.proof_lines(event))

    def _print_case(self, event: CaseFinished, lines: list[str]) -> None:
        word = words.RESULT_WORD[event.result]
        line = Text(words.case_line(event))
        line.stylize(_STYLE[event.result], 0, len(word))
        self._print(line)
        for text in lines:
            self._print(Text(f"     {text}", "dim"))

    def _end(self, event: SuiteFinished) -> None:
        self.close()
        for number, finished in enumerate(self._failed, 1):
            self._console.print()
            for line in words.failure(finished, self._locate(finished.case.id)):
                prefix = f"{number}) " if line.role is words.Role.HEAD else ""
                self._print(Text(prefix + line.text, _ROLE_STYLE[line.role]))
        if self._failed:
            self._console.print()
        style = (
            "bold red" if event.failed or event.errors else "yellow" if event.interrupted else "bold green"
        )
        self._print(Text(words.summary(event, self._server), style))

    def _print(self, text: Text) -> None:
        # The terminal wraps: a command or path that rich had wrapped could not be copied.
        self._console.print(text, soft_wrap=True)

    def _frame(self) -> Group:
        return Group(self._counted(), self._progress, *self._running_lines())

    def _counted(self) -> Text:
        shown = [(result, self._counts[result]) for result in Result if self._counts[result]]
        return Text("  ").join(Text(f"{count} {result}", _STYLE[result]) for result, count in shown)

    def _running_lines(self) -> list[Text]:
        now = time.monotonic()
        # A copy: this runs in rich's refresh thread while events come in.
        running = sorted(self._running.copy().items(), key=lambda item: item[1])
        lines = [
            Text(words.printable(f"  {case_id}  {now - since:.0f} s"), "dim")
            for case_id, since in running[:_MOST_SHOWN]
        ]
        more = len(running) - _MOST_SHOWN
        return [*lines, Text(f"  and {more} more", "dim")] if more > 0 else lines
