"""The page of dependencies names what the project declares, and nothing else, with the licence that each declares."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/dependencies.md").read_text()
ROWS = dict(re.findall(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$", PAGE, re.MULTILINE))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _names(requirements: list[str]) -> list[str]:
    return [re.split(r"[<>=;\[ ]", one, maxsplit=1)[0] for one in requirements]


def test_every_declared_dependency_has_a_row() -> None:
    extras = [one for some in PROJECT["optional-dependencies"].values() for one in _names(some)]
    assert set(ROWS) == {*_names(PROJECT["dependencies"]), *extras}


@pytest.mark.parametrize("name", ROWS)
def test_the_licence_is_the_one_that_the_package_declares(name: str) -> None:
    about = metadata.metadata(name)
    declared = " ".join(
        [about["License-Expression"] or about["License"] or "", *about.get_all("Classifier", [])]
    )
    words = re.findall(r"[A-Za-z]+", ROWS[name])
    families = {"BSD": "BSD", "Apache": "Apache", "MIT": "MIT", "MPL": "MPL", "GPL": "GPL"}
    said = {family for family in families if family in words}
    assert said == {family for family in families if re.search(rf"\b{family}\b", declared)}
