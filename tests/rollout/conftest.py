from __future__ import annotations

from pathlib import Path

import pytest

from tests.rollout.checked import Checked


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checked:
    monkeypatch.chdir(tmp_path)
    return Checked(tmp_path)
