"""A private copy of somebody's raddb, run on loopback: nothing of the original is written, run, or left changed.

``-i`` and ``-p`` take the place of its listen sections, ``-fxx -l stdout`` of its logging. What else has to differ is
written into the copy's ``radiusd.conf`` and told: where it lies, where it writes, who runs it, who may ask it.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from harness.errors import EnvironmentUnavailable, UsageError
from harness.server.folders import PrivateFolder
from harness.server.journal import mask_keys
from harness.server.lifeline import GuardedProcess
from harness.server.orphans import server_arguments
from harness.server.ports import LOOPBACK, PORTS
from harness.server.process import find_binary, unprivileged
from harness.server.raddb import quoted, write_private
from harness.server.startup import PORT_IN_USE, complaint_in, scrub
from harness.trace import Endpoint

ACCESS_POINTS = "127.64.0.0/10"
"""Where the added client's requests come from: no client of the user's is likely to be there."""
SOURCE = "127.64.0.1"
_MAIN = "radiusd.conf"
_OWNER = "owner"
"""The private folder's own file."""
_WRITES = "eaptls-run"
_LOG = f"{_WRITES}/server.log"
_READY = "Ready to process requests"
_READY_WITHIN = 30.0
_CHECK_WITHIN = 60.0
_LOOK = 0.02
_PORTS = 5
_END_WITHIN = 3.0
_LONGEST = 2**20
_SET = re.compile(r"(?m)^[ \t]*(raddbdir|logdir|run_dir|user|group|chroot)[ \t]*=[ \t]*(.*?)[ \t]*$")
_OUTSIDE = re.compile(
    r"(?m)^[ \t]*(ldap|sql|rest|redis|krb5|winbind|couchbase|home_server|imap|unbound)\b[ \t]*([\w.-]*)[ \t]*\{"
)
_READ = {_MAIN, "proxy.conf", "mods-enabled", "sites-enabled"}
_SERVERS = re.compile(r"(?m)^server ([\w.-]+) \{")


