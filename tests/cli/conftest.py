from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.cli.main import main

STEPS = "steps:\n  - associate: corp\n    expect: connected\n"
SUITE = {
    "client/expired": "scenario: An expired client is rejected\ntags: [client]\n" + STEPS,
    "tls/versions": (
        "scenario: Versions meet in ${tls}\ntags: [tls]\nmatrix:\n  tls: ['1.2', '1.3']\n" + STEPS
    ),
    "tls/versions-more": "scenario: Versions meet more than once\ntags: [tls, slow]\n" + STEPS,
}


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A folder with three scenario files, four cases."""
    folder = tmp_path / "suite"
    for name, text in SUITE.items():
        file = folder / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


@pytest.fixture
def eaptls(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Runs the command line in this process, as the console script does."""
    for name in ("CI", "GITHUB_ACTIONS", "EAPTLS_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["eaptls", *map(str, arguments)])
        with pytest.raises(SystemExit) as raised:
            main()
        captured = capsys.readouterr()
        assert isinstance(raised.value.code, int)
        return Ended(raised.value.code, captured.out, captured.err)

    return run
