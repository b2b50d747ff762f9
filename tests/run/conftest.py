from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.run.events import Event
from harness.scenario.plan import Case, load, plan


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
