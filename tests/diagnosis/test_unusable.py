from __future__ import annotations

from dataclasses import replace

import pytest

from harness.diagnosis.diagnose import diagnose
from harness.observation import FourWay, Keys, Observation
from harness.outcome import Cause, Verdict
from harness.server.records import ServerEvidence


@pytest.mark.parametrize(
    ("keys", "four_way", "cause"),
    [
        (Keys.MISSING, FourWay.NOT_RUN, Cause.KEYS_MISSING),
        (Keys.DIFFER, FourWay.NOT_RUN, Cause.KEYS_MISMATCH),
        (Keys.DIFFER, FourWay.MIC_FAILURE, Cause.KEYS_MISMATCH),
        (Keys.NOT_COMPARED, FourWay.MIC_FAILURE, Cause.KEYS_MISMATCH),
        (Keys.NOT_COMPARED, FourWay.COMPLETE, Cause.UNDETERMINED),
        (Keys.AGREE, FourWay.MIC_FAILURE, Cause.UNDETERMINED),
        (Keys.AGREE, FourWay.NOT_RUN, Cause.UNDETERMINED),
    ],
)
def test_keys_and_handshake(
    keys: Keys, four_way: FourWay, cause: Cause, connected: Observation, no_log: ServerEvidence
) -> None:
    outcome = diagnose(replace(connected, keys=keys, four_way=four_way), no_log)

    assert (outcome.verdict, outcome.cause) == (Verdict.UNUSABLE, cause)


def test_what_is_missing_is_said(connected: Observation, no_log: ServerEvidence) -> None:
    outcome = diagnose(replace(connected, four_way=FourWay.MIC_FAILURE), no_log)

    assert (
        "Missing: a comparison of the keys and a 4-way handshake that agree with each other."
        in outcome.explanation
    )
