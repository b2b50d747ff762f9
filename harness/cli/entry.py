"""The console script ``eaptls``: answers signals before the rest, which takes a second, is imported."""

from __future__ import annotations

import os

_ENVIRONMENT = 3


def main() -> None:
    """Run the command line; never returns."""
    try:
        from harness.cli.interrupt import leave_on_signals

        leave_on_signals()
        from harness.cli.main import main as command_line

        command_line()
    except SystemExit as leaving:
        import threading

        if threading.active_count() > 1 and isinstance(leaving.code, int):
            # Unwinding a worker that is still inside a library's call aborts the process.
            os._exit(leaving.code)
        raise
    except (MemoryError, ImportError) as error:
        # What would make a better sentence of it may be what could not be loaded.
        if isinstance(error, ImportError) and "memory" not in str(error) and "segment" not in str(error):
            raise
        os.write(
            2, b"eaptls: out of memory before it has begun\nraise the limits (`ulimit -v`, `ulimit -d`)\n"
        )
        os._exit(_ENVIRONMENT)
