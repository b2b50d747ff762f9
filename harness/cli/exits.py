"""Exit codes, and the one place where exceptions become a sentence and a code.

Scripts rely on these: 0 all passed, 1 some case failed, 2 the command line or a scenario is wrong, 3
the machine lacks something or a report could not be written, 70 a defect of the harness (``EX_SOFTWARE`` of sysexits.h), 130
interrupted, 141 the reader of our output went away (128 + SIGPIPE, as a shell reports it).
"""

from __future__ import annotations

import errno
import functools
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from typing import ParamSpec

import typer

from harness import memory
from harness.errors import EnvironmentUnavailable, HarnessError, ScenarioErrors

P = ParamSpec("P")

_DEFECT_ERRNOS = {errno.EFAULT, errno.EINVAL, errno.ENOTSOCK, errno.EDOM}
"""Errors of the system that say that it was asked for nonsense; every other one is a fault of the machine."""
_HINTS = {
    errno.EMFILE: "raise the limit with `ulimit -n`, or run fewer cases at a time with -j",
    errno.ENFILE: "end other programs, or run fewer cases at a time with -j",
    errno.EAGAIN: "raise the limits (`ulimit -u`, `ulimit -v`), or run fewer cases at a time with -j",
    errno.ENOMEM: memory.HINT,
}


class ExitCode(IntEnum):
    """What the process ends with."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    ENVIRONMENT = 3
    DEFECT = 70
    INTERRUPTED = 130
    PIPE_CLOSED = 141


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Make a command end with a sentence and an exit code instead of a traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            memory.require(memory.FOR_A_COMMAND)
            command(*args, **kwargs)
        except typer.Exit:
            raise
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the front door: nothing may pass
            raise typer.Exit(explain(error)) from None

    return run


def explain(error: BaseException) -> ExitCode:
    """Write to standard error what a person needs to know about an exception; return the exit code."""
    match error:
        case HarnessError():
            return _expected(error)
        case KeyboardInterrupt():
            return _say(ExitCode.INTERRUPTED, "interrupted")
        case BrokenPipeError():
            return ExitCode.PIPE_CLOSED
        case _ if lines := _fault_of_the_machine(error):
            return _say(ExitCode.ENVIRONMENT, *lines)
        case _:
            return _defect(error)


def _fault_of_the_machine(error: BaseException) -> list[str]:
    """Return what the machine lacks and what to do about it; empty for anything else."""
    if memory.is_out(error):
        return ["out of memory", memory.HINT]
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return ["no more threads can be started", _HINTS[errno.EAGAIN]]
    fault = _fault(error) if isinstance(error, OSError) else None
    if fault is None:
        return []
    where = f"{fault.filename}: " if fault.filename else ""
    hint = _HINTS.get(fault.errno or 0)
    return [f"{where}{fault.strerror}", *([hint] if hint else [])]


def _fault(error: BaseException) -> OSError | None:
    """Return the error of the system that an exception is or holds; libraries wrap theirs in others."""
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        return None if error.errno in _DEFECT_ERRNOS else error
    inner = [one for one in (*error.args, error.__cause__) if isinstance(one, BaseException)]
    inner += [
        one for arg in error.args if isinstance(arg, tuple) for one in arg if isinstance(one, BaseException)
    ]
    return next((found for one in inner if (found := _fault(one)) is not None), None)


def _expected(error: HarnessError) -> ExitCode:
    match error:
        case EnvironmentUnavailable():
            return _say(ExitCode.ENVIRONMENT, error.message, *_hint(error))
        case ScenarioErrors():
            return _say(ExitCode.USAGE, *map(str, error.errors), mistakes(len(error.errors)))
        case _:
            return _say(ExitCode.USAGE, str(error))


def mistakes(count: int) -> str:
    """Return the closing line of a list of scenario errors."""
    return "1 mistake" if count == 1 else f"{count} mistakes"


def _hint(error: EnvironmentUnavailable) -> list[str]:
    lines = [error.hint] if error.hint else []
    if error.last_lines:
        lines += ["its last lines were:", *(f"  | {line}" for line in error.last_lines)]
    return lines


def _defect(error: BaseException) -> ExitCode:
    if os.environ.get("EAPTLS_DEBUG") == "1":
        traceback.print_exception(error)
        return ExitCode.DEFECT
    return _say(
        ExitCode.DEFECT,
        f"defect in eaptls: {type(error).__name__}: {error}",
        "set EAPTLS_DEBUG=1 and run again to see where it happened",
    )


def _say(code: ExitCode, *lines: str) -> ExitCode:
    say(*lines)
    return code


def say(first: str, *rest: str) -> None:
    """Write lines to standard error; where nobody can be told, the exit code still tells."""
    with suppress(OSError):
        sys.stderr.write("\n".join([f"eaptls: {first}", *rest]) + "\n")
        sys.stderr.flush()
