from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from harness.run.capabilities import missing_capability
from harness.server.settings import ServerSettings


class Backend:
    """What a backend says of itself; nothing is launched."""

    version = "3.2.1"

    def __init__(
        self, name: str = "process", *, distinct_sources: bool = True, lacks_clock: str = ""
    ) -> None:
        self.name = name
        self.lacks_clock = lacks_clock
        self.distinct_sources = distinct_sources

    def describe(self) -> str:
        return self.name

    def prepare(self, settings: ServerSettings, clock: timedelta | None = None) -> Any:
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
        ("requires: [server-clock]", ""),
        ("server: {address: ipv6}", "needs a server on IPv6, and the process backend listens on IPv4"),
        ("server: {clock: +1d}", ""),
        ("server: {known-nas: false}", ""),
    ],
)
def test_what_a_case_needs(written: Any, head: str, text: str) -> None:
    case = written.case(f"scenario: x\n{head}\nsteps: [reload]\n")
    assert missing_capability(case.scenario, Backend()) == text


@pytest.mark.parametrize(
    "text",
    [
        "scenario: x\nrequires: [server-clock]\nsteps: [reload]\n",
        "scenario: x\nserver: {clock: +1d}\nsteps: [reload]\n",
        "scenario: x\nsteps: [{clock: {advance: 1d}}]\n",
        "scenario: x\nsteps: [{clock: {at: 2090-01-01}}]\n",
        "scenario: x\nsteps: [{clock: {server: 0s}}]\n",
    ],
)
def test_a_clock_that_cannot_be_moved_says_what_to_install(written: Any, text: str) -> None:
    backend = Backend(lacks_clock="install the package faketime")
    wanted = "needs a server whose clock can be moved; install the package faketime"
    assert missing_capability(written.case(text).scenario, backend) == wanted


def test_the_clock_of_a_device_needs_no_server(written: Any) -> None:
    case = written.case("scenario: x\nsteps: [{clock: {device: +1d}}, {wait: 1d}]\n")
    assert missing_capability(case.scenario, Backend(lacks_clock="no")) == ""


def test_a_hidden_source_cannot_be_unknown(written: Any) -> None:
    case = written.case("scenario: x\nserver: {known-nas: false}\nsteps: [reload]\n")
    assert missing_capability(case.scenario, Backend("container", distinct_sources=False)) == (
        "needs a server that sees where requests come from; a published container port hides it"
    )
