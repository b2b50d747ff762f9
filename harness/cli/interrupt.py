"""Ctrl-C, SIGTERM and a closed terminal: the first asks for an end in good order, the second ends at once.

Where there is nothing to end in good order, the first ends at once as well.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_INTERRUPTED = 130


def leave_on_signals() -> None:
    """Answer signals with one sentence and exit code 130, from now on, outside of ``stop_on_signals``.

    An exception would not do. It arises in whatever runs at that moment, and the import system, a
    destructor or the end of the interpreter would print or swallow it. Nothing needs a clean-up: files
    of a device survive a power cut, and servers end with this process.
    """
    for number in _heeded():
        signal.signal(number, _leave)


def _leave(_number: int, _frame: FrameType | None) -> None:
    # Not by sys.stderr, which the signal may have interrupted in the middle of a line.
    try:
        os.write(2, b"eaptls: interrupted\n")
    finally:
        os._exit(_INTERRUPTED)


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Give an event that the first signal sets; the signals' former meaning comes back at the end.

    A second signal has its default action, so a run that hangs can be killed without SIGKILL.
    """
    stop = threading.Event()
    numbers = _heeded()

    def first(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
        stop.set()

    former = {number: signal.signal(number, first) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _heeded() -> tuple[signal.Signals, ...]:
    """Return the signals that count: under nohup, the end of the terminal does not."""
    return tuple(
        number
        for number in _SIGNALS
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
    )
