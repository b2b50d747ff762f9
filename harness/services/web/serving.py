"""HTTP/1.1 on the server's side of one connection; h11 knows the protocol, this knows the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import h11
from OpenSSL import SSL

from harness.services.web.messages import Reply, Request, phrase
from harness.services.web.stream import Stream


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a service takes of one client: octets of headers and body, seconds for the whole connection."""

    headers: int = 16 * 1024
    body: int = 256 * 1024
    seconds: float = 10.0


class Broken(Exception):
    """What the client sent is no request that can be handled; ``reply`` is the answer to it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.reply = Reply.text(status, why)


def read_request(stream: Stream, limits: Limits) -> Request:
    """Read one request; raises :class:`Broken`, and what :class:`Stream` raises."""
    http = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.headers)
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = _next(stream, http)
        if isinstance(event, h11.Request):
            head = event
            # h11 limits what has come in parts; a whole head may come at once.
            if sum(len(name) + len(value) for name, value in head.headers) > limits.headers:
                raise Broken(431, f"the headers are longer than {limits.headers} octets")
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > limits.body:
                raise Broken(413, f"the body is longer than {limits.body} octets")
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return _request(head, bytes(body))
        else:
            raise Broken(400, "the request ends before it is complete")


def write_reply(stream: Stream, reply: Reply, request: Request | None, cut_after: int | None) -> bool:
    """Send a reply and return whether it was cut short on purpose."""
    # A connection of its own: what was read may have been no HTTP at all, and it is answered all the same.
    http = h11.Connection(h11.SERVER)
    method = request.method if request else "GET"
    http.receive_data(f"{method} / HTTP/1.1\r\nhost: x\r\n\r\n".encode("ascii"))
    http.next_event()
    named = [(name.lower(), value) for name, value in reply.headers.items()]
    if not any(name == "content-length" for name, _ in named):
        named.append(("content-length", str(len(reply.body))))
    named.append(("connection", "close"))
    head = h11.Response(
        status_code=reply.status,
        headers=named,
        reason=(reply.reason or phrase(reply.status)).encode("latin-1"),
    )
    data = http.send(head) or b""
    if method != "HEAD":
        data += reply.body
    if cut_after is not None and cut_after < len(data):
        stream.send(data[:cut_after])
        return True
    stream.send(data)
    return False


def _next(stream: Stream, http: h11.Connection) -> h11.Event:
    while True:
        try:
            event = http.next_event()
        except h11.RemoteProtocolError as error:
            status = error.error_status_hint or 400
            raise Broken(status, f"this is no HTTP request: {error}") from None
        if isinstance(event, h11.Event):
            return event
        if http.they_are_waiting_for_100_continue:
            stream.send(http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
        try:
            http.receive_data(stream.receive())
        except SSL.SysCallError:
            raise Broken(400, "the request ends before it is complete") from None


def _request(head: h11.Request, body: bytes) -> Request:
    path, _, query = head.target.decode("ascii", "replace").partition("?")
    return Request(head.method.decode("ascii"), path, query, _headers(head.headers), body)


def _headers(pairs: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        key, text = name.decode("ascii").lower(), value.decode("latin-1")
        joined[key] = f"{joined[key]}, {text}" if key in joined else text
    return joined
