"""The evidence folder of a case: what a person opens after a failure.

``outcome.json`` the case as in the JSON report but for the log, ``trace.jsonl`` one event per line,
``capture.pcapng`` with TLS secrets inside (mode 0600), ``server.log``, ``certificates/*.pem`` and
``rerun.txt``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from harness.report import files, folders, pcapng, values, words
from harness.report.folders import Content
from harness.run.events import CaseFinished, Event, Result
from harness.trace import Link, Recorder


class Policy(StrEnum):
    """Which cases get a folder."""

    FAILURES = "failures"
    ALL = "all"
    NONE = "none"


class Evidence:
    """Writes a folder under ``results`` for each case the policy names.

    ``offset`` is wall clock minus harness clock, in seconds. It must hear an event before the
    reports that link to the folder.
    """

    def __init__(self, results: Path, policy: Policy, *, offset: float) -> None:
        self._results = results
        self._policy = policy
        self._offset = offset
        self._written: dict[str, Path] = {}

    def handle(self, event: Event) -> None:
        """Take one event; the evidence of an earlier run of the same case goes away.

        Raises :class:`OSError` when it could not be removed or written.
        """
        if not isinstance(event, CaseFinished):
            return
        folders.remove(self._results, event.case.id)
        if self._wanted(event.result):
            folder = self._results / files.safe_folder(event.case.id)
            contents = dict(self._contents(event, folder))
            self._written[event.case.id] = folders.write(self._results, event.case.id, contents)

    def locate(self, case_id: str) -> Path | None:
        """Return the folder that was written for a case of this run."""
        return self._written.get(case_id)

    def _wanted(self, result: Result) -> bool:
        if self._policy is Policy.FAILURES:
            return result.is_bad
        return self._policy is Policy.ALL

    def _contents(self, event: CaseFinished, folder: Path) -> Iterator[tuple[str, Content]]:
        recorders = [step.recorder for step in event.steps if step.recorder is not None]
        document = json.dumps(values.case(event, folder, log=False), indent=1, ensure_ascii=False)
        yield "outcome.json", _text(document + "\n")
        if any(recorder.events for recorder in recorders):
            yield "trace.jsonl", _text("".join(self._trace(event)))
        if any(recorder.packets for recorder in recorders):
            capture = pcapng.encode(recorders, offset=self._offset, comment=event.case.id)
            yield "capture.pcapng", Content(capture, files.PRIVATE)
        yield "rerun.txt", _text(_rerun(event, recorders))
        log = [line for step in event.steps for line in step.server_log]
        if log:
            yield "server.log", _text("".join(f"{line}\n" for line in log))
        for name, pem in event.certificates.pem.items() if event.certificates else ():
            yield f"certificates/{files.safe_name(name)}.pem", _text(pem)

    def _trace(self, event: CaseFinished) -> Iterator[str]:
        for step in event.steps:
            for entry in step.recorder.events if step.recorder else ():
                value = values.event(entry, step_index=step.index, offset=self._offset)
                yield json.dumps(value, ensure_ascii=False) + "\n"


def _text(text: str) -> Content:
    return Content(text.encode("utf-8", "backslashreplace"))


def _rerun(event: CaseFinished, recorders: list[Recorder]) -> str:
    lines = [
        f"Case      {words.printable(event.case.id)}",
        f"Scenario  {words.printable(words.place(event.case))}",
    ]
    if event.rerun:
        lines.append(f"Run again {event.rerun}")
    ports = sorted(server_ports(recorders))
    if any(recorder.packets for recorder in recorders):
        decode = "".join(f" -d udp.port=={port},radius" for port in ports)
        lines.append(f"Capture   wireshark{decode} capture.pcapng")
    return "\n".join(lines) + "\n"


def server_ports(recorders: list[Recorder]) -> set[int]:
    """Return the UDP ports that RADIUS requests (RFC 2865 3: code 1) were sent to.

    Wireshark knows 1812 by itself; a server of the harness listens elsewhere.
    """
    return {
        packet.destination.port
        for recorder in recorders
        for packet in recorder.packets
        if packet.link is Link.WIRE and packet.destination is not None and packet.data[:1] == b"\x01"
    }
