from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.cli.outfit import Outfit
from harness.server.choose import choose_backend

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


@dataclass(frozen=True)
class Radius:
    """A server that runs, and the folder with what its client needs."""

    address: str
    secret: str
    files: Path


@pytest.fixture(scope="session")
def radius(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radius]:
    """A FreeRADIUS process with the outfit of ``server up``; tests that take it are marked server."""
    folder = tmp_path_factory.mktemp("corp")
    outfit = Outfit.make()
    with closing(choose_backend("process")) as backend:
        running = backend.launch(outfit.settings("1.2", "1.3"))
        outfit.write(folder, running)
        yield Radius(str(running.endpoint), running.secret.decode(), folder)
