"""``eaptls tenant`` and ``eaptls ca-certificate``: a Security Service, with the commands of the documents."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

import typer
from typer.core import TyperGroup

_TENANT = "Tenants of a Security Service kept in a directory or served by eaptls services up."
_CA = "CA certificates of a tenant: list them, download them, prove that they are yours."
_SERVICES = "Services that devices and their operators talk to."


class _Later(TyperGroup):
    """Its commands are imported when one of them is asked for, so that ``eaptls --help`` is quick."""

    _find: Callable[[], MutableMapping[str, Any]]
    _found: MutableMapping[str, Any] | None = None

    @property
    def commands(self) -> MutableMapping[str, Any]:
        """The commands by name."""
        if self._found is None:
            self._found = self._find()
        return self._found

    @commands.setter
    def commands(self, none: MutableMapping[str, Any]) -> None:
        """Take what typer found to be registered: nothing."""


class _Tenant(_Later):
    def _find(self) -> MutableMapping[str, Any]:
        from harness.cli import tenant

        return tenant.commands()


class _Authority(_Later):
    def _find(self) -> MutableMapping[str, Any]:
        from harness.cli import ca_certificate

        return ca_certificate.commands()


class _Services(_Later):
    def _find(self) -> MutableMapping[str, Any]:
        from harness.cli import services_up

        return services_up.commands()


def register(app: typer.Typer) -> None:
    """Add the groups to the application."""
    for name, kind, words in (
        ("tenant", _Tenant, _TENANT),
        ("ca-certificate", _Authority, _CA),
        ("services", _Services, _SERVICES),
    ):
        group = typer.Typer(cls=kind, help=words, no_args_is_help=True)
        group.callback()(_group(words))
        app.add_typer(group, name=name)


def _group(words: str) -> Callable[[], None]:
    def group() -> None:
        pass

    group.__doc__ = words
    return group
