"""A real server's answers without Message-Authenticator: discarded, or taken where that is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from harness.outcome import Cause, Outcome, Verdict
from harness.run.events import CaseFinished
from harness.scenario.plan import Case, load, plan

pytestmark = pytest.mark.server

# FreeRADIUS rejects an empty identity without EAP-Message: 3.2.1 leaves such an answer unsigned, 3.2.7 signs it.
_SCENARIO = """\
scenario: An answer without EAP-Message
access-point: {require-message-authenticator: DEMANDED, retry: {first: 50ms, times: 1}}
device: {default-identity: empty}
steps:
  - change: {network: corp, clear: [client-id]}
  - associate: corp
    expect: rejected
"""


class Collected(Protocol):
    """What the fixture ``run_cases`` returns."""

    cases: Mapping[str, CaseFinished]


@pytest.fixture
def outcomes(tmp_path: Path, run_cases: Callable[[Sequence[Case]], Collected]) -> Mapping[bool, Outcome]:
    """How the association ended, by whether the access point demands a Message-Authenticator."""
    found = {}
    for demanded in (True, False):
        file = tmp_path / f"demanded-{demanded}.yaml"
        file.write_text(_SCENARIO.replace("DEMANDED", str(demanded).lower()))
        [case] = run_cases(plan(load([file]))).cases.values()
        outcome = case.steps[-1].outcome
        assert outcome is not None
        found[demanded] = outcome
    return found


def test_an_unsigned_reject_decides_only_where_none_is_demanded(outcomes: Mapping[bool, Outcome]) -> None:
    lax, strict = outcomes[False], outcomes[True]
    assert (lax.verdict, lax.cause) == (Verdict.REJECTED, Cause.IDENTITY_UNKNOWN)
    unsigned = "message-authenticator-absent" in {finding.id for finding in lax.findings}
    if not unsigned:
        assert (strict.verdict, strict.cause) == (lax.verdict, lax.cause)
        return
    assert (strict.verdict, strict.cause) == (Verdict.UNANSWERED, Cause.MESSAGE_AUTHENTICATOR_MISSING)
    assert "Access-Reject without EAP-Message has no Message-Authenticator" in strict.explanation
    assert any("recorded Access-Reject" in proof.text for proof in strict.proof)
