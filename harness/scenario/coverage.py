"""Which rows of the catalogues are covered by what: cases of the suite, and marked tests."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.scenario.case import CaseInfo
from harness.scenario.catalogue import DEVICE, Row, is_row, is_section, rows, sections

_PACKAGE = Path(__file__).parents[1]
COLLECTED = Path(__file__).with_name("catalogue_tests.json")
"""The marked tests of the checkout that this package was made from: ``{row: [test, ...]}``."""

Marks = Mapping[str, tuple[str, ...]]
"""Names of tests by row."""


@dataclass(frozen=True, slots=True)
class Covered:
    """A row with the files of scenarios and the tests that cover it, sorted."""

    row: Row
    scenarios: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()

    @property
    def covered(self) -> bool:
        """Whether anything covers it."""
        return bool(self.scenarios or self.tests)

    @property
    def explained(self) -> bool:
        """Whether it is covered, or the catalogue says why not; both at once is a reason that no longer holds."""
        return self.covered != bool(self.row.left) and (self.covered or not self.row.partly)


@dataclass(frozen=True, slots=True)
class Coverage:
    """All rows, and references to rows and sections that do not exist, each with who refers to it."""

    rows: tuple[Covered, ...]
    unknown: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every row is explained and every reference leads to a row."""
        return not self.unknown and all(covered.explained for covered in self.rows)


def coverage(cases: Iterable[CaseInfo], marks: Marks) -> Coverage:
    """Hold the rows of the catalogues against cases and marked tests."""
    scenarios: dict[str, set[str]] = {}
    places: dict[str, set[str]] = {}
    for info in cases:
        for reference in info.refs:
            if is_row(reference):
                scenarios.setdefault(reference, set()).add(info.id.partition("[")[0])
            if is_row(reference) or is_section(reference):
                places.setdefault(reference, set()).add(f"{info.file}:{info.line}")
    covered = tuple(
        Covered(row, tuple(sorted(scenarios.get(row.id, ()))), tuple(sorted(marks.get(row.id, ()))))
        for row in rows()
    )
    return Coverage(covered, tuple(_unknown(places, marks)))


def _unknown(places: Mapping[str, Iterable[str]], marks: Mapping[str, Iterable[str]]) -> Iterator[str]:
    known = {row.id for row in rows()} | sections().keys()
    for referring in (places, marks):
        for identifier in sorted(referring.keys() - known):
            yield f"{identifier}, named by {', '.join(sorted(referring[identifier]))}"


def tests_folder() -> Path | None:
    """Return the folder of this package's own tests; ``None`` where it is installed."""
    checkout = _PACKAGE.parent
    here = (checkout / "pyproject.toml").is_file() and (checkout / "tests").is_dir()
    return checkout / "tests" if here else None


def marked_tests() -> Marks:
    """Return the tests that are marked: of the checkout, or those that the package was made with."""
    tests = tests_folder()
    if tests is not None:
        return scan(tests)
    written = json.loads(COLLECTED.read_text(encoding="utf-8"))
    return {identifier: tuple(names) for identifier, names in written.items()}


def scan(folder: Path) -> Marks:
    """Return the tests under a folder that are marked ``@pytest.mark.catalogue("A08", ...)``, read and not run.

    An ID alone is one of device behaviour; a check has its word before it: ``check-B16``.
    """
    found: dict[str, list[str]] = {}
    for file in sorted(folder.rglob("test_*.py")):
        name = file.relative_to(folder.parent).as_posix()
        source = file.read_text(encoding="utf-8")
        if "mark.catalogue" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                for identifier in _marks(node):
                    found.setdefault(identifier, []).append(f"{name}::{node.name}")
    return {identifier: tuple(names) for identifier, names in sorted(found.items())}


def _marks(function: ast.FunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("mark.catalogue"):
            for word in decorator.args:
                if isinstance(word, ast.Constant):
                    identifier = str(word.value)
                    yield identifier if is_row(identifier) else f"{DEVICE}-{identifier}"


def collected_text(marks: Marks) -> str:
    """Return marked tests as they stand in :data:`COLLECTED`."""
    return json.dumps(marks, indent=1) + "\n"
