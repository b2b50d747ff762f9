"""eapol_test, an implementation that shares nothing with ours, judges the same servers."""

from __future__ import annotations

import pytest

from harness.server.pool import ServerPool
from tests.interop.case import Case, Material
from tests.interop.compare import Comparison, compare
from tests.interop.table import CASES

pytestmark = [pytest.mark.interop, pytest.mark.server]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_clients_agree(
    case: Case, material: Material, pool: ServerPool, comparisons: list[Comparison]
) -> None:
    with pool.lease(material.server_settings(case)) as server:
        comparison = compare(case, material, server)
    comparisons.append(comparison)
    assert comparison.disagreements == ()
