"""Documents as octets, as the device writes them, and what is said to a request that is no HTTP."""

from __future__ import annotations

import json
import logging

from aiohttp import web

from harness.rest.documents import Document
from harness.rest.numbers import HttpError, Refused

API_VERSION = "4.6.0"
"""The version of the public description that this interface follows; every answer carries it."""
VERSION_HEADER = "REST-API-Version"

_LOGGER = logging.getLogger(__name__)
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False
"""Takes what the library would write to the terminal, tracebacks among it: whatever a client sends is no defect."""


def encoded(document: Document) -> bytes:
    r"""Write a document as the device does: nothing between its parts, UTF-8, a slash as ``\/``."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    # Slashes stand inside strings alone.
    return text.replace("/", "\\/").encode(errors="backslashreplace")


def response(document: Document, status: int = 200) -> web.Response:
    """Return a document as an answer."""
    return web.Response(body=encoded(document), status=status, content_type="application/json")


def refusal(refused: Refused) -> web.Response:
    """Return the answer to a request that is refused."""
    return response({"error": refused.number}, refused.status)


async def expected(request: web.Request) -> None:
    """Let a client send its body that waits to be told (RFC 9110 10.1.1); what else it expects is ignored."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # What comes next is the first of the answer, to the library too.
        request.writer.output_size = 0


class Runner(web.AppRunner):
    """Runs the application; a request that is no HTTP gets a number too."""

    def __init__(self, app: web.Application, shutdown_timeout: float) -> None:
        super().__init__(app, access_log=None, shutdown_timeout=shutdown_timeout, logger=_LOGGER)

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made.request_handler, request_factory=made.request_factory, **made._kwargs)  # noqa: SLF001


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Handler(self, loop=self._loop, **self._kwargs)


class _Handler(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what could not be read, and end the connection."""
        del message  # it repeats what was sent
        if request.writer.output_size > 0:
            raise ConnectionError("half an answer was sent already") from exc
        answer = refusal(Refused(HttpError.INVALID_PROTOCOL, "", status if status < 500 else None))
        answer.headers[VERSION_HEADER] = API_VERSION
        answer.force_close()
        return answer
