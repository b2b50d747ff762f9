from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.run.associate import SourceAddresses
from harness.run.associations import Surroundings
from harness.run.case import CaseResult, run_case
from harness.run.events import Event
from harness.scenario.plan import Case, load, plan
from harness.server.pool import ServerPool


@pytest.fixture(scope="session")
def mint() -> Mint:
    return Mint(KeyPool(), datetime.now(UTC))


class Written:
    """Writes scenario files and plans them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def cases(self, *texts: str) -> list[Case]:
        paths = []
        for number, text in enumerate(texts):
            path = self._folder / f"s{number}.yaml"
            path.write_text(textwrap.dedent(text))
            paths.append(path)
        return plan(load(paths))

    def case(self, text: str) -> Case:
        return self.cases(text)[0]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


class Heard:
    """A listener that keeps what it hears."""

    def __init__(self, react: Callable[[Event], None] | None = None) -> None:
        self.events: list[Event] = []
        self._react = react

    def handle(self, event: Event) -> None:
        self.events.append(event)
        if self._react is not None:
            self._react(event)

    def of(self, kind: type[Event]) -> Sequence[Event]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def heard() -> Heard:
    return Heard()


class _NoBackend:
    """Launching a server fails the test."""

    def launch(self, settings: object) -> object:
        pytest.fail(f"a case that needs no server started one: {settings}")

    def close(self) -> None:
        """Nothing was launched."""


@pytest.fixture
def play(written: Written, mint: Mint) -> Callable[[str], CaseResult]:
    """Run a case that needs no server."""

    def run(text: str) -> CaseResult:
        pool = ServerPool(_NoBackend())  # type: ignore[arg-type]
        around = Surroundings(mint, pool, SourceAddresses(), record=False, stopped=lambda: False)
        return run_case(written.case(text), around, bytes)

    return run
