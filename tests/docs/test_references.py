"""Every reference resolves: those of scenarios, of modules and of pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from harness.cli.coverage_page import behaviour_page, checks_page
from harness.device.profile import DeviceProfile
from harness.device.switches import Note
from harness.scenario.case import CaseInfo
from harness.scenario.catalogue import rows, sections
from harness.scenario.plan import load, plan

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
BEHAVIOUR = REFERENCE / "device-behaviour.md"
AGAIN = "run python -m harness.cli.coverage_page"

_PUBLIC = re.compile(
    r"RFC [1-9]\d{2,3}(?: \d+(?:\.\d+)*)?|IEEE 802\.(?:11|1X)-20\d\d(?: \d+(?:\.\d+)*)?|CVE-\d{4}-\d{4,}"
)
_ROW = re.compile(r"\b(?:device|check)-[A-Z]\d\d\b")
_NUMBER = r"\d+(?:\.\d+)*"
_MENTION = re.compile(
    rf"behaviour reference(?P<named>[,;:]? (?:sections? )?(?P<numbers>{_NUMBER}(?:(?:,| and| to|, and)? {_NUMBER})*))?",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def infos() -> list[CaseInfo]:
    return [case.info for case in plan(load([ROOT / "scenarios"]))]


def texts(*patterns: str) -> Iterator[tuple[str, str]]:
    """Yield the files of the project that people read, each by its name, with line breaks and comments undone."""
    for pattern in patterns:
        for file in sorted(ROOT.glob(pattern)):
            text = file.read_text(encoding="utf-8")
            yield str(file.relative_to(ROOT)), re.sub(r"\s*\n\s*(?:# ?)?", " ", text)


def titles() -> set[str]:
    """Return the titles of the maker's pages, as the behaviour reference names them."""
    return set(
        re.findall(r'^\| "(Azure Sphere: [^"]+)" \|', BEHAVIOUR.read_text(encoding="utf-8"), re.MULTILINE)
    )


def test_every_reference_of_a_scenario_resolves(infos: list[CaseInfo]) -> None:
    known = {row.id for row in rows()} | sections().keys() | titles()
    lost = {
        ref: info.id for info in infos for ref in info.refs if ref not in known and not _PUBLIC.fullmatch(ref)
    }
    assert lost == {}


@pytest.mark.parametrize(
    "wrong",
    ["device-A99", "check-Z01", "device-9.9", "RFC5216", "RFC 12345 1", "RFC 5216 a", "seed-000", "check-x"],
)
def test_a_reference_that_leads_nowhere_would_be_noticed(wrong: str) -> None:
    assert wrong not in {row.id for row in rows()} | sections().keys() | titles()
    assert not _PUBLIC.fullmatch(wrong)


def test_rows_that_pages_and_modules_name_are_there() -> None:
    known = {row.id for row in rows()}
    files = ("harness/**/*.py", "docs/**/*.md", "*.md", "radius/*.md", "scenarios/**/*.yaml")
    lost = {(name, row) for name, text in texts(*files) for row in _ROW.findall(text) if row not in known}
    assert lost == set()


def test_sections_that_modules_and_pages_name_are_there() -> None:
    headings = sections_there()
    found: list[str] = []
    lost = []
    for name, text in texts("harness/**/*.py", "docs/**/*.md", "docs/**/*.json", "tests/**/*.py"):
        if name in {"docs/reference/device-behaviour.md", str(Path(__file__).relative_to(ROOT))}:
            continue
        for mention in _MENTION.finditer(text):
            numbers = re.findall(_NUMBER, mention["numbers"] or "")
            found += numbers
            lost += [(name, number) for number in numbers if number not in headings]
            if not numbers and "](device-behaviour.md" not in text and not _about(text, mention.start()):
                lost.append((name, text[mention.start() - 40 : mention.end() + 20]))
    assert lost == []
    assert len(found) > 25


def _about(text: str, place: int) -> bool:
    """Whether a mention speaks of the reference itself and sends nobody anywhere in it."""
    return text[:place].endswith(("of the ", "the rows of the ", "section of the "))


def sections_there() -> set[str]:
    text = BEHAVIOUR.read_text(encoding="utf-8")
    return set(re.findall(r"^#{2,3} (\d+(?:\.\d+)?) ", text, re.MULTILINE)) | set(
        re.findall(r"\*\*(0\.\d+)\*\*", text)
    )


def test_the_sections_that_scenarios_may_name_are_those_of_the_page() -> None:
    text = BEHAVIOUR.read_text(encoding="utf-8")
    written = dict(re.findall(r"^#{2,3} (\d+(?:\.\d+)?) (.*)$", text, re.MULTILINE))
    del written["7"]
    assert {f"device-{number}": title for number, title in written.items()} == sections()


def test_every_switch_names_a_section_that_is_there() -> None:
    known = {row.id for row in rows()}
    for field in fields(DeviceProfile):
        note: Note = field.metadata["note"]
        section, _, row = note.source.partition(" ")
        if row:
            assert section == f"7.{row[0]}", field.name
            assert f"device-{row}" in known, field.name
        elif section != "-":
            assert section in sections_there(), field.name


def test_the_pages_are_those_of_the_catalogues() -> None:
    assert (REFERENCE / "checks.md").read_text(encoding="utf-8") == checks_page(), AGAIN
    written = BEHAVIOUR.read_text(encoding="utf-8")
    assert written == behaviour_page(written), AGAIN


def test_a_page_that_lost_the_place_of_its_rows() -> None:
    with pytest.raises(ValueError, match="lost the line after which the rows are generated"):
        behaviour_page("# How the device behaves\n")


def test_a_row_has_a_sentence_of_its_own() -> None:
    found = rows()
    assert len({row.sentence for row in found}) == len({row.id for row in found}) == len(found)
    assert [row.id for row in found if re.search(r"[.|]$|\|", row.sentence)] == []
    assert all(row.founded and row.group for row in found)
