"""Whose is a line of FreeRADIUS's log? Decides for each passage, in the order of the log.

Every association has a UDP source port of its own, and on loopback usually an address of its own.
A debug log interleaves requests; this is how a line finds its source:

* ``(n) Received Access-Request Id I from A:P to ...`` binds request number *n* to A:P until
  ``(n) Finished request``. Numbered lines belong to that source.
* A line without a number that names address and port belongs to them. When it names no port, it
  belongs to the one request of that address of which nothing but its arrival has been logged; when
  that is not clear, to the address with port 0, and the reader decides.
* A failed name check repeats the two names of a numbered line before it.
* Any other line without a number belongs to the only request under way, or to none.

What cannot be attributed is left out: a record that might be somebody else's proves nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from harness.server.logged_certificate import last_certificate
from harness.server.loglines import Passage
from harness.server.records import LogEvent, LoggedCertificate, LogKind
from harness.trace import Endpoint

_HOUSEKEEPING = ("Thread ", "Threads: ", "Waking up in ", "Ready to process requests")
_COMPARED = re.compile(
    r"Certificate (?:CN|issuer) (\(.*\)) does not match specified (?:value|issuer) (\(.*\))"
)


@dataclass(slots=True)
class _Request:
    """A request under way: who sent it, and what its own lines have told so far.

    ``silent`` while nothing but its arrival has been logged. The log is read as it grows: ``last_line`` is
    where the next piece goes on.
    """

    source: Endpoint
    silent: bool = True
    compared: tuple[str, str] | None = None
    certificate: LoggedCertificate | None = None
    last_line: str = ""


class Attributed(NamedTuple):
    """Lines with their source (port 0: any port of that address) and what they say, where known."""

    source: Endpoint
    text: str
    events: tuple[LogEvent, ...] = ()


class Attribution:
    """Follows one log from its beginning; feed it every passage once."""

    def __init__(self) -> None:
        self._requests: dict[int, _Request] = {}

    def restart(self) -> None:
        """Forget the requests under way: a new server counts from 0 again."""
        self._requests.clear()

    def under_way(self, source: Endpoint) -> bool:
        """Whether a request of that source has been taken up and not been finished."""
        return any(request.source == source for request in self._requests.values())

    def feed(self, passage: Passage) -> Attributed | None:
        """Return the lines with their source, or ``None`` when they are nobody's for certain."""
        if passage.number < 0 and passage.text.startswith(_HOUSEKEEPING):
            return None  # two thirds of all passages, and no rule knows them
        under_way = self._requests.get(passage.number)
        events = passage.events(under_way.last_line if under_way else "")
        if passage.number >= 0:
            source = self._numbered(passage, events)
        else:
            source = self._unnumbered(events[0] if events else None)
        if source is None:
            return None
        return Attributed(source, passage.text, tuple(replace(event, source=source) for event in events))

    def _numbered(self, passage: Passage, events: list[LogEvent]) -> Endpoint | None:
        begun_by = passage.begun_by()
        if begun_by:
            self._requests[passage.number] = _Request(begun_by)
        request = self._requests.get(passage.number)
        if request is None:
            return None
        request.silent = begun_by is not None and "\n" not in passage.text
        request.compared = passage.compared() or request.compared
        request.last_line = passage.last_line
        _note_certificate(request, passage.text, events)
        if passage.ends_request:
            del self._requests[passage.number]
        return request.source

    def _unnumbered(self, event: LogEvent | None) -> Endpoint | None:
        if event and event.source:
            return event.source if event.source.port else self._just_arrived(event)
        if event and event.kind is LogKind.NAME_CHECK_FAILED:
            return self._comparing(event)
        sources = {request.source for request in self._requests.values()}
        return sources.pop() if len(sources) == 1 else None

    def _just_arrived(self, event: LogEvent) -> Endpoint | None:
        """Return the sender of the only request that this line can be about.

        A dropped request gets no further line; it is finished here.
        """
        assert event.source is not None
        host = event.source.host
        arrived = [n for n, r in self._requests.items() if r.source.host == host and r.silent]
        if event.kind is not LogKind.SECRET_WRONG or len(arrived) != 1:
            return event.source
        return self._requests.pop(arrived[0]).source

    def _comparing(self, event: LogEvent) -> Endpoint | None:
        """Return the source whose certificate was compared with the very values of the event.

        Two requests with the same two values fail the same way, so the first one will do: the
        other gets a line of its own.
        """
        match = _COMPARED.fullmatch(event.detail)
        for request in self._requests.values():
            if match and request.compared == (match[1], match[2]):
                request.compared = None
                return request.source
        return None


def _note_certificate(request: _Request, text: str, events: list[LogEvent]) -> None:
    """Add to a verification error the certificate that the request's lines listed last before it."""
    at = next((at for at, event in enumerate(events) if event.kind is LogKind.VERIFY_ERROR), None)
    before = text if at is None else text.partition(events[at].text)[0]
    request.certificate = last_certificate(before, request.certificate)
    if at is not None:
        events[at] = replace(events[at], certificate=request.certificate)
