"""From the lines of a foreign log to sessions: what belongs to one attempt of one device to join.

A request has a number in the log. Requests belong together when one brings the ``State`` that the answer to
the other gave (RFC 2865 5.24); without that, each stands alone. A production log names only the last request
of a session, in its ``Login`` line. A line that may be another session's is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from harness.server.logged_certificate import last_certificate
from harness.server.loglines import Passage
from harness.server.logs.forms import LogLine
from harness.server.records import LogEvent, LogKind
from harness.trace import Endpoint

_AT_ONCE = 256
"""Requests that a server works on at once: more threads than it has by default."""
ACCEPT, REJECT = "Access-Accept", "Access-Reject"

_NUMBERED = re.compile(r"\((\d+)\) (.*)")
_ATTRIBUTE = re.compile(r"\(\d+\)   ([A-Z][\w.:-]*) [:+]?= (.*)")
_STATE = re.compile(r"(eap: Finished EAP session with state|&reply:State =) 0x([0-9a-f]{16})")
_SENT = re.compile(r"Sent (Access-\w+) Id \d+ from ")
_LOGIN = re.compile(
    r"Login (?P<how>OK|incorrect)(?: \(.*?\))?: \[(?P<user>.*?)(?:/<[^]]*>)?\] "
    r"\(from client (?P<client>\S+) port (?P<port>\d+)(?: cli (?P<cli>.*?))?(?P<inner> via TLS tunnel)?\)$"
)
_WHY = re.compile(r"Login incorrect \((.*?)\): \[")
_TOLD = re.compile(
    r"(?:[\w.-]+: +)?\(TLS\) (?:TLS - ?)?(?:recv|send) TLS .*(?:Handshake|Alert|ChangeCipherSpec)"
)
_TLS_VERSION = re.compile(r'TLS-Session-Version = "TLS ([\d.]+)"')
_TLS_CIPHER = re.compile(r'TLS-Session-Cipher-Suite = "([\w-]+)"')
_LEAF = re.compile(r'TLS-Client-Cert-Subject [:+]?= "(.*)"')
_COMPARED = re.compile(
    r"Certificate (?:CN|issuer) (\(.*\)) does not match specified (?:value|issuer) (\(.*\))"
)
_COMPARES = "checking certificate "
_INSIDE_TLS = "EAP TLS (13) session"
_RESTARTED = "Ready to process requests"
_OWN_WORDS = (
    _RESTARTED, "FreeRADIUS Version", "Loaded virtual server", "Listening on auth ", "Including configuration",
    "including configuration", "rlm_", "radiusd: ####", "Signalled to terminate", "Loading module ",
)  # fmt: skip
# They name no request and come right before the alert of the one that they are about.
_BEFORE_ALERT = {LogKind.NAME_CHECK_FAILED, LogKind.UNTRUSTED_IN_CHAIN}
_DROPPED = {
    LogKind.SECRET_WRONG, LogKind.CLIENT_UNKNOWN, LogKind.MALFORMED, LogKind.MESSAGE_AUTHENTICATOR_MISSING,
}  # fmt: skip


@dataclass(slots=True)
class LogSession:
    """What a log tells of one attempt.

    ``reply`` is the code of the final answer, empty without one; ``attributes`` are those of it that were
    logged. ``station`` is Calling-Station-Id, ``client`` the server's name for the access point. ``dropped``
    counts requests that got no answer on purpose. ``began`` and ``ended`` are times as written.
    """

    user: str = ""
    station: str = ""
    client: str = ""
    nas_port: str = ""
    source: Endpoint | None = None
    reply: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    tls_version: str = ""
    cipher: str = ""
    leaf: str = ""
    """The subject of the client's own certificate, as OpenSSL writes it on one line; empty where it is not listed."""
    events: list[LogEvent] = field(default_factory=list)
    steps: list[LogLine] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    requests: int = 0
    dropped: int = 0

    @property
    def began(self) -> str:
        """When it began."""
        return next((step.when for step in self.steps if step.when), "")

    @property
    def ended(self) -> str:
        """When its last line was written."""
        return next((step.when for step in reversed(self.steps) if step.when), "")


@dataclass(slots=True)
class _Request:
    """A request and all lines that carry its number."""

    source: Endpoint | None = None
    lines: list[LogLine] = field(default_factory=list)
    others: list[LogEvent] = field(default_factory=list)
    logged_in: bool = False
    is_probe: bool = False

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


