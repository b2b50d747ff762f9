"""The connection to the container engine: how long its answers are waited for, and what their lack is called."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.errors import EnvironmentUnavailable

if TYPE_CHECKING:
    import docker

_ANSWERS_WITHIN = 5.0
"""Seconds for an engine to say what it is; a good one takes a hundredth of one."""
_WORKS_WITHIN = 30.0
"""Seconds for all that it is asked to do: making and starting containers takes long on a busy machine."""
_RESTART = "restart Docker, or use --server process"


def connect() -> tuple[docker.DockerClient, dict[str, object]]:
    """Return a client of the engine, and what the engine says of itself.

    Raises :class:`EnvironmentUnavailable` when there is none, or it accepts and does not answer.
    """
    # Late: the SDK takes 0.1 s to import.
    import docker
    from docker.errors import DockerException

    deadline = time.monotonic() + _ANSWERS_WITHIN
    with contextlib.ExitStack() as failing:
        try:
            client = docker.from_env(timeout=_ANSWERS_WITHIN)
            failing.callback(client.close)
            client.api.timeout = max(0.1, deadline - time.monotonic())
            info = client.info()
        except (DockerException, OSError) as error:
            raise _unavailable(error) from None
        failing.pop_all()
    client.api.timeout = _WORKS_WITHIN
    return client, info


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """Raise :class:`EnvironmentUnavailable` for an engine that falls silent."""
    from requests.exceptions import Timeout

    try:
        yield
    except Timeout:
        raise EnvironmentUnavailable("the container engine does not answer any more", hint=_RESTART) from None


def _unavailable(error: Exception) -> EnvironmentUnavailable:
    if _is_silence(error):
        return EnvironmentUnavailable(
            f"the container engine does not answer within {_ANSWERS_WITHIN:g} s", hint=_RESTART
        )
    return EnvironmentUnavailable("no container engine answers", hint="install Docker and start it")


def _is_silence(error: BaseException | None) -> bool:
    """Whether an exception is, or was made of, one that says that time is up."""
    from requests.exceptions import Timeout

    return error is not None and (isinstance(error, Timeout) or _is_silence(error.__cause__))
