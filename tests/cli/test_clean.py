from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.report import folders, proof
from harness.report.folders import Content
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


def test_results_go_but_for_what_is_the_users(
    eaptls: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(leftovers, "remove_leftovers", lambda: ())
    monkeypatch.chdir(tmp_path)
    results = Path("results")
    folders.write(results, "client/expired", {"outcome.json": Content(b"{}")})
    (results / "report.html").write_bytes(proof.sealed("<html>"))
    (results / "junit.xml").write_text("named by the user")
    ended = eaptls("clean", "--results", results)
    assert (ended.code, ended.out) == (
        0,
        "removed evidence results/client/expired\nremoved page results/report.html\n",
    )
    assert [path.name for path in results.iterdir()] == ["junit.xml"]
    (results / "junit.xml").unlink()
    (results / "report.html").write_text("mine")
    assert eaptls("clean", "--results", results).out == "nothing was left behind\n"
    (results / "report.html").write_bytes(proof.sealed("<html>"))
    assert eaptls("clean", "--results", results).code == 0
    assert not results.exists()
    assert eaptls("clean", "--results", results).out == "nothing was left behind\n"