def sessions(lines: Iterable[LogLine]) -> list[LogSession]:
    """Return the sessions of a log in the order in which they begin."""
    reading = _Reading()
    for line in lines:
        reading.feed(line)
    return reading.finish()


def is_freeradius(lines: Iterable[LogLine]) -> bool:
    """Whether a log without sessions is one of a FreeRADIUS at all."""
    return any(line.text.lstrip().startswith(_OWN_WORDS) for line in lines)


class _Reading:
    """Follows a log from its beginning."""

    def __init__(self) -> None:
        self._open: dict[int, _Request] = {}
        self._found: list[_Request | LogSession] = []
        self._pending: list[LogEvent] = []
        self._dropped: dict[tuple[LogKind, str], LogSession] = {}

    def feed(self, line: LogLine) -> None:
        numbered = _NUMBERED.match(line.text)
        if numbered:
            self._numbered(line, int(numbered[1]), numbered[2])
        elif line.text.startswith(_RESTARTED):
            self._open.clear()
        else:
            for event in Passage(-1, line.text).events():
                self._unnumbered(line, event)

    def finish(self) -> list[LogSession]:
        states: dict[str, LogSession] = {}
        told: dict[int, LogSession] = {}
        for found in self._found:
            session = _take(found, states) if isinstance(found, _Request) else found
            if session is not None:
                told.setdefault(id(session), session)
        return list(told.values())

    def _numbered(self, line: LogLine, number: int, rest: str) -> None:
        request = self._open.get(number)
        begun_by = Passage(number, line.text).begun_by()
        is_login = rest.startswith("Login ")
        # Without a first line, a number that comes again after its Login line is another one's.
        if begun_by or request is None or (request.logged_in and is_login):
            request = self._open[number] = _Request(
                begun_by, is_probe=rest.startswith("Received Status-Server")
            )
            self._found.append(request)
        request.logged_in = request.logged_in or is_login
        request.lines.append(line)
        if self._pending and "Alert write:fatal:" in rest:
            event = self._pending.pop(0)
            if not self._pending:
                request.others.append(event)

    def _unnumbered(self, line: LogLine, event: LogEvent) -> None:
        if event.kind in _BEFORE_ALERT:
            owner = self._comparing(event)
            if owner is None:
                self._pending.append(event)
            else:
                owner.others.append(event)
        elif event.kind in _DROPPED:
            self._drop(line, event)
        elif event.kind in {LogKind.LOGIN_OK, LogKind.LOGIN_INCORRECT}:
            # FreeRADIUS 2 numbers no lines, and whoever shortens an excerpt may cut the number off.
            self._found.append(_Request(None, [LogLine(line.place, line.when, f"(0) {line.text}")]))

    def _latest(self) -> Iterator[tuple[int, _Request]]:
        """Give the requests that a line without a number may be about, the last one first."""
        return islice(reversed(self._open.items()), _AT_ONCE)

    def _comparing(self, event: LogEvent) -> _Request | None:
        """Return the request of a debug log that compared the very names which the event quotes."""
        match = _COMPARED.match(event.detail)
        for _, request in self._latest() if match else ():
            last = [line.text for line in request.lines[-3:] if _COMPARES in line.text]
            if last and Passage(0, "\n".join(last)).compared() == (match[1], match[2]):  # type: ignore[index]
                return request
        return None

    def _drop(self, line: LogLine, event: LogEvent) -> None:
        host = event.source.host if event.source else ""
        arrived = [
            number
            for number, request in self._latest()
            if request.source and request.source.host == host and not request.others and _is_silent(request)
        ]
        if len(arrived) == 1:
            request = self._open[arrived[0]]
            request.others.append(event)
            request.lines.append(line)
            return
        session = self._dropped.get((event.kind, host))
        if session is None:
            session = self._dropped[event.kind, host] = LogSession(source=event.source, events=[event])
            self._found.append(session)
        session.dropped += 1
        session.steps = [*session.steps[:1], line]
        session.lines.append(line.text)


def _is_drop(event: LogEvent) -> bool:
    return event.kind in _DROPPED


def _is_silent(request: _Request) -> bool:
    """Whether nothing but its arrival and its attributes has been logged."""
    return all(_ATTRIBUTE.match(line.text) or "Received " in line.text for line in request.lines)


