from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from harness.server.pool import ServerPool
from harness.server.process import ProcessBackend
from tests.interop.case import Material
from tests.interop.compare import Comparison

_COMPARISONS = pytest.StashKey[list[Comparison]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_COMPARISONS] = []


@pytest.fixture(scope="session")
def material() -> Material:
    return Material()


@pytest.fixture(scope="session")
def pool() -> Iterator[ServerPool]:
    pool = ServerPool(ProcessBackend(), idle_limit=4)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def comparisons(pytestconfig: pytest.Config) -> list[Comparison]:
    """Collect what the table at the end of the run shows."""
    return pytestconfig.stash[_COMPARISONS]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    comparisons = config.stash[_COMPARISONS]
    if not comparisons:
        return
    terminalreporter.section("the harness's client and eapol_test against the same servers")
    width = max(len(comparison.case.name) for comparison in comparisons)
    for one in comparisons:
        words = f"{one.ours.in_words():<48}  {one.judgement.in_words():<52}"
        terminalreporter.line(f"{one.case.name:<{width}}  {words}  {_agreement(one)}")
    counts = Counter(_agreement(comparison).split(":")[0] for comparison in comparisons)
    words = ", ".join(f"{count} {word}" for word, count in counts.items())
    terminalreporter.line(f"{len(comparisons)} cases compared: {words}")


def _agreement(comparison: Comparison) -> str:
    if comparison.disagreements:
        return "DISAGREE"
    known = comparison.case.known_difference
    return f"differ as known: {known}" if known else "agree"
