"""Finds what travels beside the code: the server's configuration and the built-in scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from harness.errors import EnvironmentUnavailable

_PACKAGE = Path(__file__).parent


def resource_path(name: Literal["radius", "scenarios"]) -> Path:
    """Return the folder of that name, of an installed wheel or of a checkout.

    Raises :class:`EnvironmentUnavailable` when the installation is incomplete.
    """
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise EnvironmentUnavailable(
        f"the folder {name}/ that belongs to the harness is missing beside {_PACKAGE}",
        hint="install the package again, or work in a complete checkout",
    )
