from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from harness.errors import EnvironmentUnavailable
from harness.server.container import choose_tag, known_version
from harness.server.engine import _stale, _unframed

_TAGS = ("3.0.21", "3.2.1", "bookworm", "bullseye")


def test_the_preferred_image() -> None:
    assert choose_tag(_TAGS, None) == "bookworm"
    assert choose_tag(("trixie",), None) == "trixie"


@pytest.mark.parametrize("version", ["3.0.21", "bullseye"])
def test_a_version_or_a_release(version: str) -> None:
    assert choose_tag(_TAGS, version) == version


def test_what_is_not_there() -> None:
    with pytest.raises(EnvironmentUnavailable) as missing:
        choose_tag((), None)
    assert str(missing.value) == "there is no image eaptls-freeradius; make it: make image"
    with pytest.raises(EnvironmentUnavailable) as missing:
        choose_tag(("bookworm",), "3.2.7")
    assert str(missing.value) == (
        "there is no image eaptls-freeradius:3.2.7; there are bookworm; "
        "make it: SUITE=<a Debian release with FreeRADIUS 3.2.7> make image"
    )


def test_another_tag_may_tell_the_version() -> None:
    images = {"bookworm": "a", "3.2.1": "a", "trixie": "b"}
    assert known_version(images, "bookworm") == "3.2.1"
    assert known_version(images, "3.2.1") == "3.2.1"
    assert known_version(images, "trixie") == ""


@pytest.mark.parametrize(
    ("status", "minutes", "stale"),
    [("created", 61, True), ("created", 59, False), ("running", 61, False), ("exited", 61, False)],
)
def test_a_container_that_was_not_started_for_an_hour_is_nobodys(
    status: str, minutes: int, *, stale: bool
) -> None:
    created = datetime.now(UTC) - timedelta(minutes=minutes)
    # As the engine writes it: nanoseconds, and a letter for the zone.
    text = created.strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"
    assert _stale(SimpleNamespace(status=status, attrs={"Created": text})) is stale


def test_what_a_container_writes_comes_in_frames() -> None:
    first, second = bytes([1, 0, 0, 0, 0, 0, 0, 3]) + b"Fre", bytes([2, 0, 0, 0, 0, 0, 0, 2]) + b"eR"
    assert b"".join(_unframed(first + second)) == b"FreeR"
    assert b"".join(_unframed(first + second[:-1])) == b"Free"
    assert b"".join(_unframed(b"")) == b""
