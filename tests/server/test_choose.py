from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.errors import EnvironmentUnavailable
from harness.server.choose import choose_backend
from harness.server.process import find_binary


def _missing(message: str) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise EnvironmentUnavailable(message, hint="no matter")

    return fail


def test_nothing_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.server.container.Engine", _missing("no container engine answers"))
    monkeypatch.setattr(
        "harness.server.process.find_binary", _missing("there is no FreeRADIUS on this machine")
    )
    with pytest.raises(EnvironmentUnavailable) as nothing:
        choose_backend()
    assert str(nothing.value) == (
        "no server can be run: no container engine answers, and there is no FreeRADIUS on this machine; "
        "run radius/setup-server.sh, or install the package freeradius"
    )


@pytest.mark.server
def test_a_process_says_why_it_is_no_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.server.container.Engine", _missing("no container engine answers"))
    backend = choose_backend()
    assert backend.name == "process"
    assert backend.describe() == (
        f"process: FreeRADIUS {backend.version} at {find_binary()}, because no container engine answers"
    )


@pytest.mark.server
def test_another_version_needs_a_container() -> None:
    version = choose_backend("process").version
    with pytest.raises(EnvironmentUnavailable) as other:
        choose_backend("process", "9.9.9")
    assert str(other.value) == (
        f"the FreeRADIUS on this machine is {version}, not 9.9.9; use the container backend for other versions"
    )


@pytest.mark.container
def test_a_container_comes_first() -> None:
    backend = choose_backend()
    try:
        assert backend.name == "container"
        assert backend.describe().startswith(f"container: FreeRADIUS {backend.version} in eaptls-freeradius:")
    finally:
        backend.close()
