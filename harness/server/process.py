"""Runs FreeRADIUS as a local process: unprivileged, private directory, loopback only."""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import random
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

from harness import memory
from harness.errors import EnvironmentUnavailable
from harness.server import faketime
from harness.server.lifeline import GuardedProcess
from harness.server.local import READY_WITHIN, Identity, LocalBackend, LocalServer, Plan
from harness.server.orphans import server_arguments
from harness.server.raddb import openssl_environment
from harness.server.settings import ServerSettings

_NAMES = ("freeradius", "radiusd")
# Not in everybody's PATH, but that is where distributions put it.
_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/sbin")
_END_WITHIN = 2.0


class ProcessServer(LocalServer):
    """One FreeRADIUS process; see :class:`harness.server.local.LocalServer`."""

    def __init__(
        self,
        settings: ServerSettings,
        plan: Plan,
        rng: random.Random,
        label: str,
        binary: Path,
        clock: timedelta | None = None,
    ) -> None:
        super().__init__(settings, plan, rng, label, clock)
        self._binary = binary
        self._process: GuardedProcess | None = None
        self._limits: tuple[memory.Limit, ...] | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        process = self._process
        return process is not None and process.alive

    @property
    def killed_by(self) -> int:
        """The signal that ended it while it should have run; 0: none."""
        return self._process.killed_by if self._process is not None else 0

    @property
    def short_of_memory(self) -> str:
        """What is left to it, in words, where that is too little; empty: enough."""
        process = self._process
        if process is None:
            return ""
        if self._limits is None:
            self._limits = memory.limits_of(process.pid)
        left = memory.room(self._limits, process.pid)
        return str(left) if left is not None and left.octets < memory.FOR_A_SERVER else ""

    def terminate(self) -> None:
        """Ask it to end, without waiting."""
        if self._process is not None:
            self._process.terminate()

    def wait(self) -> None:
        """Wait until it has ended; it is killed if that takes more than two seconds."""
        process, self._process = self._process, None
        if process is not None:
            process.end(_END_WITHIN)

    def _launch(self) -> None:
        is_root = os.geteuid() == 0
        moved = self._clock is not None
        preloading = faketime.preloading(faketime.find_library()) if moved else ()
        with self._log.open("ab") as log:
            self._process = GuardedProcess(
                [*preloading, self._binary, *server_arguments(self.directory)],
                output=log,
                folder=self.directory,
                environment={
                    "PATH": os.defpath,
                    "EAPTLS_LISTEN": self.endpoint.host,
                    "EAPTLS_PORT": str(self.endpoint.port),
                    **openssl_environment(self.directory),
                    **memory.environment(),
                    **(faketime.environment() if moved else {}),
                },
                user=self._plan.identity.uid if is_root else None,
                group=self._plan.identity.gid if is_root else None,
            )

    def _ready(self, within: float = READY_WITHIN) -> bool:
        try:
            return super()._ready(within)
        finally:
            if self._process is not None and self._clock is not None:
                faketime.forget_shared(self._process.pid)


class ProcessBackend(LocalBackend):
    """Launches local processes of one FreeRADIUS binary."""

    name = "process"
    distinct_sources = True

    def __init__(
        self, binary: Path | None = None, rng: random.Random | None = None, *, reason: str = ""
    ) -> None:
        """Find the binary; raises :class:`EnvironmentUnavailable` when there is none that runs.

        ``reason`` tells why it is a process and not something else.
        """
        super().__init__()
        self._reason = reason
        self._binary = binary or find_binary()
        self._rng = rng or random.SystemRandom()
        self.version = binary_version(self._binary)
        self._plan = Plan(unprivileged())

    def describe(self) -> str:
        """Return one line for people."""
        because = f", because {self._reason}" if self._reason else ""
        return f"{self.name}: FreeRADIUS {self.version} at {self._binary}{because}"

    @property
    def lacks_clock(self) -> str:
        """Why no server's clock can be moved, and what to do about it; empty: it can."""
        return "" if faketime.find_library() else f"install the package {faketime.PACKAGE}"

    def _make(self, settings: ServerSettings, clock: timedelta | None) -> ProcessServer:
        label = f"FreeRADIUS {self.version} ({self.name})"
        return ProcessServer(settings, self._plan, self._rng, label, self._binary, clock)


def find_binary() -> Path:
    """Return the FreeRADIUS binary of this machine; raises :class:`EnvironmentUnavailable`."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])
    for name in _NAMES:
        found = shutil.which(name, path=path)
        if found:
            return Path(found)
    raise EnvironmentUnavailable(
        "there is no FreeRADIUS on this machine",
        hint="install the package freeradius (radiusd outside Debian), or run radius/setup-server.sh",
    )


def binary_version(binary: Path) -> str:
    """Return the version that the binary tells; raises :class:`EnvironmentUnavailable`."""
    try:
        told = subprocess.run(  # noqa: S603 - the binary that was found or given
            [binary, "-v"], capture_output=True, text=True, check=False, timeout=10
        )
    except subprocess.TimeoutExpired as error:
        message = f"{binary} does not tell its version within {error.timeout:g} s"
        raise EnvironmentUnavailable(message, hint="install FreeRADIUS again") from None
    except OSError as error:
        if error.errno in {errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM}:
            raise  # no fault of the program's
        message = f"{binary} does not run: {(error.strerror or str(error)).lower()}"
        raise EnvironmentUnavailable(message, hint="install FreeRADIUS again") from None
    version = parse_version(told.stdout)
    if not version:
        raise EnvironmentUnavailable(
            f"{binary} does not tell its version", hint="give the path of a FreeRADIUS 3 binary"
        )
    return version


def parse_version(text: str) -> str:
    """Return the version in the output of ``freeradius -v``, or an empty string."""
    match = re.search(r"FreeRADIUS Version (\d+\.\d+\.\d+)", text)
    return match[1] if match else ""


def unprivileged() -> Identity:
    """Return who shall run servers: the caller, or for root the package's user or nobody."""
    if os.geteuid() != 0:
        return Identity(os.geteuid(), os.getegid())
    for name in ("freerad", "radiusd", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Identity(entry.pw_uid, entry.pw_gid)
    return Identity(65534, 65534)
