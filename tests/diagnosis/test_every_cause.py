"""One case for every cause."""

from __future__ import annotations

import pytest

from harness.diagnosis import causes
from harness.diagnosis.diagnose import diagnose
from harness.observation import (
    Observation,
)
from harness.outcome import Cause, Verdict
from harness.server.records import ServerEvidence
from tests.diagnosis.table import TABLE, Certificates


def test_the_table_has_every_cause_an_association_can_end_with() -> None:
    startless = {cause for cause in Cause if causes.CATALOGUE[cause].verdicts == {Verdict.NOT_ATTEMPTED}}

    assert set(TABLE) == set(Cause) - startless - {Cause.UNDETERMINED}


@pytest.mark.parametrize("cause", TABLE, ids=str)
def test_cause(cause: Cause, connected: Observation, log: ServerEvidence, certificates: Certificates) -> None:
    verdict, case = TABLE[cause]
    near, far, known = case(connected, log, certificates)

    outcome = diagnose(near, far, known)

    assert (outcome.verdict, outcome.cause) == (verdict, cause)
    assert outcome.proof
    assert outcome.observation is near
    assert "{" not in outcome.explanation + outcome.remedy
    assert outcome.explanation.endswith(".")
