from __future__ import annotations

import pytest

from tests.foreign.fleet import Pki


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki()
