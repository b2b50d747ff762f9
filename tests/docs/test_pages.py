"""What the documentation names exists, and its tables are complete."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")), ROOT / "radius" / "README.md"]
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


def commands(parser: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, with its words."""
    if hasattr(parser, "commands"):
        for word, command in parser.commands.items():
            yield from commands(command, f"{name} {word}")
    else:
        yield name.strip(), parser


def options(command: str) -> list[Any]:
    """Return the options of a command, without ``--help``."""
    return [one for one in COMMANDS[command].params if one.param_type_name == "option" and one.name != "help"]


def spellings(option: Any) -> frozenset[str]:
    """Return all words for an option, those that switch it off included."""
    return frozenset((*option.opts, *option.secondary_opts))


COMMANDS = dict(commands(typer.main.get_command(build())))


def described(command: str) -> dict[frozenset[str], str]:
    """Return the options of a command's section in the reference, all spellings of each, with their defaults."""
    text = section(DOCS / "reference" / "cli.md", f"## eaptls {command}")
    found = {}
    for line in text.splitlines():
        if line.startswith("| `-"):
            names, _, default = (cell.strip() for cell in line.strip("|").split(" | "))
            found[frozenset(re.findall(r"`(-\S+?)[ `]", names))] = default
    return found


def test_commands_are_found() -> None:
    assert {"run", "device wifi add", "device network show-status"} <= COMMANDS.keys()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_options_of_a_command_are_all_described_and_no_others(command: str) -> None:
    assert described(command).keys() == {spellings(option) for option in options(command)}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_and_reference_name_the_same_defaults(command: str) -> None:
    context = COMMANDS[command].make_context(command, [], resilient_parsing=True)
    defaults = described(command)
    for option in options(command):
        shown = option.get_help_record(context)
        assert shown is not None
        helped = " ".join(shown[1].split())
        written = defaults[spellings(option)]
        if option.required:
            assert (written, "[required]" in helped) == ("required", True), option.opts
        elif isinstance(option.default, bool):
            assert written == ("yes" if option.default else "no"), option.opts
        elif option.default in (None, "", ()):
            # What it comes to without a value of its own is said in the same words.
            assert written == "none" or written in helped, (option.opts, written, helped)
        else:
            value = getattr(option.default, "value", option.default)
            assert written == f"`{value}`", option.opts
            assert re.search(rf"default: {re.escape(str(value))}[];]", helped), option.opts


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_takes_without_an_option_is_in_its_section(command: str) -> None:
    text = section(DOCS / "reference" / "cli.md", f"## eaptls {command}")
    for argument in COMMANDS[command].params:
        if argument.param_type_name == "argument":
            assert f"[{(argument.metavar or '').strip('[]')}]" in text
            assert argument.default is None or f"`{argument.default}`" in text


def test_every_command_has_its_section() -> None:
    reference = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    parser = typer.main.get_command(build())
    assert hasattr(parser, "commands")
    described = set(re.findall(r"^## eaptls ([\w-]+)", reference, re.MULTILINE))
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
