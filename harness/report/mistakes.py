"""What is wrong in scenario files, for the machines that show it beside them: JUnit and GitHub."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from harness.errors import ScenarioError, one_line
from harness.report import files, words


def mistake_cases(errors: Sequence[ScenarioError]) -> list[ET.Element]:
    """Return a ``testcase`` for each file with mistakes, an ``error`` in it for each of them."""
    return [
        _case(file, found) for file, found in groupby(_by_file(errors), key=lambda error: error.place.file)
    ]


def mistake_annotations(errors: Iterable[ScenarioError], title: str = "eaptls") -> list[str]:
    """Return the GitHub workflow command ``::error`` for each mistake, on its line and column."""
    return [_annotation(error, title) for error in errors]


def write_checked(path: Path, right: Iterable[Path], errors: Sequence[ScenarioError]) -> None:
    """Write JUnit XML of files that were checked: those without a mistake, and the mistakes. Raises OSError."""
    cases = [_case(file, ()) for file in right] + mistake_cases(errors)
    root = ET.Element("testsuites", name="eaptls check")
    suite = ET.SubElement(root, "testsuite", name="eaptls check")
    for element in (root, suite):
        element.set("tests", str(len(cases)))
        element.set("failures", "0")
        element.set("errors", str(sum(case.find("error") is not None for case in cases)))
    suite.extend(cases)
    ET.indent(root)
    files.write(path, ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _by_file(errors: Sequence[ScenarioError]) -> list[ScenarioError]:
    """Return mistakes with those of a file together, files in the order in which they first come."""
    order = {error.place.file: number for number, error in reversed(list(enumerate(errors)))}
    return sorted(errors, key=lambda error: order[error.place.file])


def _case(file: Path, errors: Iterable[ScenarioError]) -> ET.Element:
    shown = _file(file)
    case = ET.Element("testcase", classname="scenarios", name=shown, file=shown)
    for error in errors:
        case.attrib.setdefault("line", str(error.place.line))
        ET.SubElement(case, "error", message=_sentence(error), type="scenario").text = one_line(str(error))
    return case


def _annotation(error: ScenarioError, title: str) -> str:
    place = error.place
    where = f"file={_escaped(_file(place.file))}"
    if place.line:
        where += f",line={place.line},col={place.column}"
    return f"::error {where},title={_escaped(one_line(title))}::{_sentence(error).replace('%', '%25')}"


def _sentence(error: ScenarioError) -> str:
    return f"{error.message}; {error.fix}" if error.fix else error.message


def _file(file: Path) -> str:
    return one_line(words.shown_path(file))


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
