from __future__ import annotations

import pytest

from harness.diagnosis.causes import CATALOGUE
from harness.diagnosis.not_attempted import not_attempted
from harness.outcome import Cause, Proof, Verdict
from harness.trace import Actor

STARTLESS = [cause for cause in Cause if Verdict.NOT_ATTEMPTED in CATALOGUE[cause].verdicts]


@pytest.mark.parametrize("cause", STARTLESS, ids=str)
def test_the_devices_words_are_the_proof(cause: Cause) -> None:
    outcome = not_attempted(cause, 'network "corp" cannot start')

    assert (outcome.verdict, outcome.cause) == (Verdict.NOT_ATTEMPTED, cause)
    assert outcome.proof == (Proof(Actor.DEVICE, 'network "corp" cannot start'),)
    assert outcome.explanation.endswith('network "corp" cannot start.')
    assert outcome.remedy == CATALOGUE[cause].remedy
    assert outcome.observation is None


def test_a_cause_of_the_network_cannot_keep_a_device_from_starting() -> None:
    with pytest.raises(
        ValueError, match=r"^the cause crl-missing does not go with the verdict not-attempted$"
    ):
        not_attempted(Cause.CRL_MISSING, "x")
