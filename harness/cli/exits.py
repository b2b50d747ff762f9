"""Exit codes, and the one place where exceptions become a sentence and a code.

Scripts rely on these: 0 all passed, 1 some case failed, 2 the command line or a scenario is wrong, 3
the machine lacks something, 70 a defect of the harness (``EX_SOFTWARE`` of sysexits.h), 130
interrupted, 141 the reader of our output went away (128 + SIGPIPE, as a shell reports it).
"""

from __future__ import annotations

import errno
import functools
import os
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum
from typing import ParamSpec

import typer

from harness.errors import EnvironmentUnavailable, HarnessError, ScenarioErrors

P = ParamSpec("P")

_ENVIRONMENT_ERRNOS = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EEXIST,
    errno.EISDIR,
    errno.ELOOP,
    errno.EMFILE,
    errno.ENAMETOOLONG,
    errno.ENFILE,
    errno.ENOENT,
    errno.ENOMEM,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
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
        case OSError() if error.errno in _ENVIRONMENT_ERRNOS:
            where = f"{error.filename}: " if error.filename else ""
            return _say(ExitCode.ENVIRONMENT, f"{where}{error.strerror}")
        case _:
            return _defect(error)


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
    first, *rest = lines
    sys.stderr.write("\n".join([f"eaptls: {first}", *rest]) + "\n")
    return code
