"""Where a run's reports go, and whether they may: nothing of the user's is written over unasked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from harness.errors import UsageError
from harness.report import destination, proof
from harness.report.destination import Destination, Kind
from harness.report.files import safe_folder
from harness.scenario.case import CaseInfo


@dataclass(frozen=True, slots=True)
class Files:
    """Where a run's reports go; without ``html`` the page is ``report.html`` in the results folder."""

    results: Path
    html: Path | None = None
    junit: Path | None = None
    json: Path | None = None

    @property
    def page(self) -> Path:
        """Where the page goes."""
        return self.html or self.results / "report.html"

    def by_option(self) -> Iterator[tuple[str, Path]]:
        """Give the option and the path of each report; the page has one even when it was not given."""
        for option, path in (("--html", self.page), ("--junit", self.junit), ("--json", self.json)):
            if path is not None:
                yield option, path


@dataclass(frozen=True, slots=True)
class Streams:
    """Which descriptors of this process are taken by reports, and whether one of these is a terminal."""

    taken: frozenset[int]
    on_terminal: bool


def require_writable(files: Files, cases: Sequence[CaseInfo]) -> Streams:
    """Make sure before a run that all that it writes can be written and is in nobody's way.

    Raises :class:`UsageError` with the reason.
    """
    destination.require_folder(files.results)
    if files.html is None:
        proof.require_own(files.page)
    found = {option: destination.require_writable(path) for option, path in files.by_option()}
    _require_apart(found)
    for option, place in found.items():
        if place.kind is Kind.FILE:
            _require_no_scenario(option, place, cases)
            _require_no_evidence(option, place, files.results, cases)
    taken = frozenset(place.descriptor for place in found.values() if place.kind is Kind.DESCRIPTOR)
    if {1, 2} <= taken:
        raise UsageError("reports go to standard output and standard error; leave one of them to the console")
    return Streams(taken, any(map(os.isatty, taken)))


def _require_apart(found: Mapping[str, Destination]) -> None:
    for (option, place), (other_option, other) in combinations(found.items(), 2):
        if place.same(other):
            raise UsageError(
                f"{option} {place.path} and {other_option} {other.path} are the same; give each its own"
            )


def _require_no_scenario(option: str, place: Destination, cases: Sequence[CaseInfo]) -> None:
    if place.status is None:
        return
    for file in {case.file for case in cases}:
        if os.path.samestat(place.status, file.stat()):
            raise UsageError(f"{option} {place.path} is a scenario that is to be run; name another file")


def _require_no_evidence(option: str, place: Destination, results: Path, cases: Sequence[CaseInfo]) -> None:
    root = Path(os.path.realpath(results))
    for case in cases:
        folder = root / safe_folder(case.id)
        if place.real == folder or folder in place.real.parents or place.real in folder.parents:
            raise UsageError(
                f"{option} {place.path} is where evidence of the case {case.id} goes; name another file"
            )