def _take(request: _Request, states: dict[str, LogSession]) -> LogSession | None:
    """Add a request to the session that it belongs to, which may be a new one."""
    if request.is_probe:
        return None
    sent, given, got = _attributes(request.lines)
    came, gave = _states(request.text)
    came = (given.get("State", "").removeprefix("0x")[:16] or came).lower()
    gave = (got.get("State", "").removeprefix("0x")[:16] or gave).lower()
    # A request that was dropped is sent again, and taken for a new one.
    again = f"dropped {request.source}" if request.source and any(map(_is_drop, request.others)) else ""
    session = states.get(came or again) or LogSession()
    for key in filter(None, (gave, again)):
        states[key] = session
    session.requests += 1
    session.source = session.source or request.source
    session.user = session.user or _unquoted(given.get("User-Name", ""))
    session.station = session.station or _unquoted(given.get("Calling-Station-Id", ""))
    session.nas_port = session.nas_port or given.get("NAS-Port", "")
    if sent in {ACCEPT, REJECT}:
        session.reply, session.attributes = sent, {name: _unquoted(value) for name, value in got.items()}
    _take_lines(request, session)
    return session


def _take_lines(request: _Request, session: LogSession) -> None:
    text = request.text
    own = list(_events(text))
    session.events += [replace(event, source=session.source) for event in (*request.others, *own)]
    session.lines += [line.text for line in request.lines]
    session.tls_version = next(iter(_TLS_VERSION.findall(text)), session.tls_version)
    session.leaf = next(iter(_LEAF.findall(text)), session.leaf)
    session.cipher = next(iter(_TLS_CIPHER.findall(text)), session.cipher)
    told = {event.text for event in own}
    for line in request.lines:
        rest = line.text.partition(") ")[2]
        if rest in told or "Received Access-" in rest or _SENT.match(rest) or _TOLD.match(rest):
            session.steps.append(line)
        login = _LOGIN.match(rest)
        if login and not login["inner"]:
            session.reply = session.reply or (ACCEPT if login["how"] == "OK" else REJECT)
            session.user = session.user or login["user"]
            session.station = session.station or (login["cli"] or "")
            session.client, session.nas_port = login["client"], session.nas_port or login["port"]
    session.dropped += sum(map(_is_drop, request.others))


def _events(text: str) -> Iterator[LogEvent]:
    """Give what a request's lines say; the reason in a Login line counts where the line before is not logged."""
    found = Passage(0, text).events()
    kinds = {event.kind for event in found}
    for event in found:
        if event.kind is LogKind.VERIFY_ERROR:
            before = text.partition(event.text)[0]
            yield replace(event, certificate=last_certificate(before))
            continue
        if event.kind is LogKind.LOGIN_INCORRECT:
            why = _WHY.match(event.text)
            said = Passage(0, f"(0) {why[1]}").events() if why else []
            yield from (one for one in said if one.kind not in kinds)
            if LogKind.POLICY_REJECTED not in kinds and _INSIDE_TLS in event.detail:
                yield from _refused_inside(text)
        yield event


def _refused_inside(text: str) -> Iterator[LogEvent]:
    """Give the refusal of the virtual server that judges certificates, which a production log has indented."""
    for line in text.split("\n"):
        rest = line.partition(") ")[2]
        login = _LOGIN.match(rest.lstrip()) if rest.startswith(" ") else None
        if login and login["inner"] and login["how"] == "incorrect":
            yield LogEvent(LogKind.POLICY_REJECTED, rest.lstrip())
            return


def _attributes(lines: list[LogLine]) -> tuple[str, dict[str, str], dict[str, str]]:
    """Return the code of the answer, the attributes of the request, and those of the answer."""
    sent, into = "", None
    given: dict[str, str] = {}
    got: dict[str, str] = {}
    for line in lines:
        rest = line.text.partition(") ")[2]
        answer = _SENT.match(rest)
        attribute = _ATTRIBUTE.match(line.text)
        if answer:
            sent, into = answer[1], got
        elif rest.startswith("Received "):
            into = given
        elif attribute is None:
            into = None
        elif into is not None:
            into.setdefault(attribute[1], attribute[2])
    return sent, given, got


def _states(text: str) -> tuple[str, str]:
    """Return the states that the EAP module names: that of the request, and that of the answer."""
    came = gave = ""
    for what, state in _STATE.findall(text):
        if what.startswith("&"):
            gave = state
        else:
            came = state
    return came, gave


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
