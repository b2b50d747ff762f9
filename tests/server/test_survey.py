from __future__ import annotations

import pytest

from harness.errors import EnvironmentUnavailable
from harness.server.survey import Item, can_serve, survey


def test_a_bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_engine() -> None:
        raise EnvironmentUnavailable("no container engine answers", hint="install Docker and start it")

    monkeypatch.setattr("harness.server.engine.Engine", no_engine)
    monkeypatch.setattr("harness.server.process._SYSTEM_FOLDERS", ())
    monkeypatch.setattr("harness.server.faketime.find_library", lambda: "")
    monkeypatch.setenv("PATH", "/nonexistent")
    items = {item.name: item for item in survey()}
    assert [name for name, item in items.items() if item.present] == ["python"]
    assert items["container engine"].how_to_get == "install Docker and start it"
    assert items["tshark"].how_to_get == "apt-get install tshark"
    assert all(item.how_to_get for item in items.values() if not item.present)
    assert not can_serve(list(items.values()))


@pytest.mark.parametrize(
    ("present", "serves"),
    [
        ({"freeradius"}, True),
        ({"container engine", "image"}, True),
        ({"container engine"}, False),
        ({"eapol_test", "tshark"}, False),
    ],
)
def test_what_it_takes_to_serve(present: set[str], *, serves: bool) -> None:
    names = {"freeradius", "container engine", "image", "eapol_test", "tshark"}
    assert can_serve([Item(name, present=name in present) for name in names]) is serves
