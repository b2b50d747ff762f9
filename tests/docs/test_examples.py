"""What the documentation shows can be done: its scenarios run, its command lines parse."""

from __future__ import annotations

import re
import shlex
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer.main

from harness.cli.main import build
from harness.run.events import CaseFinished, Event, Result
from harness.run.runner import RunOptions, run
from harness.scenario.plan import load, plan

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(r"^```yaml(?P<fails> fails)?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_ANY_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
# What may stand before a command: a prompt, a list's dash, a key of a CI file, a label of the output, variables.
_BEFORE = r"^(?:[\s$-]|run:|[Rr]un again|\w+=\S+\s)*(?:[\w./-]*/)?"
_OPERATORS = {"|", "||", "&&", ";", ">", "<"}


@dataclass(frozen=True, slots=True)
class Example:
    """A scenario in a page; ``fails`` is what its fence says."""

    page: Path
    line: int
    text: str
    fails: bool

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True, slots=True)
class Command:
    """A command line in a page, without the program's name."""

    program: str
    page: Path
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.program} {shlex.join(self.words)}"


def examples() -> Iterator[Example]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for fence in _FENCE.finditer(text):
            body = re.sub(r"\A(#.*\n)+", "", fence["text"])
            if body.startswith("scenario:"):
                line = text.count("\n", 0, fence.start()) + 2
                yield Example(page, line, fence["text"], fails=bool(fence["fails"]))


def code(page: Path) -> Iterator[str]:
    """Yield every line of code of a page: fenced, indented, and inline; continued lines joined."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    fences = _ANY_FENCE.findall(text)
    for fence in fences:
        yield from fence.splitlines()[1:-1]
    prose = _ANY_FENCE.sub("", text)
    for line in prose.splitlines():
        if line.startswith("    "):
            yield line
        else:
            # A table's own bars are escaped inside code.
            yield from (inline.replace("\\|", "|") for inline in _INLINE.findall(line))


def commands(program: str) -> list[Command]:
    """Return all command lines of a program, each once, up to what the shell does with the rest."""
    called = re.compile(rf"{_BEFORE}{program}(?= )(?P<rest>.*)")
    found: dict[str, Command] = {}
    for page in PAGES:
        for line in code(page):
            match = called.search(line)
            if match:
                command = Command(program, page, _words(match["rest"]))
                found.setdefault(str(command), command)
    return list(found.values())


def _words(line: str) -> tuple[str, ...]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if word in _OPERATORS:
            break
        words.append(word)
    return tuple(words)


class Heard:
    """Keeps the cases that ended."""

    def __init__(self) -> None:
        self.cases: list[CaseFinished] = []

    def handle(self, event: Event) -> None:
        if isinstance(event, CaseFinished):
            self.cases.append(event)


EXAMPLES = list(examples())


@pytest.fixture
def written(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    example: Example = request.getfixturevalue("example")
    file = tmp_path / "example.yaml"
    file.write_text(example.text, encoding="utf-8")
    return file


def test_pages_hold_examples_and_commands() -> None:
    # Should the search find nothing any more, all tests below would pass.
    assert {example.page.name for example in EXAMPLES} >= {"README.md", "first-scenario.md"}
    assert any(example.fails for example in EXAMPLES)
    assert {command.words[0] for command in commands("eaptls")} >= {"run", "check", "server", "doctor"}


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_scenario_is_read_and_planned(example: Example, written: Path) -> None:
    assert plan(load([written]))


@pytest.mark.server
@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_scenario_does_what_the_page_says(example: Example, written: Path, tmp_path: Path) -> None:
    options = RunOptions(
        server="process",
        freeradius_version=None,
        jobs=2,
        fail_fast=False,
        seed=7,
        results=tmp_path / "results",
        evidence="none",
    )
    heard = Heard()
    run(plan(load([written])), options, [heard], threading.Event())
    wanted = Result.FAILED if example.fails else Result.PASSED
    wrong = [f"{case.case.id}: {case.result}, {case.reason}" for case in heard.cases if case.result != wanted]
    assert heard.cases
    assert wrong == []


@pytest.mark.parametrize("command", commands("eaptls"), ids=str)
def test_a_command_line_parses(command: Command) -> None:
    # Optional parts of a synopsis and its word for "any command" are no arguments.
    words = [word for word in command.words if not word.startswith("[")]
    parser = typer.main.get_command(build())
    name = "eaptls"
    while words and hasattr(parser, "commands") and not words[0].startswith("-"):
        name = words.pop(0)
        if name == "COMMAND":
            return
        assert name in parser.commands, f"there is no command {name}"
        parser = parser.commands[name]
    if "--help" not in words:
        parser.make_context(name, words)


@pytest.mark.parametrize("command", commands("make"), ids=str)
def test_a_make_target_exists(command: Command) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    words = list(command.words)
    if words[0] == "-C":
        del words[:2]
    # What follows # is a remark, an assignment is no target.
    goals = [word for word in words if "=" not in word]
    assert goals
    assert set(goals) <= targets


def test_continued_and_piped_lines_are_understood() -> None:
    text = textwrap.dedent("""\
         run "a b" -v || failed=1
    """)
    assert _words(text) == ("run", "a b", "-v")
    assert _words(" list | head") == ("list",)
    assert _words(" run x # a remark") == ("run", "x")
