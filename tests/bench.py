"""Runs single cases on the servers of one run, as the runner does, for tools that look at what a case came to."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Self, TypeVar

from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.run.associate import SourceAddresses
from harness.run.associations import Surroundings
from harness.run.capabilities import missing_capability
from harness.run.case import CaseResult, run_case
from harness.scenario.plan import Case
from harness.server.choose import BackendKind, choose_backend
from harness.server.pool import ServerPool

_Thing = TypeVar("_Thing")
_Found = TypeVar("_Found")


class Bench:
    """A run without a plan and listeners; ``mint`` makes the certificates of its cases."""

    def __init__(
        self, seed: int, jobs: int, server: BackendKind = "process", version: str | None = None
    ) -> None:
        self._seed = seed
        self._jobs = jobs
        self._backend = choose_backend(server, version, f"{os.getpid()}-{seed:x}")
        pool = ServerPool(self._backend)
        self.mint = Mint(KeyPool(), datetime.now(UTC))
        self._around = Surroundings(self.mint, pool, SourceAddresses(), record=False, stopped=lambda: False)

    def close(self) -> None:
        """End the servers."""
        self._around.pool.close()
        self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def able(self, cases: Sequence[Case]) -> list[Case]:
        """Return the cases that this machine can run."""
        return [case for case in cases if not missing_capability(case.scenario, self._backend)]

    def run(self, case: Case) -> CaseResult:
        """Run one case; its random octets are those of the seed and its id."""
        octets = random.Random(f"{self._seed}/{case.info.id}".encode())
        return run_case(case, self._around, octets.randbytes)

    def map(self, work: Callable[[_Thing], _Found], things: Sequence[_Thing]) -> list[_Found]:
        """Do the work for several things at a time; results come in their order."""
        with ThreadPoolExecutor(self._jobs) as workers:
            return list(workers.map(work, things))
