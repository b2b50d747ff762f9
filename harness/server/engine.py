"""The container engine, as far as servers need it."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import EnvironmentUnavailable
from harness.server import faketime
from harness.server.engine_client import answering, connect
from harness.server.folders import claimed
from harness.server.local import Identity
from harness.server.ownership import Life, Owner, this_process
from harness.server.process import parse_version
from harness.server.raddb import openssl_environment

if TYPE_CHECKING:
    from docker.models.containers import Container

IMAGE = "eaptls-freeradius"
_OWNER_LABEL = "org.eaptls.held-by"
_FOLDER_LABEL = "org.eaptls.folder"
# Of versions that told a process's number alone, and removed whatever had another form.
_EARLIER_LABEL = "org.eaptls.owner"
_RUN_LABEL = "org.eaptls.run"
_CLOCK_LABEL = "org.eaptls.faketime"
"""What radius/Dockerfile puts on images that have the library."""
_RADDB = "/raddb"
"""Where a container has its server's directory, whatever that is called outside."""
_MAKE_IMAGE = "make it: make image"

# Standard input is the lifeline: the harness alone holds its other end, and when the harness is gone,
# however it went, the engine closes it. No program is started before the harness has said a word that
# the container is up. From then on a reader waits for the end. The shell stays the first process: nothing
# inside a container can kill that one, and its end is the end of all the others. The engine then
# removes the container.
_AWAIT_WORD = "exec 3<&0 </dev/null; read -r _ <&3 || exit 0; "
# The log goes where a local process's log goes, so one reader serves both.
_SERVE = _AWAIT_WORD + (
    """trap '[ "$server" ] || exit 0; kill -TERM "$server"' TERM; """
    "$EAPTLS_CLOCK freeradius -fxx -l stdout -d . 3<&- >>run/server.log 2>&1 & server=$!; "
    '(read -r _ <&3; kill -KILL "$server") & exec 3<&-; '
    # A signal ends the first wait.
    'wait "$server"; wait "$server"'
)
# There `$LIB` stands for the image's own library folder (ld.so(8)).
_PRELOADING = " ".join(faketime.preloading("/usr/$LIB/faketime/libfaketimeMT.so.1"))
_TELL_VERSION = _AWAIT_WORD + "exec 3<&-; exec freeradius -v"
_VERSION_WITHIN = 10.0
_STALE_AFTER = 3600.0
"""Seconds after which a container that was never started is nobody's: runs start theirs at once."""


@dataclass(slots=True)
class Running:
    """A container, and the connection whose end means the end of the container."""

    container: Container
    stream: socket.SocketIO

    @property
    def alive(self) -> bool:
        """Whether the container runs; asks no one, so it costs microseconds."""
        try:
            readable, _, _ = select.select([self.stream], [], [], 0)
            return not readable or bool(os.read(self.stream.fileno(), 64))
        except (OSError, ValueError):
            # Another thread has closed the connection.
            return False

    def begin(self) -> None:
        """Say the word that the container waits for."""
        with contextlib.suppress(OSError):
            self._connection.sendall(b"\n")

    def output(self, within: float) -> bytes:
        """Return all that it writes until it ends, or in ``within`` seconds."""
        deadline = time.monotonic() + within
        framed = b""
        while (left := deadline - time.monotonic()) > 0:
            readable, _, _ = select.select([self.stream], [], [], left)
            more = os.read(self.stream.fileno(), 65536) if readable else b""
            if not more:
                break
            framed += more
        return b"".join(_unframed(framed))

    @property
    def _connection(self) -> socket.socket:
        # The SDK gives a stream that can only be read, and nothing else.
        connection: socket.socket = self.stream._sock  # type: ignore[attr-defined] # noqa: SLF001
        return connection

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
        try:
            with _gone_is_fine():
                self.container.remove(force=True)
        finally:
            # Closing the stream leaves the socket under it open.
            connection = self._connection
            self.stream.close()
            connection.close()


