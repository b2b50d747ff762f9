"""The words that a scenario file uses for EST are those of the service."""

from __future__ import annotations

from typing import get_args

from harness.scenario.world_est import EstCarelessWord, OperationWord
from harness.services.est.service import Careless, Operation


def test_the_language_knows_the_operations_and_the_ways_to_be_careless() -> None:
    assert set(get_args(OperationWord)) == {word.value for word in Operation}
    assert set(get_args(EstCarelessWord)) == {word.value for word in Careless}
