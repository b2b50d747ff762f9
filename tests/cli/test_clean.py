from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.server import leftovers
from harness.server.leftovers import Left


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ([], "nothing was left behind\n"),
        (
            [Left("container x"), Left("directory /tmp/y", "of another host or namespace")],
            "removed container x\nleft alone: directory /tmp/y: of another host or namespace\n",
        ),
    ],
)
def test_what_was_found_is_said(
    found: list[Left], text: str, eaptls: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "remove_leftovers", lambda: found)
    ended = eaptls("clean")
    assert (ended.code, ended.out, ended.err) == (0, text, "")