class Engine:
    """A connection to the container engine.

    Raises :class:`EnvironmentUnavailable` when none answers, and whatever it is asked when it falls silent.
    """

    def __init__(self) -> None:
        self._client, self._info = connect()

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
        with answering():
            images = self._client.images.list(name=IMAGE)
        return {tag.partition(":")[2]: image.id for image in images for tag in sorted(image.tags)}

    def has_faketime(self, tag: str) -> bool:
        """Whether an image says that the clock of its servers can be moved."""
        with answering():
            labels = self._client.images.get(f"{IMAGE}:{tag}").labels
        return bool(labels.get(_CLOCK_LABEL))

    def freeradius_version(self, tag: str) -> str:
        """Return the version of FreeRADIUS in an image; it is asked for it in a container."""
        with self._refusals(tag):
            container = self._client.containers.create(
                f"{IMAGE}:{tag}",
                [_TELL_VERSION],
                network_mode="none",
                **self._confined(),
                labels=self._labels(""),
            )
            running = self._start(container)
        try:
            output = running.output(_VERSION_WITHIN)
        finally:
            running.discard()
        version = parse_version(output.decode(errors="replace"))
        if not version:
            raise EnvironmentUnavailable(
                f"the image {IMAGE}:{tag} does not tell its FreeRADIUS version", hint=_MAKE_IMAGE
            )
        return version

    def run(
        self, tag: str, directory: str, port: int, identity: Identity, run_id: str, *, moved: bool = False
    ) -> Running:
        """Start a server that finds its files in ``directory`` and listens on ``port``.

        ``moved``: with a clock that :func:`harness.server.faketime.write` moves. Raises :class:`EnvironmentUnavailable` with the engine's words when it refuses.
        """
        from docker.types import Mount

        network: dict[str, object] = {"network_mode": "host"}
        if not self.host_network:
            # The same port inside: the engine's clean-up of stale connections looks at that one.
            network = {"ports": {f"{port}/udp": ("127.0.0.1", port)}}
        with self._refusals(tag):
            container = self._client.containers.create(
                f"{IMAGE}:{tag}",
                [_SERVE],
                user=f"{identity.uid}:{identity.gid}",
                environment={
                    "EAPTLS_LISTEN": "127.0.0.1" if self.host_network else "*",
                    "EAPTLS_PORT": str(port),
                    **openssl_environment(Path(directory), seen_as=_RADDB),
                    **(
                        {"EAPTLS_CLOCK": _PRELOADING, **faketime.environment(seen_as=_RADDB)} if moved else {}
                    ),
                },
                working_dir=_RADDB,
                # Not volumes: those are written as text, in which a colon has a meaning.
                mounts=[
                    Mount(_RADDB, directory, type="bind", read_only=True),
                    Mount(f"{_RADDB}/run", f"{directory}/run", type="bind"),
                ],
                tmpfs={"/tmp": "size=4m"},  # noqa: S108 - the container's own
                **self._confined(),
                labels=self._labels(run_id, directory),
                **network,
            )
            return self._start(container)

    @staticmethod
    def _confined() -> dict[str, object]:
        """Return what all containers have in common: a lifeline, no log, no rights."""
        from docker.types import LogConfig

        return {
            "entrypoint": ["/bin/sh", "-c"],
            "read_only": True,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            "pids_limit": 64,
            "stdin_open": True,
            "auto_remove": True,
            "log_config": LogConfig(type="none"),
        }

    @staticmethod
    @contextlib.contextmanager
    def _refusals(tag: str) -> Iterator[None]:
        """Raise what the engine refuses as :class:`EnvironmentUnavailable`, with its words."""
        from docker.errors import APIError

        try:
            with answering():
                yield
        except APIError as error:
            raise EnvironmentUnavailable(
                f"the container engine does not start {IMAGE}:{tag}: {error.explanation}",
                hint=_MAKE_IMAGE if error.status_code == 404 else "see what the engine says",
            ) from None

    @staticmethod
    def _start(container: Container) -> Running:
        ends = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        try:
            # The connection comes first: when it is lost, the container ends even if it starts later.
            running = Running(container, container.attach_socket(params=ends))
        except BaseException:
            with _gone_is_fine():
                container.remove(force=True)
            raise
        try:
            container.start()
            running.begin()
        except BaseException:
            running.discard()
            raise
        return running

    def remove_left_behind(self) -> Iterator[tuple[str, str]]:
        """Remove the containers whose owner is dead; yields their names, each with an empty text.

        A container that may belong to somebody else is left alone, and the text says why: an owner on
        another host or in another PID namespace cannot be seen. When he dies, a container that runs
        ends by itself; one that has not been started for an hour is removed. Raises
        :class:`EnvironmentUnavailable` when the engine stops answering.
        """
        from docker.errors import DockerException

        try:
            for label in (_OWNER_LABEL, _EARLIER_LABEL):
                found = self._client.containers.list(all=True, filters={"label": label}, ignore_removed=True)
                for container in found:
                    life, reason = _life(container.labels)
                    if life is Life.DEAD or (life is Life.UNKNOWN and _stale(container)):
                        with _gone_is_fine():
                            container.remove(force=True)
                            yield container.name, ""
                    elif life is Life.UNKNOWN:
                        yield container.name, reason
        except (DockerException, OSError):
            raise EnvironmentUnavailable("the container engine does not answer any more") from None

    def close(self) -> None:
        """Close the connections to the engine."""
        self._client.close()

    @staticmethod
    def _labels(run_id: str, directory: str = "") -> dict[str, str]:
        return {_OWNER_LABEL: str(this_process()), _FOLDER_LABEL: directory, _RUN_LABEL: run_id}


def _life(labels: Mapping[str, str]) -> tuple[Life, str]:
    """Return what is known of a container's owner, and why if it is not known.

    Where his process cannot be seen, the lock on his folder may be.
    """
    owner = Owner.parse(labels.get(_OWNER_LABEL, ""))
    if owner is None:
        return Life.UNKNOWN, "an earlier version made it"
    life = owner.life
    folder = labels.get(_FOLDER_LABEL, "")
    if life is Life.UNKNOWN and folder:
        with claimed(Path(folder)) as claim:
            if claim.owner == owner:
                life = claim.life
    return life, "of another host or namespace"


def _stale(container: Container) -> bool:
    """Whether it was made more than an hour ago and has never been started."""
    from datetime import UTC, datetime

    if container.status != "created":
        return False
    created = datetime.fromisoformat(str(container.attrs["Created"]))
    return (datetime.now(UTC) - created).total_seconds() > _STALE_AFTER


def _unframed(data: bytes) -> Iterator[bytes]:
    """Yield the payloads of a stream without a terminal: each has a head of eight octets."""
    while len(data) > 8:
        size = int.from_bytes(data[4:8])
        yield data[8 : 8 + size]
        data = data[8 + size :]


@contextlib.contextmanager
def _gone_is_fine() -> Iterator[None]:
    """Ignore the engine's word that a container is gone, stopped or going."""
    from docker.errors import APIError

    try:
        with answering():
            yield
    except APIError as error:
        if error.status_code not in {404, 409}:
            raise
