"""What a page shows on a console happens: its files are written and its commands run, in the page's order."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
ELSEWHERE = {
    "docs/how-to/bootstrap-a-device.md": "needs a service that goes on running; tests/services/issuing/test_standalone.py runs its requests",
    "docs/how-to/device-cli.md": "needs a server that goes on running; tests/cli runs its commands",
    "docs/how-to/device-rest.md": "needs two programs that go on running; tests/rest runs its requests",
    "docs/reference/est.md": "needs a service that goes on running; tests/services/est/test_page.py runs its commands",
    "docs/how-to/server-up.md": "needs a server that goes on running; tests/cli/test_server.py runs it",
    "docs/how-to/troubleshoot-environment.md": "shows other machines",
}
"""Pages whose consoles are not run here, each with the reason."""
_BLOCK = re.compile(
    r"^```(?P<kind>\w*)[^\n]*\n(?P<fence>.*?)^```$|(?P<console>(?:^    [^\n]*\n|^\n(?=    ))+)",
    re.MULTILINE | re.DOTALL,
)
_FILE = re.compile(r"`([\w-]+\.(?:yaml|sh))`")
_VOLATILE = (
    (r"(?:container|process): FreeRADIUS \S+ (?:in|at) \S+", "SERVER"),
    (r"--server (?:container|process)", "--server KIND"),
    (r"seed \d+", "seed N"),
    (r"\d+\.\d+ s\b", "N s"),
    (r"\d+ jobs?\b", "JOBS"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "MOMENT"),
    (r"udp\.port==\d+", "udp.port==N"),
    (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "GUID"),
    (r"\b[0-9A-F]{40}\b", "THUMBPRINT"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
)


@dataclass(frozen=True, slots=True)
class Written:
    """A scenario, rollout or script of the page, and the name of the file that its text gives it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the page with the lines that it shows."""

    words: tuple[str, ...]
    shown: tuple[str, ...]


def story(page: Path) -> Iterator[Written | Command]:
    """Yield what a page does, in its order."""
    text = page.read_text(encoding="utf-8")
    end = 0
    for block in _BLOCK.finditer(text):
        named = _FILE.findall(text[end : block.start()])
        end = block.end()
        if block["console"] is not None:
            yield from _commands(block["console"])
        elif named and _is_file(named[-1], block["kind"], block["fence"]):
            yield Written(named[-1], block["fence"])


def _is_file(name: str, kind: str, text: str) -> bool:
    """Whether a fence holds a whole file of that name."""
    if name.endswith(".sh"):
        return kind == "sh"
    return kind == "yaml" and ("scenario:" in text or "rollout:" in text)


def _commands(console: str) -> Iterator[Command]:
    words: tuple[str, ...] = ()
    shown: list[str] = []
    for line in (line.removeprefix("    ").rstrip() for line in console.splitlines()):
        if line.startswith("$ "):
            if words:
                yield Command(words, tuple(shown))
            words, shown = tuple(shlex.split(line.removeprefix("$ "))), []
        elif line and line != "...":
            shown.append(line)
    if words:
        yield Command(words, tuple(shown))


def plain(line: str) -> str:
    """Return a line without what is new in each run."""
    for pattern, word in _VOLATILE:
        line = re.sub(pattern, word, line)
    return " ".join(line.split())


def lacking(shown: tuple[str, ...], printed: str) -> list[str]:
    """Return the lines shown that were not printed, or not in that order; cases may end in any order."""
    there = [plain(line) for line in printed.splitlines()]
    found = []
    place = 0
    for line in map(plain, shown):
        if line.startswith(("PASS ", "FAIL ")):
            found += [] if line in there else [line]
        elif line in there[place:]:
            place = there.index(line, place) + 1
        else:
            found.append(line)
    return found


def can_run(command: Command) -> bool:
    """Whether a command is one of ours that ends by itself, or shows a file."""
    if "--freeradius-version" in command.words:
        return False  # which versions there are is up to the machine
    return command.words[0] == "cat" or command.words[:2] in {
        ("eaptls", verb) for verb in ("run", "check", "check-ids", "new", "list", "tenant", "ca-certificate")
    }


def run(command: Command, folder: Path) -> str:
    words = list(command.words)
    if words[0] == "eaptls":
        words[:1] = [sys.executable, "-c", "from harness.cli.main import main; main()"]
        if command.words[1] == "run" and "--server" not in words:
            words += ["--server", "process"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("GITHUB_ACTIONS", None)
    ended = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode not in {70, 130}, ended.stderr
    return ended.stdout + ended.stderr


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


STORIES = [
    page
    for page in PAGES
    if named(page) not in ELSEWHERE and any(isinstance(part, Command) for part in story(page))
]


def test_the_pages_with_consoles_are_known() -> None:
    assert {named(page) for page in STORIES} >= {
        "README.md",
        "docs/tutorial/first-scenario.md",
        "docs/how-to/read-a-failure.md",
        "docs/how-to/own-certificate-faults.md",
        "docs/how-to/versions.md",
        "docs/reference/results.md",
    }
    assert all((ROOT / page).is_file() for page in ELSEWHERE)


@pytest.mark.server
@pytest.mark.parametrize("page", STORIES, ids=named)
def test_a_page_can_be_done_from_top_to_bottom(page: Path, tmp_path: Path) -> None:
    ran = 0
    for part in story(page):
        if isinstance(part, Written):
            (tmp_path / part.name).write_text(part.text, encoding="utf-8")
        elif can_run(part):
            printed = run(part, tmp_path)
            assert lacking(part.shown, printed) == [], f"{shlex.join(part.words)} printed:\n{printed}"
            ran += 1
    assert ran


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_file_that_a_command_names_was_introduced_before(page: Path) -> None:
    there: set[str] = set()
    lost = []
    for part in story(page):
        if isinstance(part, Written):
            there.add(part.name)
        else:
            if part.words[:2] == ("eaptls", "new"):
                there.add(part.words[2])
            lost += [
                word
                for word in part.words
                if re.fullmatch(r"[\w-]+\.(?:yaml|sh)", word) and word not in there
            ]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_case_that_a_page_shows_is_that_of_a_file_it_names(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    cases = set(re.findall(r"^ +(?:PASS|FAIL) ([\w-]+)(?:\[| )", text, re.MULTILINE))
    cases |= set(re.findall(r"results/([\w-]+)(?:/|$)", text, re.MULTILINE)) - {"junit", "run", "report"}
    files = {Path(part.name).stem for part in story(page) if isinstance(part, Written)}
    files |= {
        Path(part.words[2]).stem
        for part in story(page)
        if isinstance(part, Command) and part.words[1:2] == ("new",)
    }
    linked = "](docs/how-to/read-a-failure.md)" in text
    assert cases - files - ({"chain"} if linked else set()) == set()


def test_a_line_that_is_not_printed_is_noticed() -> None:
    printed = "1 case, 1 job, seed 5, process: FreeRADIUS 3.2.1 at /x\nFAIL a  rejected: b  0.1 s\n"
    assert (
        lacking(
            ("1 case, 2 jobs, seed 7, container: FreeRADIUS 3.2.7 in y", "FAIL a  rejected: b  0.9 s"),
            printed,
        )
        == []
    )
    assert lacking(("FAIL a  refused: b  0.1 s", "2 cases"), printed) == ["FAIL a refused: b N s", "2 cases"]


def compare(shown: Any, real: Any, place: str = "") -> Iterator[str]:
    """Yield where a document that is shown shortened differs from the real one."""
    if isinstance(shown, dict):
        for key, value in shown.items():
            if key == "...":
                continue
            if key not in real:
                yield f"{place}.{key} is not there"
            else:
                yield from compare(value, real[key], f"{place}.{key}")
    elif isinstance(shown, list):
        for index, value in enumerate(shown[: len(real)]):
            yield from compare(value, real[index], f"{place}[{index}]")
        yield from [f"{place} has {len(real)} entries"] * (len(shown) > len(real))
    elif isinstance(shown, str) and shown != "...":
        yield from [f"{place} is {real!r}"] * (plain(shown) != plain(str(real)))
    elif isinstance(shown, bool | None) or place.endswith(
        (".index", ".line", ".passed", ".failed", ".format")
    ):
        yield from [f"{place} is {real!r}"] * (shown != real)


@pytest.mark.server
def test_the_documents_in_results_are_those_of_the_case_they_name(tmp_path: Path) -> None:
    page = ROOT / "docs" / "reference" / "results.md"
    for part in story(page):
        if isinstance(part, Written):
            (tmp_path / part.name).write_text(part.text, encoding="utf-8")
        else:
            run(part, tmp_path)
    outcome, report = re.findall(
        r"^```json\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    real = json.loads((tmp_path / "results" / "bad" / "outcome.json").read_text(encoding="utf-8"))
    assert list(compare(json.loads(outcome), real)) == []
    real = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    volatile = {"server", "seed", "jobs", "started", "seconds", "harness", "cases"}
    shown = {key: value for key, value in json.loads(report).items() if key not in volatile}
    assert volatile <= real.keys()
    assert list(compare(shown, real)) == []
