"""Chooses the way to run servers: the first that works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from harness.errors import EnvironmentUnavailable
from harness.server.leftovers import sweep_folders

if TYPE_CHECKING:
    from harness.server.backend import Backend

BackendKind = Literal["auto", "container", "process"]


def choose_backend(kind: BackendKind = "auto", version: str | None = None, run_id: str = "") -> Backend:
    """Return the backend asked for, or with ``auto`` a container, or else a local process.

    ``version`` is a FreeRADIUS version; for containers the name of a Debian release will do as
    well. ``Backend.describe()`` tells what was taken, and why if there was a choice. Raises
    :class:`EnvironmentUnavailable` when nothing works. What dead runs have left behind goes on the way.
    """
    sweep_folders()
    if kind == "container":
        return _container(version, run_id)
    if kind == "process":
        return _process(version)
    try:
        return _container(version, run_id)
    except EnvironmentUnavailable as no_container:
        try:
            return _process(version, reason=no_container.message)
        except EnvironmentUnavailable as no_process:
            raise EnvironmentUnavailable(
                f"no server can be run: {no_container.message}, and {no_process.message}",
                hint="run radius/setup-server.sh, or install the package freeradius",
            ) from None


def _container(version: str | None, run_id: str) -> Backend:
    from harness.server.container import ContainerBackend

    return ContainerBackend(version, run_id)


def _process(version: str | None, reason: str = "") -> Backend:
    from harness.server.process import ProcessBackend

    backend = ProcessBackend(reason=reason)
    if version not in {None, backend.version}:
        raise EnvironmentUnavailable(
            f"the FreeRADIUS on this machine is {backend.version}, not {version}",
            hint="use the container backend for other versions",
        )
    return backend
