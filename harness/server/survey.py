"""What this machine has to run servers and checks with; looks, and changes nothing."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from harness.errors import EnvironmentUnavailable


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that the harness can use. ``how_to_get`` is set for what is missing."""

    name: str
    present: bool
    detail: str = ""
    how_to_get: str = ""
    needed_for: str = ""


def survey() -> list[Item]:
    """Return what is there and what is not; takes a fraction of a second and asks no registry."""
    engine, image = _containers()
    return [
        Item("python", present=True, detail=platform.python_version(), needed_for="everything"),
        engine,
        image,
        _freeradius(),
        _faketime(),
        _tool("eapol_test", "the interoperability tests", "apt-get install eapoltest"),
        _tool("tshark", "reading captures", "apt-get install tshark"),
        _tool("mmdebstrap", "the image without a registry", "apt-get install mmdebstrap"),
    ]


def can_serve(items: list[Item]) -> bool:
    """Whether some server can be run with what is there."""
    present = {item.name for item in items if item.present}
    return "freeradius" in present or {"container engine", "image"} <= present


def _containers() -> tuple[Item, Item]:
    from harness.server.engine import IMAGE, Engine

    needed_for = "servers in containers"
    try:
        engine = Engine()
    except EnvironmentUnavailable as missing:
        return (
            Item("container engine", present=False, how_to_get=missing.hint, needed_for=needed_for),
            Item("image", present=False, how_to_get="needs a container engine", needed_for=needed_for),
        )
    try:
        tags = ", ".join(engine.images())
        found = Item("container engine", present=True, detail=engine.version, needed_for=needed_for)
    finally:
        engine.close()
    if not tags:
        return found, Item("image", present=False, how_to_get="make image", needed_for=needed_for)
    return found, Item("image", present=True, detail=f"{IMAGE}: {tags}", needed_for=needed_for)


def _freeradius() -> Item:
    from harness.server.process import binary_version, find_binary

    needed_for = "servers as local processes"
    try:
        binary = find_binary()
        detail = f"{binary_version(binary)} at {binary}"
    except EnvironmentUnavailable as missing:
        return Item("freeradius", present=False, how_to_get=missing.hint, needed_for=needed_for)
    return Item("freeradius", present=True, detail=detail, needed_for=needed_for)


def _faketime() -> Item:
    from harness.server.faketime import PACKAGE, find_library

    needed_for, library = "moving the clocks of servers as local processes", find_library()
    if not library:
        how_to_get = f"install the package {PACKAGE}"
        return Item(PACKAGE, present=False, how_to_get=how_to_get, needed_for=needed_for)
    return Item(PACKAGE, present=True, detail=library, needed_for=needed_for)


def _tool(
    name: str, needed_for: str, how_to_get: str, which: Callable[[str], str | None] = shutil.which
) -> Item:
    path = which(name)
    if path is None:
        return Item(name, present=False, how_to_get=how_to_get, needed_for=needed_for)
    return Item(name, present=True, detail=path, needed_for=needed_for)
