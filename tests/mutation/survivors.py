"""Which assertions would not have been missed: those that hold beside their own opposite, and those that nothing contradicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.scenario.action import AssociationAction
from harness.scenario.expect import Expectation
from tests.mutation.contradictions import Assertion, Contradiction, alone, assertions, contradictions, implied
from tests.mutation.recording import Judged

_BOUND_ALONE = {("within",)}
"""An upper bound on time that no case of the suite comes near is still one."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A step that expects the opposite of one assertion; ``said`` is ``None`` for what nobody wrote."""

    judged: Judged
    said: Assertion | None
    contradiction: Contradiction

    def __str__(self) -> str:
        step = self.judged.step
        asserted = f"{self.said.field}: {_shown(self.said.value)}" if self.said else "that it succeeds"
        return f"{self.judged.case} step {step.index} ({step.verb}), {asserted}: {self.contradiction.words} passes, too"

    @property
    def kind(self) -> tuple[str, str]:
        """What of the language it tries: the kind of expectation and the key."""
        return type(self.judged.expect).__name__, self.said.path[0] if self.said else ""

    def survives(self) -> bool:
        """Whether the step would have passed, or have failed for something else."""
        found = {mismatch.field for mismatch in self.judged.judge(self.contradiction.expect)}
        return not found & self.contradiction.fields


def mutants(judged: Judged) -> Iterator[Mutant]:
    """Give every mutant of a step, what is implied included."""
    log = judged.server.log if judged.server else ()
    if judged.step.expect is not None:
        for said in assertions(judged.step.expect):
            for contradiction in contradictions(judged.step.expect, said, log):
                yield Mutant(judged, said, contradiction)
    unsaid = implied(judged.step.expect, judged.step.verb)
    if unsaid is not None:
        yield Mutant(judged, None, unsaid)


def silent(judged: Judged) -> Iterator[str]:
    """Give what is written and asserts nothing, and log lines that would not be missed."""
    expect = judged.step.expect
    where = f"{judged.case} step {judged.step.index} ({judged.step.verb})"
    for name in expect.written() if expect is not None else ():
        if getattr(expect, name) in (None, {}) or not _asserted(expect, name):
            yield f"{where}, {name}: asserts nothing"
    if judged.without is None or judged.server is None or expect is None:
        return
    for said in assertions(expect):
        if said.path == ("server", "log"):
            for word in said.value:
                rest = tuple(kind for kind in judged.server.log if kind != word)
                judge = judged.without(replace(judged.server, log=rest))
                if "server.log" not in {mismatch.field for mismatch in judge(expect)}:
                    yield f"{where}, server.log: {word} is not missed"


def _asserted(expect: Expectation, name: str) -> bool:
    words = [said.value for said in assertions(expect) if said.path[0] == name]
    sets = name in ("findings", "no_findings")
    return any(words) if sets else bool(words)


def never_contradicted(steps: Sequence[Judged]) -> Iterator[str]:
    """Give assertions that hold for everything that any step of the same kind came to, so that nothing could fail them."""
    peers: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in steps:
        peers[_family(one)].append(one)
    known: dict[tuple[str, str], bool] = {}
    for one in steps:
        if one.step.expect is None:
            continue
        for said in assertions(one.step.expect):
            if said.path in _BOUND_ALONE:
                continue
            for expect in alone(one.step.expect, said):
                family = _family(one)
                key = family, repr(expect)
                if key not in known:
                    known[key] = any(peer.judge(expect) for peer in peers[family])
                if not known[key]:
                    value = getattr(expect, said.path[0])
                    yield f"{one.case} step {one.step.index} ({one.step.verb}), {said.field}: {_shown(value)}"


def _family(judged: Judged) -> str:
    return "association" if isinstance(judged.step.action, AssociationAction) else judged.step.verb


def _shown(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)
