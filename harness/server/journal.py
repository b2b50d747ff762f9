"""Reads what one FreeRADIUS writes, and tells for one association what was written about it."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from harness.server.attribution import Attribution
from harness.server.loglines import memory_complaint, passages
from harness.server.records import LogEvent, VerdictRecord
from harness.trace import Endpoint

_SOURCES_KEPT = 2048
_ENTRIES_PER_SOURCE = 1000
_LONGEST_WAIT = 0.5
_POLL = 0.002
# Two, because each begins with plain letters, which makes it ten times as fast.
_KEYS = tuple(
    re.compile(name + r"\b(.*?= *)0x[0-9a-fA-F]+") for name in (r"(MS-MPPE-(?:Send|Recv)-Key)", "(EAP-E?MSK)")
)
# What radius/raddb/radiusd.conf.j2 does for the harness's own record: a server of anybody else says none of it.
_RECORD, _SECTION = "verdict: EXPAND ", "Post-Auth-Type REJECT {"
_OWN = re.compile(
    r"\n\([0-9]+\) (?:"
    r"verdict: (?:EXPAND |   --> ).*"
    r"| +\[(?:verdict|recorded)\] = ok"
    r"| +update request \{"
    r"(?:\n\([0-9]+\) +(?:&Tmp-Octets-0 |No attributes updated for RHS &Module-Failure-Message).*)+"
    r"\n\([0-9]+\) +\} # update request = .*"
    r")(?=\n)"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A point in a journal; evidence begins there."""

    sequence: int


@dataclass(frozen=True, slots=True)
class JournalSlice:
    """What was written about one source since a mark, in the order it was written."""

    verdict: VerdictRecord | None = None
    events: tuple[LogEvent, ...] = ()
    log: tuple[str, ...] = ()


class _Entry(NamedTuple):
    """A passage of the log or a verdict, in the order of reading."""

    sequence: int
    text: str = ""
    events: tuple[LogEvent, ...] = ()
    verdict: VerdictRecord | None = None


@dataclass(slots=True)
class _Tail:
    """A file that another process appends to, read by whole lines."""

    path: str
    offset: int = 0
    rest: bytes = b""

    def new_lines(self) -> str:
        """Return the lines that were completed since the last call."""
        try:
            # Several times in a round: so no object for the path, and no buffer.
            if os.stat(self.path).st_size == self.offset:  # noqa: PTH116
                return ""
            with open(self.path, "rb", buffering=0) as file:  # noqa: PTH123
                file.seek(self.offset)
                data = file.read()
        except FileNotFoundError:
            return ""
        self.offset += len(data)
        complete, _, self.rest = (self.rest + data).rpartition(b"\n")
        return complete.decode(errors="replace")


