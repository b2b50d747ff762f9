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

from harness.report import files, pcapng, values, words
from harness.run.events import CaseFinished, Event, Result
from harness.trace import Link, Recorder


class Policy(StrEnum):
    """Which cases get a folder."""

    FAILURES = "failures"
    ALL = "all"
    NONE = "none"


_SINGLE_FILES = ("outcome.json", "trace.jsonl", "capture.pcapng", "server.log", "rerun.txt")
_CERTIFICATES = "certificates"


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
        """Take one event; the evidence of an earlier run of the same case goes away."""
        if not isinstance(event, CaseFinished):
            return
        folder = self._results / files.safe_folder(event.case.id)
        remove(folder)
        if self._wanted(event.result):
            self._write(event, folder)

    def locate(self, case_id: str) -> Path | None:
        """Return the folder that was written for a case of this run."""
        return self._written.get(case_id)

    def _wanted(self, result: Result) -> bool:
        if self._policy is Policy.FAILURES:
            return result.is_bad
        return self._policy is Policy.ALL

    def _write(self, event: CaseFinished, folder: Path) -> None:
        recorders = [step.recorder for step in event.steps if step.recorder is not None]
        self._written[event.case.id] = folder
        document = json.dumps(values.case(event, folder, log=False), indent=1, ensure_ascii=False)
        files.write(folder / "outcome.json", document + "\n")
        if any(recorder.events for recorder in recorders):
            files.write(folder / "trace.jsonl", "".join(self._trace(event)))
        if any(recorder.packets for recorder in recorders):
            capture = pcapng.encode(recorders, offset=self._offset, comment=event.case.id)
            files.write(folder / "capture.pcapng", capture, mode=files.PRIVATE)
        files.write(folder / "rerun.txt", _rerun(event, recorders))
        _write_texts(event, folder)

    def _trace(self, event: CaseFinished) -> Iterator[str]:
        for step in event.steps:
            for entry in step.recorder.events if step.recorder else ():
                value = values.event(entry, step_index=step.index, offset=self._offset)
                yield json.dumps(value, ensure_ascii=False) + "\n"


def _write_texts(event: CaseFinished, folder: Path) -> None:
    log = [line for step in event.steps for line in step.server_log]
    if log:
        files.write(folder / "server.log", "".join(f"{line}\n" for line in log))
    for name, pem in event.certificates.pem.items() if event.certificates else ():
        files.write(folder / _CERTIFICATES / f"{files.safe_folder(name).name}.pem", pem)


def _rerun(event: CaseFinished, recorders: list[Recorder]) -> str:
    lines = [f"Case      {event.case.id}", f"Scenario  {words.place(event.case)}"]
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


def remove(folder: Path) -> None:
    """Delete the files that this module writes, nothing else, and the folder if that leaves it empty."""
    for name in _SINGLE_FILES:
        (folder / name).unlink(missing_ok=True)
    certificates = folder / _CERTIFICATES
    for pem in certificates.glob("*.pem"):
        pem.unlink()
    for emptied in (certificates, folder):
        if emptied.is_dir() and not any(emptied.iterdir()):
            emptied.rmdir()
