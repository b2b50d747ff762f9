"""Reports that cannot be written: the run and the other reports go on, and the end says so.

Verdicts do not depend on whether somebody could be told them. But CI must not see a 0 when the report that it
reads is missing.
"""

from __future__ import annotations

from collections.abc import Callable

from harness import memory
from harness.cli.exits import say
from harness.errors import EnvironmentUnavailable
from harness.report.console import Console
from harness.run.events import Event, Listener, SuiteFinished

_MOST = 10
"""Sentences at the end; a full disk would have one per case."""


class Failures:
    """What listeners could not write in a run, and a defect that one of them had."""

    def __init__(self) -> None:
        self._sentences: list[str] = []
        self._defect: Exception | None = None
        self._abandoned = False
        self._interrupted = False

    def attempt(self, action: Callable[[], None], stream: str = "") -> bool:
        """Do something that writes and return whether it could; ``stream`` names what is no file."""
        try:
            action()
        except BrokenPipeError as error:
            if stream:
                self._abandoned = True
            else:
                self._add(error, stream)
        except OSError as error:
            self._add(error, stream)
        except Exception as error:  # noqa: BLE001 - a defect in one report must not cost the others
            if memory.is_out(error):
                self._say_once(f"cannot write {stream or 'a report'}: out of memory")
            else:
                self._defect = self._defect or error
        else:
            return True
        return False

    def ended(self, event: SuiteFinished) -> None:
        """Take the run's last event."""
        self._interrupted = event.interrupted

    def say(self) -> None:
        """Write all sentences to standard error, where another exception ends the run."""
        for sentence in self._told():
            say(sentence)

    def raise_any(self) -> None:
        """Raise what the run ends with, if anything failed.

        A defect weighs most, then a report that is missing (:class:`EnvironmentUnavailable`); that the
        reader of the console went away (:class:`BrokenPipeError`) weighs less than an interruption: Ctrl-C
        ends both sides of a pipe.
        """
        if self._defect is not None:
            self.say()
            raise self._defect
        if self._sentences:
            raise EnvironmentUnavailable("\n".join(self._told()))
        if self._abandoned and not self._interrupted:
            raise BrokenPipeError

    def _add(self, error: OSError, stream: str) -> None:
        self._say_once(f"cannot write {stream or error.filename}: {error.strerror}")

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._sentences:
            self._sentences.append(sentence)

    def _told(self) -> list[str]:
        more = len(self._sentences) - _MOST
        return [*self._sentences[:_MOST], *([f"and {more} more could not be written"] if more > 0 else [])]


class Shielded:
    """A listener that hears on, while the others do, only as long as it can write.

    ``each`` is for one that writes a thing of its own per event: when one fails, the next may not.
    """

    def __init__(
        self, listener: Listener, failures: Failures, *, stream: str = "", each: bool = False
    ) -> None:
        self._listener = listener
        self._failures = failures
        self._stream = stream
        self._each = each
        self._works = True

    def handle(self, event: Event) -> None:
        """Take one event; never raises."""
        if isinstance(event, SuiteFinished):
            self._failures.ended(event)
        if self._works:
            done = self._failures.attempt(lambda: self._listener.handle(event), self._stream)
            self._works = done or self._each


class ShieldedConsole(Shielded):
    """A console that gives the terminal back, also when it could not write to it."""

    def __init__(self, console: Console, failures: Failures, *, stream: str) -> None:
        super().__init__(console, failures, stream=stream)
        self._console = console

    def close(self) -> None:
        """Give the terminal back; never raises."""
        self._failures.attempt(self._console.close, self._stream)
