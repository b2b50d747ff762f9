"""Files written and checked together, for the tests of this folder."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.rollout.check import Report, check
from harness.rollout.files import read_inputs
from harness.rollout.findings import Finding, Kind


class Checked:
    """Writes files and checks them together."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, **texts: str) -> list[Path]:
        """Write a file for each text; ``a_sh`` is called ``a.sh``."""
        paths = []
        for name, text in texts.items():
            path = self.folder / ".".join(name.rsplit("_", 1))
            path.write_text(textwrap.dedent(text), encoding="utf-8")
            paths.append(path)
        return paths

    def report(self, **texts: str) -> Report:
        return self.ordered(texts)

    def ordered(
        self, texts: Mapping[str, str], *, allowed: Sequence[str] = (), in_order: bool = False
    ) -> Report:
        inputs = read_inputs(self.write(**texts))
        return check(inputs.parties, in_order=in_order or inputs.in_order, allowed=allowed)

    def of(self, kind: Kind, **texts: str) -> list[Finding]:
        """Return the findings of one kind."""
        return [one.finding for one in self.report(**texts).findings if one.finding.kind is kind]

    def kinds(self, **texts: str) -> list[Kind]:
        return [one.finding.kind for one in self.report(**texts).findings]
