from __future__ import annotations

import errno
from pathlib import Path

import pytest
import typer

from harness import memory
from harness.cli.exits import ExitCode, guarded
from harness.errors import (
    EnvironmentUnavailable,
    Place,
    ScenarioError,
    ScenarioErrors,
    UsageError,
)

PLACE = Place(Path("a.yaml"), 3, 5)
TWO = ScenarioErrors(
    [
        ScenarioError("'tipe' is no key of install", place=PLACE, fix="write type"),
        ScenarioError("the file is empty", place=Place(Path("b.yaml"))),
    ]
)


def _run(error: BaseException) -> int:
    @guarded
    def command() -> None:
        raise error

    with pytest.raises(typer.Exit) as raised:
        command()
    return raised.value.exit_code


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (UsageError("no case matches -k 'x'"), 2, "eaptls: no case matches -k 'x'\n"),
        (
            TWO,
            2,
            "eaptls: a.yaml:3:5: 'tipe' is no key of install; write type\nb.yaml: the file is empty\n2 mistakes\n",
        ),
        (
            ScenarioError("too long", place=PLACE),
            2,
            "eaptls: a.yaml:3:5: too long\n",
        ),
        (
            EnvironmentUnavailable(
                "FreeRADIUS did not start", hint="see the log", last_lines=("Ready?", "No.")
            ),
            3,
            "eaptls: FreeRADIUS did not start\nsee the log\nits last lines were:\n  | Ready?\n  | No.\n",
        ),
        (EnvironmentUnavailable("no server"), 3, "eaptls: no server\n"),
        (
            PermissionError(errno.EACCES, "Permission denied", "results/x"),
            3,
            "eaptls: results/x: Permission denied\n",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), 3, "eaptls: No space left on device\n"),
        (
            OSError(errno.EMFILE, "Too many open files", "/dev/null"),
            3,
            (
                "eaptls: /dev/null: Too many open files\n"
                "raise the limit with `ulimit -n`, or run fewer cases at a time with -j\n"
            ),
        ),
        (
            # As the container engine's library wraps it.
            ConnectionError(("Connection aborted.", OSError(errno.ECONNRESET, "Connection reset by peer"))),
            3,
            "eaptls: Connection reset by peer\n",
        ),
        (
            RuntimeError("can't start new thread"),
            3,
            (
                "eaptls: no more threads can be started\n"
                "raise the limits (`ulimit -u`, `ulimit -v`), or run fewer cases at a time with -j\n"
            ),
        ),
        (
            MemoryError(),
            3,
            f"eaptls: out of memory\n{memory.HINT}\n",
        ),
        (
            OSError(errno.EINVAL, "Invalid argument"),
            70,
            (
                "eaptls: defect in eaptls: OSError: [Errno 22] Invalid argument\n"
                "set EAPTLS_DEBUG=1 and run again to see where it happened\n"
            ),
        ),
        (KeyboardInterrupt(), 130, "eaptls: interrupted\n"),
        (BrokenPipeError(), 141, ""),
        (
            KeyError("x"),
            70,
            "eaptls: defect in eaptls: KeyError: 'x'\nset EAPTLS_DEBUG=1 and run again to see where it happened\n",
        ),
    ],
)
def test_an_exception_becomes_a_sentence_and_a_code(
    error: BaseException,
    code: int,
    text: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("EAPTLS_DEBUG", raising=False)
    assert _run(error) == code
    captured = capsys.readouterr()
    assert captured.err == text
    assert captured.out == ""


def test_the_traceback_can_be_had(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EAPTLS_DEBUG", "1")
    assert _run(KeyError("x")) == ExitCode.DEFECT
    assert capsys.readouterr().err.startswith("Traceback (most recent call last):\n")


def test_a_command_that_chose_its_code_keeps_it() -> None:
    assert _run(typer.Exit(1)) == 1


def test_codes_are_distinct() -> None:
    assert sorted(ExitCode) == [0, 1, 2, 3, 70, 130, 141]
    assert len(ExitCode.__members__) == 7