class Journal:
    """The log and the verdicts of one server; safe to use from several threads.

    ``clean`` takes the secrets out of text. Key attributes of the log are masked in any case.
    """

    def __init__(self, log: Path, verdicts: Path, clean: Callable[[str], str]) -> None:
        self._log = _Tail(str(log))
        self._verdicts = _Tail(str(verdicts))
        self._clean = clean
        self._attribution = Attribution()
        self._entries: OrderedDict[Endpoint, deque[_Entry]] = OrderedDict()
        self._ports: dict[str, dict[int, deque[_Entry]]] = {}
        self._sequence = 0
        self._starved = ""
        self._lock = threading.Lock()

    @property
    def starved(self) -> str:
        """The line of the log that was read first that says that memory ran out; empty: none."""
        return self._starved

    def mark(self) -> Mark:
        """Return the present end of the journal."""
        with self._lock:
            self._read()
            return Mark(self._sequence)

    def restart(self) -> None:
        """Tell the journal that the old server has ended and a new one writes on."""
        with self._lock:
            self._read()
            self._attribution.restart()

    def skip(self) -> None:
        """Pass over what the new server has written so far: its configuration, hundreds of lines about no request."""
        with self._lock:
            self._note_memory(self._log.new_lines())

    def slice(self, mark: Mark, source: Endpoint | None, *, alive: Callable[[], bool]) -> JournalSlice:
        """Return what was written about ``source`` since ``mark``; nothing for an unknown source.

        The server's last lines on a request follow its reply. They are waited for, half a second
        at most, and only while a request of that source is under way and the server lives.
        """
        if source is None:
            return JournalSlice()
        deadline = time.monotonic() + _LONGEST_WAIT
        while True:
            lived = alive()
            with self._lock:
                self._read()
                waiting = self._attribution.under_way(source)
                if not waiting or not lived or time.monotonic() > deadline:
                    return self._collect(mark, source)
            time.sleep(_POLL)

    def only_source(self, mark: Mark) -> Endpoint | None:
        """Return the one source that was heard of since ``mark``; ``None`` when there are several.

        For servers behind a gateway, which see its address and not the sender's.
        """
        with self._lock:
            self._read()
            heard = [
                source
                for source, entries in self._entries.items()
                if source.port and entries[-1].sequence > mark.sequence
            ]
        return heard[0] if len(heard) == 1 else None

    def _read(self) -> None:
        lines = self._log.new_lines()
        self._note_memory(lines)
        for passage in passages(lines):
            attributed = self._attribution.feed(passage)
            if attributed:
                self._add(attributed.source, text=attributed.text, events=attributed.events)
        # Not splitlines(), which would cut at other characters, too.
        for line in filter(None, self._verdicts.new_lines().split("\n")):
            verdict = parse_verdict(line)
            self._add(verdict.source, verdict=verdict)

    def _note_memory(self, lines: str) -> None:
        self._starved = self._starved or memory_complaint(lines)

    def _add(
        self,
        source: Endpoint,
        text: str = "",
        events: tuple[LogEvent, ...] = (),
        verdict: VerdictRecord | None = None,
    ) -> None:
        self._sequence += 1
        entries = self._entries.get(source) or self._new_source(source)
        self._entries.move_to_end(source)
        entries.append(_Entry(self._sequence, text, events, verdict))

    def _new_source(self, source: Endpoint) -> deque[_Entry]:
        entries = self._entries[source] = deque(maxlen=_ENTRIES_PER_SOURCE)
        self._ports.setdefault(source.host, {})[source.port] = entries
        if len(self._entries) > _SOURCES_KEPT:
            oldest, _ = self._entries.popitem(last=False)
            del self._ports[oldest.host][oldest.port]
        return entries

    def _collect(self, mark: Mark, source: Endpoint) -> JournalSlice:
        entries = self._since(mark, source)
        if not self._others_of_that_host(mark, source):
            entries = sorted(
                entries + self._since(mark, Endpoint(source.host, 0)), key=lambda entry: entry.sequence
            )
        verdicts = [entry.verdict for entry in entries if entry.verdict]
        # Cleaned here, all at once: much of it is never asked for.
        written = mask_keys(without_own("\n".join(entry.text for entry in entries if entry.text)))
        log = self._clean(written)
        events = [event for entry in entries for event in entry.events]
        if log != written:  # else no line has a secret, and the events are lines
            events = [
                replace(event, text=self._clean(event.text), detail=self._clean(event.detail))
                for event in events
            ]
        return JournalSlice(
            verdict=verdicts[-1] if verdicts else None,
            events=tuple(events),
            log=tuple(log.split("\n")) if log else (),
        )

    def _since(self, mark: Mark, source: Endpoint) -> list[_Entry]:
        return [entry for entry in self._entries.get(source, ()) if entry.sequence > mark.sequence]

    def _others_of_that_host(self, mark: Mark, source: Endpoint) -> bool:
        """Whether a line that names only the host may be about another port of it."""
        ports = self._ports.get(source.host, {})
        return any(
            entries[-1].sequence > mark.sequence
            for port, entries in ports.items()
            if port not in {0, source.port}
        )


def without_own(text: str) -> str:
    """Leave out of a debug log what the harness lets its servers write for its own record, which is hundreds of hex digits."""
    record = text.find(_RECORD)
    if record < 0:
        return text
    # All of it stands in the section that writes the record: what comes before need not be looked at.
    section = text.rfind(_SECTION, 0, record)
    begin = text.rfind("\n", 0, record if section < 0 else section) + 1
    return text[:begin] + _OWN.sub("", f"\n{text[begin:]}\n")[1:-1]


def mask_keys(text: str) -> str:
    """Hide the session keys that servers before 3.2.9 write into their debug log."""
    for keys in _KEYS:
        text = keys.sub(r"\1\2<key>", text)
    return text


def parse_verdict(line: str) -> VerdictRecord:
    """Read one line of ``verdict.jsonl``; the strings in hex are the ones a peer controls.

    Raises ``ValueError`` for a line that radius/raddb/radiusd.conf.j2 cannot have written.
    """
    record: Mapping[str, str | int] = json.loads(line)
    try:
        return VerdictRecord(
            reply=str(record["reply"]),
            source=Endpoint(str(record["host"]), int(record["port"])),
            user=_text(record["user"]),
            client_cn=_text(record["cn"]),
            client_serial=str(record["serial"]),
            tls_version=str(record["tls"]).removeprefix("TLS "),
            cipher=str(record["cipher"]),
            session_id=bytes.fromhex(str(record["session"])),
            failures=_failures(str(record["failures"])),
        )
    except KeyError as missing:
        raise ValueError(f"a verdict without {missing}: {line!r}") from None


def _text(value: str | int) -> str:
    return bytes.fromhex(str(value)).decode(errors="replace")


def _failures(text: str) -> tuple[str, ...]:
    """Read FreeRADIUS's form of several octet strings: ``0x...,0x...``."""
    return tuple(_text(value.removeprefix("0x")) for value in text.split(",") if value)
