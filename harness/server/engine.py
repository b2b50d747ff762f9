"""The container engine, as far as servers need it."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import EnvironmentUnavailable
from harness.server.local import Identity
from harness.server.ownership import Owner, this_process
from harness.server.process import parse_version
from harness.server.raddb import openssl_environment

if TYPE_CHECKING:
    import docker
    from docker.models.containers import Container

IMAGE = "eaptls-freeradius"
_OWNER_LABEL = "org.eaptls.owner"
_RUN_LABEL = "org.eaptls.run"
_RADDB = "/raddb"
"""Where a container has its server's directory, whatever that is called outside."""
_MAKE_IMAGE = "make it: make image"

# The log goes where a local process's log goes, so one reader serves both. Standard input is held
# open by the harness: when the harness is gone, however it went, the engine closes it, the server
# (process 1 of its container) is ended, and the engine removes the container.
_SERVE = (
    "exec 3<&0 </dev/null; (read -r _ <&3; kill -TERM 1) & exec 3<&-; "
    "exec freeradius -fxx -l stdout -d . >>run/server.log 2>&1"
)


@dataclass(slots=True)
class Running:
    """A container, and the connection whose end means the end of the container."""

    container: Container
    stream: socket.SocketIO

    @property
    def alive(self) -> bool:
        """Whether the container runs; asks no one, so it costs microseconds."""
        readable, _, _ = select.select([self.stream], [], [], 0)
        return not readable or bool(os.read(self.stream.fileno(), 64))

    def kill(self, signal: str) -> None:
        """Send a signal; no effect on a container that is gone."""
        with _gone_is_fine():
            self.container.kill(signal)

    def remove(self, within: float) -> None:
        """Wait up to ``within`` seconds for its end; then it is removed by force."""
        deadline = time.monotonic() + within
        while self.alive and time.monotonic() < deadline:
            time.sleep(0.005)
        self.discard()

    def discard(self) -> None:
        """Remove it by force, if it is still there, and close the connection."""
        with _gone_is_fine():
            self.container.remove(force=True)
        # Closing the stream leaves the socket under it open, and the SDK gives nothing else.
        connection = self.stream._sock  # type: ignore[attr-defined] # noqa: SLF001
        self.stream.close()
        connection.close()


class Engine:
    """A connection to the container engine.

    Raises :class:`EnvironmentUnavailable` when none answers.
    """

    def __init__(self) -> None:
        # Late: the SDK takes 0.1 s to import.
        import docker
        from docker.errors import DockerException

        try:
            self._client: docker.DockerClient = docker.from_env(timeout=30)
            self._info: dict[str, object] = self._client.info()
        except (DockerException, OSError):
            raise EnvironmentUnavailable(
                "no container engine answers", hint="install Docker and start it"
            ) from None

    @property
    def version(self) -> str:
        """The engine's own version."""
        return str(self._info.get("ServerVersion", ""))

    @cached_property
    def host_network(self) -> bool:
        """Whether a container on the host's network shares this machine's loopback."""
        return (
            sys.platform == "linux"
            and self._info.get("OSType") == "linux"
            and "Desktop" not in str(self._info.get("OperatingSystem"))
            and "rootless" not in str(self._info.get("SecurityOptions"))
            and str(self._client.api.base_url).startswith("http+docker://")
        )

    def images(self) -> dict[str, str]:
        """Return the FreeRADIUS images that are there: the id by tag, e.g. ``bookworm``."""
        images = self._client.images.list(name=IMAGE)
        return {tag.partition(":")[2]: image.id for image in images for tag in sorted(image.tags)}

    def freeradius_version(self, tag: str) -> str:
        """Return the version of FreeRADIUS in an image; it is asked for it in a container."""
        output: bytes = self._client.containers.run(
            f"{IMAGE}:{tag}",
            ["-v"],
            remove=True,
            network_mode="none",
            read_only=True,
            labels=self._labels(""),
        )
        version = parse_version(output.decode(errors="replace"))
        if not version:
            raise EnvironmentUnavailable(
                f"the image {IMAGE}:{tag} does not tell its FreeRADIUS version", hint=_MAKE_IMAGE
            )
        return version

    def run(self, tag: str, directory: str, port: int, identity: Identity, run_id: str) -> Running:
        """Start a server that finds its files in ``directory`` and listens on ``port``.

        Raises :class:`EnvironmentUnavailable` with the engine's words when it refuses.
        """
        from docker.errors import APIError
        from docker.types import LogConfig, Mount

        network: dict[str, object] = {"network_mode": "host"}
        if not self.host_network:
            # The same port inside: the engine's clean-up of stale connections looks at that one.
            network = {"ports": {f"{port}/udp": ("127.0.0.1", port)}}
        try:
            container = self._client.containers.create(
                f"{IMAGE}:{tag}",
                [_SERVE],
                entrypoint=["/bin/sh", "-c"],
                user=f"{identity.uid}:{identity.gid}",
                environment={
                    "EAPTLS_LISTEN": "127.0.0.1" if self.host_network else "*",
                    "EAPTLS_PORT": str(port),
                    **openssl_environment(Path(directory), seen_as=_RADDB),
                },
                working_dir=_RADDB,
                # Not volumes: those are written as text, in which a colon has a meaning.
                mounts=[
                    Mount(_RADDB, directory, type="bind", read_only=True),
                    Mount(f"{_RADDB}/run", f"{directory}/run", type="bind"),
                ],
                tmpfs={"/tmp": "size=4m"},  # noqa: S108 - the container's own
                read_only=True,
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
                pids_limit=64,
                stdin_open=True,
                auto_remove=True,
                log_config=LogConfig(type="none"),
                labels=self._labels(run_id),
                **network,
            )
            return self._start(container)
        except APIError as error:
            raise EnvironmentUnavailable(
                f"the container engine does not start {IMAGE}:{tag}: {error.explanation}",
                hint=_MAKE_IMAGE if error.status_code == 404 else "see what the engine says",
            ) from None

    @staticmethod
    def _start(container: Container) -> Running:
        ends = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        running = Running(container, container.attach_socket(params=ends))
        try:
            container.start()
        except BaseException:
            running.discard()
            raise
        return running

    def remove_left_behind(self) -> Iterator[str]:
        """Remove the containers whose owner is dead, and yield their names."""
        labelled = {"label": _OWNER_LABEL}
        for container in self._client.containers.list(all=True, filters=labelled, ignore_removed=True):
            owner = Owner.parse(container.labels.get(_OWNER_LABEL, ""))
            if owner is None or not owner.alive:
                with _gone_is_fine():
                    container.remove(force=True)
                    yield container.name

    def close(self) -> None:
        """Close the connections to the engine."""
        self._client.close()

    @staticmethod
    def _labels(run_id: str) -> dict[str, str]:
        return {_OWNER_LABEL: str(this_process()), _RUN_LABEL: run_id}


@contextlib.contextmanager
def _gone_is_fine() -> Iterator[None]:
    """Ignore the engine's word that a container is gone, stopped or going."""
    from docker.errors import APIError

    try:
        yield
    except APIError as error:
        if error.status_code not in {404, 409}:
            raise
