"""The log of a server that somebody else runs, as a witness of single associations.

An association is found in it by the address and port that its requests came from, where the log says that; else
by Calling-Station-Id and NAS-Port among what was written meanwhile. Where several fit, none is taken.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.errors import UsageError
from harness.server.journal import Mark
from harness.server.logs.forms import log_lines
from harness.server.logs.sessions import LogSession, is_freeradius, sessions
from harness.server.records import ServerEvidence
from harness.trace import Endpoint

_LONGEST_WAIT = 1.0
_POLL = 0.02
_LOOKED_AT = 2**20
_STAMP = re.compile(r"(?:\w{3} )?(\w{3}) +(\d+) (\d+:\d+:\d+)(?: (\d{4}))?")
_ZONES = 900
"""Seconds: every time zone is a multiple of a quarter of an hour."""
_FURTHEST = timedelta(hours=14, seconds=3).total_seconds()
_SAME = 3


class FollowedLog:
    """A file that a FreeRADIUS appends to.

    ``station`` is the device's address, six octets; ``nas_port`` the access point's NAS-Port. Raises
    :class:`UsageError` for a file that cannot be read or is the log of another program.
    """

    def __init__(self, file: Path, server: Endpoint, station: bytes, nas_port: str = "1") -> None:
        self._file = file
        self._server = server
        self._station = station.hex()
        self._nas_port = nas_port
        require_log(file)

    def mark(self) -> Mark:
        """Return the present end of the log."""
        with suppress(OSError):
            return Mark(self._file.stat().st_size)
        return Mark(0)

    def evidence(self, mark: Mark, source: Endpoint | None) -> ServerEvidence:
        """Return what was written since ``mark`` about the association that sent from ``source``.

        The log may lag behind the answer; a second at most is waited.
        """
        deadline = time.monotonic() + _LONGEST_WAIT
        while True:
            fitting = self._fitting(mark, source)
            over = len(fitting) == 1 and (fitting[0].reply or fitting[0].dropped)
            if over or time.monotonic() > deadline:
                break
            time.sleep(_POLL)
        name = f"{self._server}, by its log {self._file}"
        if len(fitting) != 1:
            return ServerEvidence(available=True, server=name, foreign=True)
        session = fitting[0]
        return ServerEvidence(
            available=True,
            server=name,
            events=tuple(session.events),
            log=tuple(session.lines),
            clock=_clock(session),
            foreign=True,
        )

    def _fitting(self, mark: Mark, source: Endpoint | None) -> list[LogSession]:
        found = sessions(log_lines(self._since(mark)))
        exact = [one for one in found if source is not None and one.source == source]
        if exact:
            return exact
        own = [one for one in found if self._is_own(one)]
        if own:
            return own
        silent = [one for one in found if one.dropped and not one.user and one.source is not None]
        return [one for one in silent if source is not None and one.source == Endpoint(source.host, 0)]

    def _is_own(self, session: LogSession) -> bool:
        digits = re.sub(r"[^0-9a-f]", "", session.station.lower())
        return digits == self._station and session.nas_port in {"", self._nas_port}

    def _since(self, mark: Mark) -> str:
        try:
            with self._file.open("rb") as file:
                size = self._file.stat().st_size
                file.seek(mark.sequence if size >= mark.sequence else 0)  # it may have been rotated
                return file.read().decode(errors="replace")
        except OSError:
            return ""


def require_log(file: Path) -> None:
    """Raise :class:`UsageError` unless it is a log of a FreeRADIUS, or empty yet."""
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - _LOOKED_AT))
            text = opened.read().decode(errors="replace")
    except OSError as error:
        raise UsageError(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from None
    lines = list(log_lines(text))
    if lines and not is_freeradius(lines) and not sessions(lines):
        raise UsageError(
            f"{file} is no log of a FreeRADIUS that is known here; give its radius.log or the output of freeradius -X"
        )


def _clock(session: LogSession) -> datetime | None:
    """Return what the server's clock shows, where the log's times are ours in some time zone; else nothing."""
    now = datetime.now(UTC)
    told = _read_time(session.ended, now)
    if told is None:
        return None
    apart = (told - now).total_seconds()
    off = (apart + _ZONES / 2) % _ZONES - _ZONES / 2
    near = abs(apart) <= _FURTHEST and abs(off) <= _SAME
    return now if near else None


def _read_time(written: str, now: datetime) -> datetime | None:
    """Read a time as logs write it; of some zone, taken for UTC where none is written."""
    match = _STAMP.fullmatch(written)
    try:
        if match is None:
            told = datetime.fromisoformat(written)
            return told if told.tzinfo is not None else told.replace(tzinfo=UTC)
        month, day, clock, year = match.groups()
        text = f"{month} {day} {clock} {year or now.year}"
        return datetime.strptime(text, "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return None
