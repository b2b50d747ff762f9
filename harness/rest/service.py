"""The interface as an aiohttp application: every answer is JSON, every refusal ``{"error": number}``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from aiohttp import web
from aiohttp.typedefs import Middleware

from harness.device.device import Device
from harness.device.error_numbers import RestError
from harness.rest import routes
from harness.rest.calls import Call, Reply, Surroundings, parse
from harness.rest.hosting import Host
from harness.rest.joiner import Joiner
from harness.rest.numbers import HttpError, Refused, RequestError
from harness.rest.routes import Route
from harness.rest.wire import API_VERSION, VERSION_HEADER, expected, refusal, response

MAX_BODY = 65536
"""Octets; a certificate, a key and a password take 17 KiB, and JSON may write them longer."""

_JSON = "application/json"
_Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(
    host: Host, around: Surroundings, say: Callable[[str], None], joiner: Joiner | None = None
) -> web.Application:
    """Return the application; with a ``joiner`` the device joins its networks while it runs.

    ``say`` takes one line per request: method, path, status, and why it was refused.
    """
    app = web.Application(client_max_size=MAX_BODY, middlewares=[_middleware(say)])
    for route in routes.ROUTES:
        answering = _answering(route, host, around, joiner)
        app.router.add_route(route.method, route.path, answering, expect_handler=expected)
    around.start()
    if joiner is not None:
        app.cleanup_ctx.append(_joining(joiner, say))
    return app


def _answering(route: Route, host: Host, around: Surroundings, joiner: Joiner | None) -> _Answering:
    async def answer(request: web.Request) -> web.StreamResponse:
        call = Call(request.match_info.get("part", ""), await _body(request) if route.body else {})

        def run(device: Device) -> Reply:
            if device.profile.locked and not route.free:
                raise Refused(RestError.NOT_AUTHORISED, "the device is locked")
            return route.handler(device, call, around)

        reply = await host.on(run)
        if joiner is not None and route.stirs:
            joiner.stir()
        if reply.octets is not None:
            return web.Response(body=reply.octets, content_type="application/octet-stream")
        return response(reply.document, reply.status)

    return answer


async def _body(request: web.Request) -> dict[str, object]:
    if request.content_type != _JSON:
        text = f"the body is {request.content_type}, not {_JSON}"
        raise Refused(RequestError.INVALID_JSON, text, status=415)
    if (request.content_length or 0) > MAX_BODY:
        raise Refused(HttpError.INVALID_CONTENT_LENGTH, f"the body has {request.content_length} bytes")
    try:
        return parse(await request.read())
    except web.HTTPRequestEntityTooLarge:
        # Sent in pieces, so that its length was not known before.
        raise Refused(RestError.ENTITY_TOO_LARGE, f"the body has more than {MAX_BODY} bytes") from None


def _middleware(say: Callable[[str], None]) -> Middleware:
    @web.middleware
    async def answered(request: web.Request, handler: _Answering) -> web.StreamResponse:
        reason = ""
        try:
            answer = await handler(request)
        except Refused as refused:
            reason = str(refused)
            answer = refusal(refused)
        except web.HTTPMethodNotAllowed as wrong:
            answer = refusal(Refused(HttpError.INVALID_METHOD, ""))
            answer.headers["Allow"] = ", ".join(sorted(wrong.allowed_methods))
        except web.HTTPNotFound:
            answer = refusal(Refused(HttpError.INVALID_URI, ""))
        except (ConnectionError, web.RequestPayloadError):
            reason = "the body broke off, or its pieces are not what they say"
            answer = refusal(Refused(HttpError.INVALID_PROTOCOL, reason))
        except Exception as error:  # noqa: BLE001 - a client gets a number, whatever happens
            # The exception's own text may hold what was in the body.
            reason = f"defect in eaptls: {type(error).__name__}"
            answer = refusal(Refused(RequestError.INTERNAL, reason))
        answer.headers[VERSION_HEADER] = API_VERSION
        # The path as it was sent: decoded it could hold line ends.
        line = f"{request.method} {request.rel_url.raw_path} {answer.status}"
        with suppress(OSError, ValueError):  # whoever reads along may have gone; the device serves on
            say(f"{line}: {reason}" if reason else line)
        return answer

    return answered


def _joining(joiner: Joiner, say: Callable[[str], None]) -> Callable[[web.Application], AsyncIterator[None]]:
    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            say(f"defect in eaptls: {type(task.exception()).__name__}; no network is joined any more")

    async def context(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(joiner.run())
        task.add_done_callback(ended)
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return context
