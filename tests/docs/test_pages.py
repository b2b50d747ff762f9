"""What the documentation names exists, and its tables are complete."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer.main
from ruamel.yaml import YAML

from harness.cli.exits import ExitCode
from harness.cli.main import build
from harness.outcome import Cause, Verdict
from harness.pki.spec import Defect
from harness.scenario.world import Device

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
README_LIMIT = 220

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"(?<![\w./-])(?:harness|tests|docs|radius|scenarios|requirements|\.ci)/[\w./*-]*")
_FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def section(page: Path, heading: str) -> str:
    """Return the text below a heading, up to the next one of its level."""
    text = page.read_text(encoding="utf-8")
    level = heading.split(maxsplit=1)[0]
    begin = text.index(f"\n{heading}\n") + len(heading) + 2
    end = text.find(f"\n{level} ", begin)
    return text[begin : end if end >= 0 else None]


def first_column(text: str) -> list[str]:
    """Return the words in code of the first column of tables, without heads and arguments."""
    rows = re.sub(r"^\|.*\n\|-.*\n", "", text, flags=re.MULTILINE).splitlines()
    cells = [row.split("|")[1] for row in rows if row.startswith("|")]
    return [code.split()[0] for cell in cells for code in re.findall(r"`([^`]+)`", cell)]


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            lost.append(target)
        elif anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            lost += [target] if anchor not in map(slug, headings) else []
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_paths_in_code_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    code = [*re.findall(r"`([^`\n]+)`", text), *re.findall(r"^    .*$", text, re.MULTILINE)]
    paths = {path.rstrip(".") for line in code for path in _PATH.findall(line)}
    assert [path for path in sorted(paths) if not any(ROOT.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_modules_that_are_called_can_be_called(page: Path) -> None:
    for module in re.findall(r"python -m (harness[\w.]*)", page.read_text(encoding="utf-8")):
        source = ROOT / f"{module.replace('.', '/')}.py"
        assert '__name__ == "__main__"' in source.read_text(encoding="utf-8"), module


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_page_knows_this_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert str(ROOT) not in text
    assert str(Path.home()) + "/" not in text


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_fenced_yaml_and_json_is_well_formed(page: Path) -> None:
    for language, text in _FENCE.findall(page.read_text(encoding="utf-8")):
        if language == "yaml":
            assert YAML(typ="safe").load(text)
        elif language == "json":
            assert json.loads(text)


def test_every_page_is_reached_from_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    linked = {(DOCS / target).resolve() for target in _LINK.findall(index)}
    assert [named(page) for page in DOCS.rglob("*.md") if page not in linked | {DOCS / "README.md"}] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LIMIT


@pytest.mark.parametrize("command", ["run", "server up", "device init", "device connect", "device serve"])
def test_the_options_of_a_command_are_all_described_and_no_others(command: str) -> None:
    parser = typer.main.get_command(build())
    for word in command.split():
        assert hasattr(parser, "commands")
        parser = parser.commands[word]
    there = {option for parameter in parser.params for option in parameter.opts if option.startswith("-")}
    table = section(DOCS / "reference" / "cli.md", f"## eaptls {command}")
    assert set(first_column(table)) == there - {"-h", "--help"}


def test_every_command_has_its_section() -> None:
    reference = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    parser = typer.main.get_command(build())
    assert hasattr(parser, "commands")
    described = set(re.findall(r"^## eaptls (\w+)", reference, re.MULTILINE))
    assert described == set(parser.commands)


def test_exit_codes_are_all_described() -> None:
    reference = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    described = {int(code) for code in re.findall(r"^\| (\d+) \|", reference, re.MULTILINE)}
    assert described == set(ExitCode)


@pytest.mark.parametrize(
    ("page", "heading"),
    [
        (ROOT / "README.md", "## Verdict and cause"),
        (DOCS / "explanation" / "verdicts-and-causes.md", "## The verdict"),
    ],
)
def test_verdicts_are_all_described(page: Path, heading: str) -> None:
    assert set(first_column(section(page, heading))) == set(Verdict)


def test_defects_are_all_described_with_causes_that_exist() -> None:
    table = section(DOCS / "how-to" / "own-certificate-faults.md", "## Inject one fault")
    assert set(first_column(table)) == set(Defect)
    words = set(re.findall(r"`((?:client|server|identity)-[a-z-]+)`", table))
    assert words - set(Cause) == set()


def test_the_device_has_the_switches_that_are_described() -> None:
    table = section(DOCS / "explanation" / "device.md", "## Documented, and assumed")
    described = set(first_column(table))
    assert described
    assert described <= set(Device.known_keys())
