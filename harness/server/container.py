"""Runs FreeRADIUS in a container: read-only, without capabilities, unprivileged, loopback only."""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from harness.errors import EnvironmentUnavailable
from harness.server.engine import IMAGE, Engine, Running
from harness.server.faketime import PACKAGE
from harness.server.local import Identity, LocalBackend, LocalServer, Plan
from harness.server.settings import ServerSettings
from harness.server.sweeper import Sweeper

_PREFERRED_TAG = "bookworm"
_NOBODY = Identity(65534, 65534)
_END_WITHIN = 2.0


class ContainerServer(LocalServer):
    """One FreeRADIUS container; see :class:`harness.server.local.LocalServer`."""

    def __init__(
        self,
        settings: ServerSettings,
        plan: Plan,
        rng: random.Random,
        label: str,
        run: partial[Running],
        clock: timedelta | None = None,
    ) -> None:
        super().__init__(settings, plan, rng, label, clock)
        self._run = run
        self._running: Running | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        return self._running is not None and self._running.alive

    def terminate(self) -> None:
        """Ask it to end, without waiting."""
        if self._running is not None:
            self._running.kill("SIGTERM")

    def wait(self) -> None:
        """Wait until it has ended; it is killed if that takes more than two seconds."""
        running, self._running = self._running, None
        if running is not None:
            running.remove(_END_WITHIN)

    def _launch(self) -> None:
        moved = self._clock is not None
        self._running = self._run(directory=str(self.directory), port=self.endpoint.port, moved=moved)


class ContainerBackend(LocalBackend):
    """Launches containers of one image."""

    name = "container"

    def __init__(
        self, version: str | None = None, run_id: str = "", rng: random.Random | None = None
    ) -> None:
        """Connect to the engine and choose the image.

        ``version`` is a FreeRADIUS version or the name of a Debian release. Raises
        :class:`EnvironmentUnavailable` when there is no engine or no such image.
        """
        super().__init__()
        self._engine = Engine()
        try:
            images = self._engine.images()
            self._tag = choose_tag(tuple(images), version)
            self.version = known_version(images, self._tag) or self._engine.freeradius_version(self._tag)
        except BaseException:
            self._engine.close()
            raise
        self._sweep()
        self._rng = rng or random.SystemRandom()
        self._run_id = run_id
        identity = Identity(os.geteuid(), os.getegid()) if os.geteuid() else _NOBODY
        self._plan = Plan(identity, sees_sources=self.distinct_sources)
        self._sweeper = Sweeper()

    @property
    def distinct_sources(self) -> bool:
        """Whether a server sees the 127.x.y.z address that a request was sent from."""
        return self._engine.host_network

    def describe(self) -> str:
        """Return one line for people."""
        return f"{self.name}: FreeRADIUS {self.version} in {IMAGE}:{self._tag}"

    def close(self) -> None:
        """End every server, all at once."""
        super().close()
        self._engine.close()
        self._sweeper.dismiss()

    def _sweep(self) -> None:
        """Remove the containers of dead runs without a word; what cannot be done now is left to others."""
        with contextlib.suppress(EnvironmentUnavailable):
            for _ in self._engine.remove_left_behind():
                pass

    @property
    def lacks_clock(self) -> str:
        """Why no server's clock can be moved, and what to do about it; empty: it can."""
        if self._engine.has_faketime(self._tag):
            return ""
        return f"{IMAGE}:{self._tag} holds no {PACKAGE}; make it again: SUITE={self._tag} FORCE=1 make image"

    def _make(self, settings: ServerSettings, clock: timedelta | None) -> ContainerServer:
        label = f"FreeRADIUS {self.version} ({self.name})"
        run = partial(self._engine.run, self._tag, identity=self._plan.identity, run_id=self._run_id)
        return ContainerServer(settings, self._plan, self._rng, label, run, clock)


def known_version(images: Mapping[str, str], tag: str) -> str:
    """Return the version that another tag of the same image tells; asking the image takes 0.5 s."""
    return next((other for other, image in images.items() if image == images[tag] and other[0].isdigit()), "")


def choose_tag(tags: tuple[str, ...], version: str | None) -> str:
    """Return the tag to use; raises :class:`EnvironmentUnavailable` when there is none for it."""
    if version is None and tags:
        return _PREFERRED_TAG if _PREFERRED_TAG in tags else tags[0]
    if version in tags:
        return version
    if not tags:
        raise EnvironmentUnavailable(f"there is no image {IMAGE}", hint="make it: make image")
    raise EnvironmentUnavailable(
        f"there is no image {IMAGE}:{version}; there are {', '.join(tags)}",
        hint=f"make it: SUITE=<a Debian release with FreeRADIUS {version}> make image",
    )
