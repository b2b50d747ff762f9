"""Cleans up should this process be killed: a process that waits for its end.

The engine makes and starts a container in two steps. A container of a run that is killed between the
two would stay until somebody cleans up, and nothing inside it can help.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time

_ROUNDS = 4
_PAUSE = 0.5
"""Seconds before each round: the engine may still be making what it was asked for."""


class Sweeper:
    """Waits at the end of a pipe that this process alone holds open; costs 20 ms of another core."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        # Without it, all works but this.
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(
                # The folder that the user is in may have modules with the names of ours.
                [sys.executable, "-P", "-m", "harness.server.sweeper"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def dismiss(self) -> None:
        """End it: everything has been cleaned up. No effect when that has been done."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def main() -> None:
    """Wait for the end of standard input; then remove what dead runs have left."""
    sys.stdin.buffer.read()
    # Late: until then it shall cost nothing.
    from harness.server.leftovers import remove_leftovers

    for _ in range(_ROUNDS):
        time.sleep(_PAUSE)
        remove_leftovers()


if __name__ == "__main__":
    main()
