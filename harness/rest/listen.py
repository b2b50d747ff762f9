"""Listens with the interface until it is told to stop."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Event

from aiohttp import web

from harness.errors import EnvironmentUnavailable
from harness.rest.calls import Surroundings
from harness.rest.hosting import Hold, Host
from harness.rest.joiner import Associate, Joiner
from harness.rest.service import application
from harness.rest.wire import Runner

_LOOK = 0.1
"""Seconds between two looks at whether to stop."""
_GRACE = 1.0
"""Seconds that a request has to end when the interface stops."""


def serve(
    hold: Hold,
    around: Surroundings,
    port: int,
    context: ssl.SSLContext,
    *,
    associate: Associate | None,
    ready: Callable[[int], None],
    say: Callable[[str], None],
    stop: Event,
) -> None:
    """Serve the device on ``around.address`` until ``stop`` is set.

    ``ready`` is told the port, which the system chose if ``port`` is 0. Without ``associate`` the device
    joins nothing. Raises :class:`EnvironmentUnavailable` when the port cannot be had.
    """
    asyncio.run(_serve(hold, around, port, context, associate, ready, say, stop))


async def _serve(
    hold: Hold,
    around: Surroundings,
    port: int,
    context: ssl.SSLContext,
    associate: Associate | None,
    ready: Callable[[int], None],
    say: Callable[[str], None],
    stop: Event,
) -> None:
    host = Host(hold, say)
    joiner = Joiner(host, around, associate, say) if associate else None
    asyncio.get_running_loop().set_exception_handler(partial(_trouble, say))
    runner = Runner(application(host, around, say, joiner), _GRACE)
    await runner.setup()
    try:
        site = web.TCPSite(runner, around.address, port, ssl_context=context)
        try:
            await site.start()
        except OSError as error:
            where = f"{around.address}:{port}"
            raise EnvironmentUnavailable(
                f"cannot listen on {where}: {error.strerror}", hint="choose another --port"
            ) from None
        ready(runner.addresses[0][1])
        await _told(stop)
    finally:
        await runner.cleanup()
        host.close()


def _trouble(
    say: Callable[[str], None], _loop: asyncio.AbstractEventLoop, context: dict[str, object]
) -> None:
    """Say in one line what went wrong below the requests: TLS that is none, a connection that broke."""
    error = context.get("exception")
    with suppress(OSError, ValueError):
        say(f"a connection ended: {type(error).__name__ if error else context.get('message')}")


async def _told(stop: Event) -> None:
    """Wait for an event that a signal handler sets."""
    # A thread would have to be woken at the end; a look now and then costs less.
    while not stop.is_set():  # noqa: ASYNC110 - the event is not asyncio's
        await asyncio.sleep(_LOOK)
