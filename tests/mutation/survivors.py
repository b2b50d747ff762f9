"""Which assertions would not have been missed: those that hold beside their own opposite, and those that nothing contradicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.scenario.action import AssociationAction
from harness.scenario.expect import ExpectAction, Expectation
from harness.scenario.steps_fleet import FleetAction
from tests.mutation.contradictions import (
    ENDS,
    ERROR_KEYS,
    FINDINGS,
    Assertion,
    Contradiction,
    alone,
    assertions,
    contradictions,
    implied,
)
from tests.mutation.recording import Judged

_NEVER_BY_FREERADIUS = "FreeRADIUS never does it; tests/diagnosis/ shows the finding"
SHOWN_ELSEWHERE: Mapping[str, str] = {
    "alerts.received: []": "FreeRADIUS sends no alert; the servers of tests/protocol/test_tls.py do",
    "no-findings: [protocol-violation]": _NEVER_BY_FREERADIUS,
    "no-findings: [client-not-authenticated]": _NEVER_BY_FREERADIUS,
    "no-findings: [ends-disagree]": _NEVER_BY_FREERADIUS,
    "no-findings: [session-id-differs]": _NEVER_BY_FREERADIUS,
    "no-findings: [session-lifetime-too-long]": _NEVER_BY_FREERADIUS,
}
"""What nothing in the suite contradicts though it can be otherwise, and where that is shown."""


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
    if expect is None:
        return
    where = f"{judged.case} step {judged.step.index} ({judged.step.verb})"
    for name in expect.written():
        if not _asserted(expect, name):
            yield f"{where}, {name}: asserts nothing"
    if judged.without is None or judged.server is None:
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
    return any(words) if name in FINDINGS else bool(words)


@dataclass(frozen=True, slots=True)
class Uncontradicted:
    """An assertion that holds for everything that any step of the same kind came to: nothing seen could fail it."""

    where: str
    field: str
    value: object

    def __str__(self) -> str:
        return f"{self.where}, {self.assertion}"

    @property
    def assertion(self) -> str:
        """The assertion as a file has it."""
        return f"{self.field}: {_shown(self.value)}"

    @property
    def elsewhere(self) -> str:
        """Where it is shown that it can be otherwise; empty: nowhere."""
        return SHOWN_ELSEWHERE.get(self.assertion, "")


def never_contradicted(steps: Sequence[Judged]) -> Iterator[Uncontradicted]:
    """Give assertions that nothing in all these steps contradicts."""
    peers: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in steps:
        peers[_family(one)].append(one)
    known: dict[tuple[str, str], bool] = {}
    for one in steps:
        for said, value, expect in _single(one):
            key = _family(one), repr(expect)
            if key not in known:
                known[key] = any(_complains(peer, expect, said) for peer in peers[_family(one)])
            if not known[key]:
                yield Uncontradicted(f"{one.case} step {one.step.index} ({one.step.verb})", said.field, value)


def _complains(peer: Judged, expect: Expectation, said: Assertion) -> bool:
    fields = {mismatch.field for mismatch in peer.judge(expect)}
    if isinstance(expect, ExpectAction) and said.path[0] not in (*ERROR_KEYS, ENDS):
        # What fails is told in the same words as what succeeds; which of the two it was is another assertion.
        failing = expect.model_copy(update={"result": "error"})
        fields |= {mismatch.field for mismatch in peer.judge(failing)}
    return said.field in fields or (said.path[0] in (*ERROR_KEYS, ENDS) and "result" in fields)


def _single(judged: Judged) -> Iterator[tuple[Assertion, object, Expectation]]:
    """Give each assertion of a step, its value and an expectation that says nothing else."""
    if judged.step.expect is not None:
        for said in assertions(judged.step.expect):
            for value, expect in alone(judged.step.expect, said):
                yield said, value, expect


def _family(judged: Judged) -> str:
    if isinstance(judged.step.action, FleetAction):
        return "fleet"
    return "association" if isinstance(judged.step.action, AssociationAction) else judged.step.verb


def _shown(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)
