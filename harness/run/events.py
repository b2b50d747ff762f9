"""What a run tells while it runs. The runner emits these and does not know who listens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from harness.errors import ScenarioError
from harness.outcome import Outcome
from harness.scenario.case import CaseInfo, Mismatch
from harness.trace import Recorder


class Result(StrEnum):
    """How a case ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """The case could not be judged, because its file is wrong or the harness has a defect."""
    SKIPPED = "skipped"
    """A capability is absent; ``reason`` says which."""
    INTERRUPTED = "interrupted"
    """Stopped from outside before it could end; says nothing about the network."""

    @property
    def is_bad(self) -> bool:
        """Whether somebody has to do something about it."""
        return self in {Result.FAILED, Result.ERROR}


@dataclass(frozen=True, slots=True)
class StepReport:
    """One finished step of a case."""

    index: int
    title: str
    """The step in words, e.g. ``associate corp``."""
    line: int
    outcome: Outcome | None = None
    mismatches: tuple[Mismatch, ...] = ()
    note: str = ""
    """What a step without an association did, e.g. ``replaced client``."""
    server_log: tuple[str, ...] = field(default=(), repr=False)
    recorder: Recorder | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Certificates:
    """The PEM text of the certificates and CRLs of a case, by name; never a private key.

    ``thermostat`` is the newest of that name, ``thermostat.1`` the first; ``corp-root.crl`` is a CRL.
    """

    pem: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """How many devices of a fleet were connected at a moment of the scenario's time."""

    at: datetime
    connected: int


@dataclass(frozen=True, slots=True)
class Loss:
    """A device of a fleet was connected and is not any more: when it showed, in the scenario's time, and why.

    ``verdict`` and ``cause`` are both ``offline`` for a device that was taken out of reach.
    """

    at: datetime
    device: str
    verdict: str
    cause: str


@dataclass(frozen=True, slots=True)
class FleetCurve:
    """The share of a fleet that is connected over time: readings and losses in order."""

    name: str
    count: int
    readings: tuple[Reading, ...]
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class SuiteStarted:
    """First event: what is about to run, and on what."""

    cases: tuple[CaseInfo, ...]
    server: str
    """The backend in words and why it was chosen, e.g. ``process: FreeRADIUS 3.2.1``."""
    jobs: int
    seed: int
    results: Path


@dataclass(frozen=True, slots=True)
class CaseStarted:
    """A case was taken up."""

    case: CaseInfo


@dataclass(frozen=True, slots=True)
class CaseFinished:
    """A case ended; ``reason`` says what its steps do not: why it was skipped or stopped, what was not run."""

    case: CaseInfo
    result: Result
    seconds: float
    steps: tuple[StepReport, ...] = ()
    reason: str = ""
    certificates: Certificates | None = None
    rerun: str = ""
    """The command that runs this case again."""
    errors: tuple[ScenarioError, ...] = ()
    """What is wrong in its file, with place and fix."""
    fleets: tuple[FleetCurve, ...] = ()
    """Its fleets, and how many of their devices were connected when."""


@dataclass(frozen=True, slots=True)
class SuiteFinished:
    """Last event; ``interrupted`` when a person or CI stopped the run."""

    passed: int
    failed: int
    skipped: int
    seconds: float
    interrupted: bool = False
    remaining: int = 0
    """Cases that were not run."""
    errors: int = 0
    """Cases that could not be judged."""


Event = SuiteStarted | CaseStarted | CaseFinished | SuiteFinished


class Listener(Protocol):
    """Whoever wants to hear; called from one thread at a time, in order."""

    def handle(self, event: Event) -> None:
        """Take one event."""
