"""Runs a program that ends when this process does, however it goes, SIGKILL included.

The program and all that it starts are one process group. A guard, a shell in that group, reads from a
pipe that this process alone holds open, and kills the group at its end. The guard is there before the
program: the shell starts it and then becomes the program. So there is no moment at which a program runs
that nobody ends; and a group's number is nobody else's while the guard is in the group.

PR_SET_PDEATHSIG does not serve: it is bound to the *thread* that started the process, threads of a pool
end earlier than the run, and it takes Python code between fork and exec.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

# The program may signal its group when it ends; the guard stays for what does not follow.
_GUARDED = (
    'exec 3<&0 </dev/null; (trap "" HUP INT TERM; read -r _ <&3; kill -KILL 0) >/dev/null 2>&1 & '
    'exec 3<&-; exec "$0" "$@"'
)


class GuardedProcess:
    """A program in a session of its own. ``user`` and ``group`` are for root alone."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        output: BinaryIO,
        folder: Path,
        environment: Mapping[str, str],
        user: int | None = None,
        group: int | None = None,
    ) -> None:
        # Neither end is inherited by any other program that this process starts at the same time.
        guards, self._lifeline = os.pipe()
        self._ending = threading.Lock()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - a fixed script, and our own paths
                ["/bin/sh", "-c", _GUARDED, *command],
                stdin=guards,
                stdout=output,
                stderr=output,
                cwd=folder,
                env=environment,
                # Ctrl-C is the harness's business; it then ends its servers itself.
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=None if user is None else [],
            )
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
            os.close(guards)

    @property
    def pid(self) -> int:
        """The number of the program, of its session and of its process group."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the program runs now."""
        return self._process.poll() is None

    @property
    def killed_by(self) -> int:
        """The signal that ended the program; 0 while it runs and where it ended by itself."""
        return max(0, -(self._process.poll() or 0))

    def terminate(self) -> None:
        """Ask the program to end, without waiting."""
        self._process.terminate()

    def end(self, within: float) -> None:
        """Wait up to ``within`` seconds for the program's end; then kill it and what it has started."""
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            self._process.kill()
        with self._ending:
            lifeline, self._lifeline = self._lifeline, -1
            if lifeline >= 0:
                os.close(lifeline)
        self._process.wait()
        # The guard is ours to bury where this process is the first of its namespace.
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-self.pid, 0)
