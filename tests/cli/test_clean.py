from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.server import leftovers


@pytest.mark.parametrize(
    ("removed", "text"),
    [
        ((), "nothing was left behind\n"),
        (("container x", "directory /tmp/y"), "removed container x\nremoved directory /tmp/y\n"),
    ],
)
def test_what_was_removed_is_said(
    removed: tuple[str, ...], text: str, eaptls: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "remove_leftovers", lambda: removed)
    ended = eaptls("clean")
    assert (ended.code, ended.out, ended.err) == (0, text, "")
