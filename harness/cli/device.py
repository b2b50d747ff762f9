"""``eaptls device``: a virtual device kept in a directory, driven as the real one is."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import typer
from typer.core import TyperGroup

_HELP = "A virtual device kept in a directory, with the commands of a real one."


class _Later(TyperGroup):
    """Its two dozen commands are imported when one of them is asked for, so that ``eaptls --help`` is quick."""

    _found: MutableMapping[str, Any] | None = None

    @property
    def commands(self) -> MutableMapping[str, Any]:
        """The commands and groups by name."""
        if self._found is None:
            from harness.cli import device_commands

            self._found = device_commands.commands()
        return self._found

    @commands.setter
    def commands(self, none: MutableMapping[str, Any]) -> None:
        """Take what typer found to be registered: nothing."""


def build() -> typer.Typer:
    """Return the group of commands on a device."""
    app = typer.Typer(cls=_Later, help=_HELP, no_args_is_help=True)
    app.callback()(_group)
    return app


def _group() -> None:
    """A virtual device kept in a directory, with the commands of a real one."""  # noqa: D401 - shown as help
