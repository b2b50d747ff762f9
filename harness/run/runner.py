"""Run a plan of cases, several at a time, and tell what happens as a stream of events.

Worker threads take cases from a queue. They are daemons on purpose: making an RSA key cannot be
interrupted, and a person who presses Ctrl-C waits for nothing but the servers' end.
"""

from __future__ import annotations

import os
import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness import memory
from harness.errors import HarnessError, ServerLost
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.run.associate import SourceAddresses
from harness.run.associations import Surroundings
from harness.run.capabilities import missing_capability
from harness.run.case import CaseResult, run_case
from harness.run.events import (
    CaseFinished,
    CaseStarted,
    Event,
    Listener,
    Result,
    SuiteFinished,
    SuiteStarted,
)
from harness.run.shell import command_line
from harness.run.world import true_time
from harness.scenario.plan import BrokenFile, Case
from harness.server.backend import Backend
from harness.server.choose import BackendKind, choose_backend
from harness.server.pool import ServerPool

_GRACE = 1.0
"""Seconds that workers get to end their association after a stop."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run: the backend, how many cases at a time, what to keep.

    ``evidence`` is ``failures``, ``all`` or ``none``; with none, nothing is recorded.
    """

    server: BackendKind
    freeradius_version: str | None
    jobs: int
    fail_fast: bool
    seed: int
    results: Path
    evidence: str


def run(
    cases: Sequence[Case],
    options: RunOptions,
    listeners: Sequence[Listener],
    stop: threading.Event,
    broken: Sequence[BrokenFile] = (),
) -> SuiteFinished:
    """Run all cases and return the last event; every server it started has ended then.

    Of each file in ``broken`` listeners hear as of one case that ends in an error. Raises
    EnvironmentUnavailable when no server can be had, and what no part of the harness expects (a defect)
    when all other cases have ended; listeners have then heard of every case that did finish, and of the end.
    """
    memory.spare()
    run_id = f"{os.getpid()}-{options.seed:x}"
    backend = choose_backend(options.server, options.freeradius_version, run_id)
    try:
        return _Run(cases, broken, options, listeners, stop, backend).run()
    finally:
        backend.close()


@dataclass(slots=True)
class _Counts:
    passed: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    finished: set[str] = field(default_factory=set)


