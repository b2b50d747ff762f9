from __future__ import annotations

from typing import Any

import pytest

from harness.run.capabilities import missing_capability
from harness.server.settings import ServerSettings


class Backend:
    """What a backend says of itself; nothing is launched."""

    version = "3.2.1"

    def __init__(self, name: str = "process", *, distinct_sources: bool = True) -> None:
        self.name = name
        self.distinct_sources = distinct_sources

    def describe(self) -> str:
        return self.name

    def prepare(self, settings: ServerSettings) -> Any:
        pytest.fail("asking for capabilities prepared a server")

    def launch(self, settings: ServerSettings) -> Any:
        pytest.fail("asking for capabilities started a server")

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ("requires: [process, server-log, server-control]", ""),
        ("requires: [container]", "needs container, and the process backend has none"),
        ("requires: [server-clock]", "needs server-clock, and the process backend has none"),
        ("server: {address: ipv6}", "needs a server on IPv6, and the process backend listens on IPv4"),
        ("server: {clock: +1d}", "needs a server whose clock can be moved, and the process backend has none"),
        ("server: {known-nas: false}", ""),
    ],
)
def test_what_a_case_needs(written: Any, head: str, text: str) -> None:
    case = written.case(f"scenario: x\n{head}\nsteps: [reload]\n")
    assert missing_capability(case.scenario, Backend()) == text


def test_a_hidden_source_cannot_be_unknown(written: Any) -> None:
    case = written.case("scenario: x\nserver: {known-nas: false}\nsteps: [reload]\n")
    assert missing_capability(case.scenario, Backend("container", distinct_sources=False)) == (
        "needs a server that sees where requests come from; a published container port hides it"
    )
