from __future__ import annotations

import errno
import io

import pytest

from harness.cli.failures import Failures, Shielded, ShieldedConsole
from harness.errors import EnvironmentUnavailable
from harness.report.console import PlainConsole
from harness.run.events import Event, SuiteFinished

END = SuiteFinished(1, 0, 0, 1.0)
STOPPED = SuiteFinished(1, 0, 0, 1.0, interrupted=True)


class _Breaks:
    """Raises one exception after the other; hears nothing more when there are none left."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.heard = 0

    def handle(self, _event: Event) -> None:
        self.heard += 1
        if self._errors:
            raise self._errors.pop(0)


def _full(name: str) -> OSError:
    return OSError(errno.ENOSPC, "No space left on device", name)


def test_nothing_is_raised_where_nothing_failed() -> None:
    failures = Failures()
    Shielded(_Breaks(), failures).handle(END)
    failures.raise_any()


def test_a_report_that_fails_once_hears_no_more_and_evidence_does() -> None:
    failures = Failures()
    report, evidence = _Breaks(_full("j.xml")), _Breaks(_full("results/a/x"), _full("results/b/x"))
    shielded = [Shielded(evidence, failures, each=True), Shielded(report, failures)]
    for _ in range(3):
        for listener in shielded:
            listener.handle(END)
    assert (report.heard, evidence.heard) == (1, 3)
    with pytest.raises(EnvironmentUnavailable) as raised:
        failures.raise_any()
    assert str(raised.value).splitlines() == [
        f"cannot write {name}: No space left on device" for name in ("results/a/x", "j.xml", "results/b/x")
    ]


def test_a_long_list_is_cut() -> None:
    failures = Failures()
    listener = Shielded(_Breaks(*(_full(f"results/{n}") for n in range(13))), failures, each=True)
    for _ in range(13):
        listener.handle(END)
    with pytest.raises(EnvironmentUnavailable) as raised:
        failures.raise_any()
    lines = str(raised.value).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "and 3 more could not be written"


def test_a_defect_weighs_most_and_hides_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    failures = Failures()
    for error in (KeyError("x"), _full("j.xml")):
        Shielded(_Breaks(error), failures).handle(END)
    with pytest.raises(KeyError):
        failures.raise_any()
    assert capsys.readouterr().err == "eaptls: cannot write j.xml: No space left on device\n"


@pytest.mark.parametrize(("event", "raises"), [(END, True), (STOPPED, False)])
def test_a_console_that_nobody_reads_weighs_less_than_an_interruption(event: Event, *, raises: bool) -> None:
    failures = Failures()
    Shielded(_Breaks(BrokenPipeError()), failures, stream="standard output").handle(event)
    if raises:
        with pytest.raises(BrokenPipeError):
            failures.raise_any()
    else:
        failures.raise_any()


def test_a_report_that_nobody_reads_is_missing() -> None:
    failures = Failures()
    Shielded(_Breaks(BrokenPipeError(errno.EPIPE, "its reader went away", "p")), failures).handle(STOPPED)
    with pytest.raises(EnvironmentUnavailable, match=r"^cannot write p: its reader went away$"):
        failures.raise_any()


def test_a_console_is_named_by_its_stream() -> None:
    class _Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    failures = Failures()
    console = ShieldedConsole(PlainConsole(_Full(), lambda _: None), failures, stream="standard output")
    console.handle(END)
    console.close()
    with pytest.raises(EnvironmentUnavailable) as raised:
        failures.raise_any()
    assert str(raised.value) == "cannot write standard output: No space left on device"


@pytest.mark.parametrize(("stream", "what"), [("standard output", "standard output"), ("", "a report")])
def test_a_report_for_which_there_is_no_memory_is_no_defect(stream: str, what: str) -> None:
    failures = Failures()
    Shielded(_Breaks(MemoryError()), failures, stream=stream).handle(END)
    with pytest.raises(EnvironmentUnavailable) as raised:
        failures.raise_any()
    assert str(raised.value) == f"cannot write {what}: out of memory"