class _Run:
    """One run: the workers, the stream of events, the end."""

    def __init__(
        self,
        cases: Sequence[Case],
        broken: Sequence[BrokenFile],
        options: RunOptions,
        listeners: Sequence[Listener],
        stop: threading.Event,
        backend: Backend,
    ) -> None:
        self._cases = cases
        self._broken = broken
        self._options = options
        self._listeners = listeners
        self._stop = stop
        self._backend = backend
        self._enough = threading.Event()
        self._telling = threading.Lock()
        self._over = False
        self._counts = _Counts()
        self._failure: BaseException | None = None
        self._began = time.monotonic()
        pool = ServerPool(backend)
        self._around = Surroundings(
            mint=Mint(KeyPool(), true_time()),
            pool=pool,
            sources=SourceAddresses(),
            record=options.evidence != "none",
            stopped=self._stopped,
        )

    def run(self) -> SuiteFinished:
        jobs = max(1, min(self._options.jobs, len(self._cases)))
        self._tell(
            SuiteStarted(
                (*(file.info for file in self._broken), *(case.info for case in self._cases)),
                self._backend.describe(),
                jobs,
                self._options.seed,
                self._options.results,
            )
        )
        for file in self._broken:
            self._tell_broken(file)
        todo: queue.SimpleQueue[Case] = queue.SimpleQueue()
        for case in self._cases:
            todo.put(case)
        self._wait(self._hire(jobs, todo))
        self._around.pool.close()
        finished = self._finish()
        if self._failure is not None:
            raise self._failure
        return finished

    def _hire(self, jobs: int, todo: queue.SimpleQueue[Case]) -> list[threading.Thread]:
        """Start the workers; where this machine has no room for all of them the run is over."""
        workers: list[threading.Thread] = []
        try:
            memory.require_for_threads(jobs)
            for _ in range(jobs):
                worker = threading.Thread(target=self._work, args=(todo,), daemon=True)
                worker.start()
                workers.append(worker)
        except (HarnessError, MemoryError, RuntimeError) as error:
            self._fail(error)
            self._enough.set()
        return workers

    def _wait(self, workers: Sequence[threading.Thread]) -> None:
        """Wait for the workers; after a stop only for a while."""
        while any(worker.is_alive() for worker in workers) and not self._stopped():
            for worker in workers:
                worker.join(0.05)
        deadline = time.monotonic() + _GRACE
        for worker in workers:
            worker.join(max(0.0, deadline - time.monotonic()))

    def _finish(self) -> SuiteFinished:
        counts = self._counts
        with self._telling:
            # What a straggling worker says from here on concerns nobody.
            self._over = True
            finished = SuiteFinished(
                counts.passed,
                counts.failed,
                counts.skipped,
                time.monotonic() - self._began,
                interrupted=self._stop.is_set(),
                remaining=len(self._cases) + len(self._broken) - len(counts.finished),
                errors=counts.errors,
            )
            for listener in self._listeners:
                listener.handle(finished)
        return finished

    def _stopped(self) -> bool:
        return self._stop.is_set() or self._enough.is_set()

    def _work(self, todo: queue.SimpleQueue[Case]) -> None:
        while not self._stopped():
            try:
                case = todo.get_nowait()
            except queue.Empty:
                return
            try:
                self._run_one(case)
            except BaseException as error:  # noqa: BLE001 - carried to the caller's thread
                self._fail(error)
                self._enough.set()

    def _fail(self, error: BaseException) -> None:
        with self._telling:
            # After a stop its server may have been taken away under it.
            if not self._stop.is_set():
                self._failure = self._failure or error

    def _run_one(self, case: Case) -> None:
        self._tell(CaseStarted(case.info))
        began = time.monotonic()
        lacking = missing_capability(case.scenario, self._backend)
        ended = CaseResult(Result.SKIPPED, (), lacking) if lacking else self._run_case(case)
        self._count(case.info.id, ended.result)
        self._tell(
            CaseFinished(
                case.info,
                ended.result,
                time.monotonic() - began,
                ended.steps,
                ended.reason,
                ended.certificates,
                self._rerun(case),
                ended.errors,
                ended.fleets,
            )
        )
        if ended.result.is_bad and self._options.fail_fast:
            self._enough.set()

    def _run_case(self, case: Case) -> CaseResult:
        try:
            memory.require(memory.FOR_A_CASE)
            try:
                return run_case(case, self._around, self._octets(case))
            except ServerLost:
                # Once more, from the beginning, on another server: what took the first one may have been an accident.
                return run_case(case, self._around, self._octets(case))
        except (HarnessError, OSError):
            raise  # this machine's, and so every case's
        except Exception as error:  # noqa: BLE001 - a defect that this case has met; others may not
            memory.raise_if_out(error)
            self._fail(error)
            return CaseResult(Result.ERROR, (), f"defect in eaptls: {type(error).__name__}: {error}")

    def _octets(self, case: Case) -> Callable[[int], bytes]:
        """Return what a case draws its octets from: its own, so that nothing depends on what runs beside it."""
        # A file name need not be text: its odd octets are surrogates in the id.
        seed = f"{self._options.seed}/{case.info.id}".encode("utf-8", "surrogatepass")
        return random.Random(seed).randbytes  # noqa: S311 - to be repeatable

    def _tell_broken(self, file: BrokenFile) -> None:
        self._count(file.info.id, Result.ERROR)
        self._tell(CaseFinished(file.info, Result.ERROR, 0.0, errors=file.errors))

    def _count(self, case_id: str, result: Result) -> None:
        with self._telling:
            if self._over or result is Result.INTERRUPTED:
                return
            self._counts.finished.add(case_id)
            self._counts.passed += result is Result.PASSED
            self._counts.failed += result is Result.FAILED
            self._counts.errors += result is Result.ERROR
            self._counts.skipped += result is Result.SKIPPED

    def _tell(self, event: Event) -> None:
        with self._telling:
            if not self._over:
                for listener in self._listeners:
                    listener.handle(event)

    def _rerun(self, case: Case) -> str:
        options = self._options
        words = ["eaptls", "run", str(case.info.file), "-k", case.info.id, "--seed", str(options.seed)]
        words += ["--server", self._backend.name]
        if options.freeradius_version:
            words += ["--freeradius-version", options.freeradius_version]
        return command_line(words)
