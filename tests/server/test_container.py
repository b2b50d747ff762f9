from __future__ import annotations

import pytest

from harness.errors import EnvironmentUnavailable
from harness.server.container import choose_tag, known_version

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