class CopiedRaddb:
    """One FreeRADIUS on a copy of ``raddb``; close it in any case.

    ``changes`` tells what differs in the copy, ``outside`` which modules reach beyond this machine's loopback,
    with the user's file and line. Raises :class:`UsageError` when the raddb cannot be used: it is none, cannot
    be read, or FreeRADIUS does not accept it; and :class:`EnvironmentUnavailable` without a FreeRADIUS.
    """

    def __init__(self, raddb: Path, virtual_server: str = "") -> None:
        self._original = raddb.resolve()
        if not (raddb / _MAIN).is_file():
            raise UsageError(f"{raddb} has no {_MAIN}; give the folder that FreeRADIUS is started with (-d)")
        self._binary = find_binary()
        self._identity = unprivileged()
        self.secret = os.urandom(16).hex()
        self.changes: list[str] = []
        self._process: GuardedProcess | None = None
        self._port = 0
        self._folder = PrivateFolder()
        self._place = self._folder.path
        try:
            self._copy()
            self.outside = tuple(self._reaching_outside())
            self._adapt()
            self._own()
            self.virtual_server = self._check(virtual_server)
            self._add_client()
        except BaseException:
            self.close()
            raise

    @property
    def endpoint(self) -> Endpoint:
        """Where it takes Access-Requests."""
        return Endpoint(LOOPBACK, self._port)

    @property
    def log(self) -> Path:
        """Its debug log."""
        return self._place / _LOG

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.alive

    def start(self) -> None:
        """Start it and wait until it is ready. Raises :class:`EnvironmentUnavailable` with its last lines."""
        for _ in range(_PORTS):
            if self._starts():
                return
            # It takes the next port as well, for accounting; another program may hold that.
            if not any(PORT_IN_USE in line for line in self.tail()):
                break
        raise EnvironmentUnavailable(
            f"FreeRADIUS does not start on a copy of {self._original}",
            hint="look at what it says; a module may not reach what it needs",
            last_lines=self.tail(),
        )

    def _starts(self) -> bool:
        """Start it on another port; whether it got ready."""
        is_root = os.geteuid() == 0
        self._end()
        PORTS.give_back(self._port)
        self._port = PORTS.take(random.SystemRandom())
        with self.log.open("wb") as log:
            self._process = GuardedProcess(
                [self._binary, "-i", LOOPBACK, "-p", str(self._port), *server_arguments(self._place)],
                output=log,
                folder=self._place,
                environment={"PATH": os.defpath},
                user=self._identity.uid if is_root else None,
                group=self._identity.gid if is_root else None,
            )
        deadline = time.monotonic() + _READY_WITHIN
        while self.alive and time.monotonic() < deadline:
            if _READY in self.log.read_text(errors="replace"):
                return True
            time.sleep(_LOOK)
        return False

    def tail(self, lines: int = 10) -> tuple[str, ...]:
        """Return the last lines of its log, free of secrets."""
        written = self.log.read_text(errors="replace").split("\n")[-lines - 1 : -1]
        return tuple(self._told(mask_keys(line)) for line in written)

    def close(self) -> None:
        """End it and remove the copy."""
        self._end()
        PORTS.give_back(self._port)
        self._folder.remove()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.end(_END_WITHIN)

    def _copy(self) -> None:
        def left_out(folder: str, names: list[str]) -> set[str]:
            own = {_OWNER} if Path(folder) == self._original else set()
            return own | {
                name for name in names if not Path(folder, name).exists()
            }  # links that lead nowhere

        try:
            shutil.copytree(self._original, self._place, ignore=left_out, dirs_exist_ok=True)
        except shutil.Error as error:
            source, _, why = error.args[0][0]
            raise UsageError(
                f"cannot copy {source}: {why.rpartition('] ')[2].split(': ')[0].lower()}"
            ) from None
        self._place.chmod(0o700)
        (self._place / _WRITES / "radacct").mkdir(parents=True)

    def _adapt(self) -> None:
        """Let the copy know where it lies, where it may write, and that it changes no user."""
        writes = self._place / _WRITES
        wanted = {"raddbdir": self._place, "logdir": writes, "run_dir": writes}
        main = self._place / _MAIN

        def other(match: re.Match[str]) -> str:
            name, value = match[1], match[2]
            where = f"{self._original / _MAIN}:{text.count(chr(10), 0, match.start()) + 1}"
            if name in wanted:
                self.changes.append(f"{where}: {name} is the copy's own, not {value}")
                return f"{name} = {wanted[name]}"
            self.changes.append(f"{where}: {name} = {value} is left out")
            return f"# {name} left out"

        text = main.read_text(errors="surrogateescape")
        _write(main, _SET.sub(other, text))
        for file in self._texts():
            text = file.read_text(errors="surrogateescape")
            if str(self._original) in text:
                _write(file, text.replace(str(self._original), str(self._place)))
                self.changes.append(f"{self._theirs(file)}: {self._original} is the copy")

    def _add_client(self) -> None:
        main = self._place / _MAIN
        client = (
            f"\nclient eaptls-access-points {{\n\tipaddr = {ACCESS_POINTS}\n\tsecret = {quoted(self.secret)}\n"
            f"\tshortname = eaptls\n\tvirtual_server = {self.virtual_server}\n}}\n"
        )
        _write(main, main.read_text(errors="surrogateescape") + client)
        self.changes.append(
            f"a client {ACCESS_POINTS} is added, which the virtual server {self.virtual_server} serves"
        )

    def _own(self) -> None:
        self.log.touch(mode=0o600)
        if os.geteuid() == 0:
            for path in (self._place, *self._place.rglob("*")):
                os.chown(path, self._identity.uid, self._identity.gid, follow_symlinks=False)

    def _check(self, wanted: str) -> str:
        """Let FreeRADIUS read the copy; return the virtual server for the access points."""
        is_root = os.geteuid() == 0
        try:
            told = subprocess.run(  # noqa: S603 - the binary that was found, and our own folder
                [self._binary, "-XC", "-d", str(self._place)],
                capture_output=True,
                check=False,
                cwd=self._place,
                env={"PATH": os.defpath},
                timeout=_CHECK_WITHIN,
                user=self._identity.uid if is_root else None,
                group=self._identity.gid if is_root else None,
                extra_groups=[] if is_root else None,
            )
        except subprocess.TimeoutExpired:
            raise EnvironmentUnavailable(
                f"FreeRADIUS does not finish reading {self._original} within {_CHECK_WITHIN:g} s",
                hint=f"these may wait for somebody: {', '.join(self.outside) or 'none is known'}",
            ) from None
        text = told.stdout.decode(errors="replace")
        if told.returncode:
            lines = tuple(self._told(line) for line in text.rstrip("\n").split("\n"))
            complaint = complaint_in(lines) or lines[-1]
            if complaint.startswith(f"{_MAIN}["):  # what is common to all servers of the harness is cut there
                complaint = f"{self._original}/{complaint}"
            raise UsageError(f"FreeRADIUS does not accept it: {complaint}")
        servers = _SERVERS.findall(text)
        if wanted and wanted not in servers:
            raise UsageError(f"there is no virtual server {wanted}; there are {', '.join(servers) or 'none'}")
        found = wanted or ("default" if "default" in servers else servers[0] if len(servers) == 1 else "")
        if not found:
            raise UsageError(
                f"which virtual server do access points ask? name one of {', '.join(servers)} with --virtual-server"
            )
        return found

    def _reaching_outside(self) -> Iterator[str]:
        """Give what reaches beyond loopback by its first line: only to be named, FreeRADIUS itself reads the rest."""
        for file in self._texts():
            folder = file.relative_to(self._place).parts[0]
            if folder not in _READ:
                continue
            text = file.read_text(errors="replace")
            for match in _OUTSIDE.finditer(text):
                if folder == "mods-enabled" or match[1] == "home_server":
                    line = text.count("\n", 0, match.start()) + 1
                    yield f"{' '.join(filter(None, match.groups()))} ({self._theirs(file)}:{line})"

    def _texts(self) -> Iterator[Path]:
        for file in sorted(self._place.rglob("*")):
            if file.is_file() and file.stat().st_size <= _LONGEST and b"\0" not in file.read_bytes():
                yield file

    def _theirs(self, file: Path) -> Path:
        return self._original / file.relative_to(self._place)

    def _told(self, line: str) -> str:
        """Return a line of the server as one about the user's folder, free of secrets."""
        return scrub(line, (self.secret,)).replace(str(self._place), str(self._original))


def _write(file: Path, text: str) -> None:
    file.chmod(0o600)
    write_private(file, text.encode(errors="surrogateescape"))
