"""Standard output and standard error that are closed, full, or read by nobody any more."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

from harness.cli.exits import ExitCode, say


def prepare() -> None:
    """Make both streams fit to be written to, whatever the process was started with."""
    for number in (0, 1, 2):
        _occupy(number)
    sys.stdout = _usable(sys.stdout)
    sys.stderr = _usable(sys.stderr)


def _occupy(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        # Else the next file that is opened gets the number, and a child process writes into it. Not for
        # writing: a report for /dev/stdout must not vanish in silence.
        os.open(os.devnull, os.O_RDONLY)


def _usable(stream: TextIO | None) -> TextIO:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open until the process ends
    if isinstance(stream, io.TextIOWrapper):
        # A title in a language that the locale cannot write must not end a run.
        stream.reconfigure(errors="backslashreplace")
    return stream


def finish(code: int) -> int:
    """Flush both streams for the last time and return the exit code.

    What could not be written changes the code of a command that thinks it has told its result.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
        code = ExitCode.PIPE_CLOSED if code in (ExitCode.PASSED, ExitCode.FAILED) else code
    except OSError as error:
        _discard(sys.stdout)
        if code in (ExitCode.PASSED, ExitCode.FAILED):
            say(f"cannot write standard output: {error.strerror}")
            code = ExitCode.ENVIRONMENT
    try:
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)
    return code


def _discard(stream: TextIO) -> None:
    """Let what a stream still holds go nowhere; the interpreter flushes again and would complain."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
