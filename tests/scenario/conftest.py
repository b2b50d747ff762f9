from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ScenarioErrors
from harness.scenario.concrete import ConcreteScenario
from harness.scenario.reader import read_file

STEPS = "steps:\n  - associate: corp\n    expect: connected\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a scenario file; a text without steps gets one that associates."""

    def write_file(text: str, name: str = "case.yaml") -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text if "steps" in text else text + STEPS, encoding="utf-8")
        return file

    return write_file


@pytest.fixture
def concrete(write: Callable[..., Path]) -> Callable[[str], ConcreteScenario]:
    """Read the only variant of a scenario text; the title is put before it."""

    def read(text: str) -> ConcreteScenario:
        (variant,) = read_file(write(f"scenario: A title\n{text}")).variants
        return variant.scenario

    return read


@pytest.fixture
def problems(write: Callable[..., Path]) -> Callable[[str], list[str]]:
    """Return the mistakes of a scenario text, each as ``line:column: sentence; fix``."""

    def read(text: str) -> list[str]:
        file = write(text)
        with pytest.raises(ScenarioErrors) as caught:
            read_file(file)
        return [str(error).removeprefix(f"{file}:") for error in caught.value.errors]

    return read
