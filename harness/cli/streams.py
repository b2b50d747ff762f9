"""Standard output and standard error that are closed, full, or read by nobody any more."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

from harness.cli.exits import ExitCode, say

if TYPE_CHECKING:
    from typing_extensions import Buffer

OUTPUT, ERRORS = "standard output", "standard error"


class _Descriptor(io.FileIO):
    """A standard stream below its buffer, which says what it is when it cannot be written."""

    def __init__(self, number: int, called: str) -> None:
        super().__init__(number, "w", closefd=False)
        self._called = called

    def write(self, data: Buffer, /) -> int:
        """Write octets. Raises :class:`OSError` with the stream as its file name."""
        try:
            return super().write(data)
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._called) from None


def prepare() -> None:
    """Make both streams fit to be written to, whatever the process was started with."""
    for number in (0, 1, 2):
        _occupy(number)
    sys.stdout = _usable(sys.stdout, 1, OUTPUT)
    sys.stderr = _usable(sys.stderr, 2, ERRORS)


def _occupy(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        # Else the next file that is opened gets the number, and a child process writes into it. Not for
        # writing: a report for /dev/stdout must not vanish in silence.
        os.open(os.devnull, os.O_RDONLY)


def _usable(stream: TextIO | None, number: int, called: str) -> TextIO:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open until the process ends
    if stream not in (sys.__stdout__, sys.__stderr__) or not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Descriptor(number, called)),
        encoding=stream.encoding,
        # A title in a language that the locale cannot write must not end a run.
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


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
            say(f"{OUTPUT}: {error.strerror}")
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
