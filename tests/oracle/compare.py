"""What was predicted against what was said."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.outcome import Outcome
from harness.run.book import CertificateBook
from tests.bench import Bench
from tests.oracle.generate import as_case, generate
from tests.oracle.predict import Oracle, Prediction


@dataclass(frozen=True, slots=True)
class Compared:
    """One random case: its text, what was predicted and what was said, or the fault that kept it from being run."""

    number: int
    text: str
    faults: tuple[str, ...]
    predicted: Prediction
    said: Prediction
    error: str = ""

    @property
    def undetermined(self) -> bool:
        """Whether no cause was named."""
        return self.said.cause == "undetermined"

    @property
    def wrong_cause(self) -> bool:
        """Whether a cause was named that is not the predicted one, or another verdict."""
        told = (self.said.verdict, self.said.cause)
        return not self.undetermined and told != (self.predicted.verdict, self.predicted.cause)

    @property
    def wrong_certificate(self) -> bool:
        """Whether the cause is right and another certificate is blamed than the predicted one."""
        right = not self.undetermined and not self.wrong_cause
        return right and self.said.certificate != self.predicted.certificate

    def __str__(self) -> str:
        return f"case {self.number} ({', '.join(self.faults)}): predicted {self.predicted}; said {self.said}\n{self.text}"


def compare(bench: Bench, number: int, seed: int, *, more: bool = False) -> Compared:
    """Make a case, predict it and run it."""
    written, faults = generate(number, seed, more=more)
    text = json.dumps(written, indent=1)  # every JSON text is YAML
    case = as_case(number, text)
    with tempfile.TemporaryDirectory() as folder:
        predicted = Oracle(case.scenario, bench.mint, Path(folder)).predict()
    ended = bench.run(case)
    outcome = ended.steps[-1].outcome if ended.steps else None
    if outcome is None:
        told = [str(mismatch) for step in ended.steps for mismatch in step.mismatches]
        words = "; ".join(
            [ended.reason, *told, *map(str, ended.errors), *(step.note for step in ended.steps)]
        )
        return Compared(number, text, faults, predicted, Prediction("not run", ""), words)
    book = CertificateBook(bench.mint, case.scenario.certificates)
    names = {f"{book.certificate(name).serial_number:x}": name for name in case.scenario.certificates}
    return Compared(number, text, faults, predicted, _said(outcome, names))


def _said(outcome: Outcome, names: dict[str, str]) -> Prediction:
    blamed = outcome.certificate
    name = names.get(blamed.serial, f"unknown serial {blamed.serial}") if blamed else ""
    return Prediction(outcome.verdict.value, outcome.cause.value, name)


def confusion(cases: Sequence[Compared]) -> list[str]:
    """Return a line for each pair of predicted and said cause, the wrong ones first."""
    pairs = Counter(
        (f"{one.predicted.verdict} {one.predicted.cause}", f"{one.said.verdict} {one.said.cause}")
        for one in cases
    )
    ordered = sorted(pairs.items(), key=lambda pair: (pair[0][0] == pair[0][1], pair[0]))
    return [
        f"{number:5}  {predicted:46} {'=' if predicted == said else said}"
        for (predicted, said), number in ordered
    ]
