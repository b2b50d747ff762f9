"""The client's side: one HTTPS call as a device makes it, verified at the time that the device believes in.

What a network does is a value: :func:`call` returns a :class:`Reply` or a :class:`CallFailure`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import SplitResult, urljoin, urlsplit

import h11
from cryptography import x509
from OpenSSL import SSL, crypto

from harness.pki.credential import Credential
from harness.pki.names import matches_dns_name
from harness.pki.openssl_words import reason, verify_text
from harness.services.web.messages import Reply
from harness.services.web.stream import VERSIONS, ConnectionCut, Deadline, Stream

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD = frozenset({307, 308})
_HEADERS = 16 * 1024
_EXPIRED, _NOT_YET_VALID, _WRONG_PURPOSE = 10, 9, 26
"""X509_V_ERR numbers."""
_VERSION_WORDS = ("protocol version", "unsupported protocol", "wrong version number", "unknown protocol")
_NO_RENEGOTIATION = 100
"""The alert by which a client declines a second handshake (RFC 5246 7.2.2)."""
_OTHER_PORT = 443


class CallPlace(StrEnum):
    """How far a call came before it failed."""

    ALLOWED_CONNECTIONS = "allowed-connections"
    """The manifest forbids it; nothing was sent."""
    NAME = "name"
    """The host has no address."""
    CONNECT = "connect"
    TLS = "tls"
    REQUEST = "request"
    ANSWER = "answer"
    REDIRECT = "redirect"


class CallCause(StrEnum):
    """Why a call failed."""

    HOST_NOT_ALLOWED = "host-not-allowed"
    URL_MALFORMED = "url-malformed"
    HOST_UNKNOWN = "host-unknown"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed-out"
    CONNECTION_CUT = "connection-cut"
    TLS_VERSION_MISMATCH = "tls-version-mismatch"
    RENEGOTIATION_REFUSED = "renegotiation-refused"
    """The service wanted a second handshake, and the device does none."""
    SERVER_EXPIRED = "server-certificate-expired"
    SERVER_NOT_YET_VALID = "server-certificate-not-yet-valid"
    SERVER_UNTRUSTED = "server-certificate-untrusted"
    SERVER_WRONG_PURPOSE = "server-certificate-wrong-purpose"
    SERVER_WRONG_NAME = "server-name-mismatch"
    REFUSED_BY_SERVICE = "refused-by-service"
    """The service ended TLS with an alert; which one is in the detail."""
    TLS_FAILED = "tls-failed"
    ANSWER_MALFORMED = "answer-malformed"
    ANSWER_TOO_LARGE = "answer-too-large"
    TOO_MANY_REDIRECTS = "too-many-redirects"
    REDIRECT_NOT_FOLLOWED = "redirect-not-followed"


@dataclass(frozen=True, slots=True)
class CallFailure:
    """How a call failed: where, why, and one sentence without secrets."""

    place: CallPlace
    cause: CallCause
    detail: str

    def __str__(self) -> str:
        return f"{self.place}: {self.cause}: {self.detail}"


def _any_host(_host: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Caller:
    """How a device calls: its time, whom it trusts, what it presents, where hosts are, and its limits.

    ``hosts`` stands for name resolution: a host name, or ``name:port`` where several services of one name
    differ by port, to an address and a port on this machine. ``allowed`` is asked for every host, redirect
    targets included. Without ``verifies`` any server is believed, whatever its name and its dates are.
    ``seconds`` are for the whole call, redirects included; ``most`` is the longest body in octets.
    """

    now: datetime
    trusts: tuple[x509.Certificate, ...] = ()
    credential: Credential | None = None
    hosts: Mapping[str, tuple[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    allowed: Callable[[str], bool] = _any_host
    verifies: bool = True
    versions: tuple[str, str] = ("1.2", "1.2")
    seconds: float = 5.0
    most: int = 64 * 1024
    redirects: int = 3


class _Failed(Exception):
    def __init__(self, place: CallPlace, cause: CallCause, detail: str) -> None:
        super().__init__(detail)
        self.failure = CallFailure(place, cause, detail)


def call(
    caller: Caller,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] = MappingProxyType({}),
    body: bytes = b"",
) -> Reply | CallFailure:
    """Make one HTTPS call and follow redirects; any HTTP status is a reply.

    A redirect by 301, 302 or 303 goes on with GET and without body, as browsers do (RFC 9110 15.4).
    """
    try:
        return _follow(caller, url, method, headers, body)
    except _Failed as failed:
        return failed.failure


def _follow(caller: Caller, url: str, method: str, headers: Mapping[str, str], body: bytes) -> Reply:
    deadline = Deadline(caller.seconds)
    place = CallPlace.ALLOWED_CONNECTIONS
    for _ in range(caller.redirects + 1):
        reply = _once(caller, _target(caller, url, place), method, headers, body, deadline)
        if reply.status not in _REDIRECTS:
            return reply
        location = reply.headers.get("location")
        if not location:
            text = f"{reply.status} without a Location"
            raise _Failed(CallPlace.REDIRECT, CallCause.REDIRECT_NOT_FOLLOWED, text)
        url, place = urljoin(url, location), CallPlace.REDIRECT
        if reply.status not in _KEEP_METHOD and method != "HEAD":
            method, body = "GET", b""
    text = f"more than {caller.redirects} redirects"
    raise _Failed(CallPlace.REDIRECT, CallCause.TOO_MANY_REDIRECTS, text)


def _target(caller: Caller, url: str, place: CallPlace) -> SplitResult:
    target = _split(url)
    if target is None or not target.hostname:
        raise _Failed(place, CallCause.URL_MALFORMED, f"{url!r} is no https URL")
    if not caller.allowed(target.hostname):
        text = f"the manifest does not list {target.hostname} in AllowedConnections"
        raise _Failed(place, CallCause.HOST_NOT_ALLOWED, text)
    return target


def _split(url: str) -> SplitResult | None:
    try:
        target = urlsplit(url)
        _ = target.port  # an impossible one is found when it is asked for
    except ValueError:
        return None
    return target if target.scheme == "https" and url.isascii() and " " not in url else None


def _once(
    caller: Caller,
    target: SplitResult,
    method: str,
    headers: Mapping[str, str],
    body: bytes,
    deadline: Deadline,
) -> Reply:
    host = target.hostname or ""
    connected = _connect(caller, host, target.port or _OTHER_PORT, deadline)
    with connected:
        verdict = _Verdict()
        stream = _secure(caller, host, connected, deadline, verdict)
        try:
            reply = _converse(caller, stream, target, method, headers, body)
        except _Failed:
            if not verdict.no_renegotiation:
                raise
            text = "the service asks for a second handshake, and the device does none"
            raise _Failed(CallPlace.TLS, CallCause.RENEGOTIATION_REFUSED, text) from None
        stream.close()
    return reply


def _connect(caller: Caller, host: str, port: int, deadline: Deadline) -> socket.socket:
    address = caller.hosts.get(f"{host}:{port}") or caller.hosts.get(host)
    if address is None:
        raise _Failed(CallPlace.NAME, CallCause.HOST_UNKNOWN, f"host {host} has no address")
    try:
        connected = socket.create_connection(address, timeout=deadline.left())
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except TimeoutError:
        raise _Failed(CallPlace.CONNECT, CallCause.TIMED_OUT, f"{host} takes no connection") from None
    except OSError as error:
        raise _Failed(CallPlace.CONNECT, CallCause.UNREACHABLE, f"{host}: {error.strerror}") from None
    return connected


@dataclass(slots=True)
class _Verdict:
    """What the verification of the server's chain stopped at (0 is the name), and what the device would not do."""

    number: int = -1
    depth: int = 0
    no_renegotiation: bool = False


def _secure(
    caller: Caller, host: str, connected: socket.socket, deadline: Deadline, verdict: _Verdict
) -> Stream:
    connection = SSL.Connection(_context(caller, host, verdict))
    connection.set_connect_state()
    connection.set_tlsext_host_name(host.encode("ascii"))
    stream = Stream(connected, connection, deadline)
    try:
        stream.handshake()
    except SSL.Error as error:
        raise _tls_failure(error, verdict, host) from None
    except (TimeoutError, ConnectionCut, OSError) as error:
        raise _broken(CallPlace.TLS, error) from None
    return stream


def _context(caller: Caller, host: str, verdict: _Verdict) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(VERSIONS[caller.versions[0]])
    context.set_max_proto_version(VERSIONS[caller.versions[1]])
    context.set_options(SSL.OP_NO_RENEGOTIATION)

    def note(_connection: SSL.Connection, where: int, value: int) -> None:
        if where & SSL.SSL_CB_ALERT and where & SSL.SSL_CB_WRITE and value & 0xFF == _NO_RENEGOTIATION:
            verdict.no_renegotiation = True

    context.set_info_callback(note)
    if caller.credential is not None:
        context.use_certificate(caller.credential.certificate)
        context.use_privatekey(caller.credential.key)
        for certificate in caller.credential.chain:
            context.add_extra_chain_cert(certificate)
    if not caller.verifies:
        context.set_verify(SSL.VERIFY_NONE)
        return context
    store = context.get_cert_store()
    assert store is not None
    for anchor in caller.trusts:
        store.add_cert(crypto.X509.from_cryptography(anchor))
    store.set_time(caller.now.astimezone(UTC))

    def judge(_connection: SSL.Connection, who: crypto.X509, number: int, depth: int, ok: int) -> bool:
        if ok and not depth and not _is_for(who, host):
            verdict.number = 0
            return False
        if not ok:
            verdict.number, verdict.depth = number, depth
        return bool(ok)

    context.set_verify(SSL.VERIFY_PEER, judge)
    return context


def _is_for(certificate: crypto.X509, host: str) -> bool:
    try:
        return matches_dns_name(certificate.to_cryptography(), host)
    except (TypeError, ValueError):
        return False


def _tls_failure(error: SSL.Error, verdict: _Verdict, host: str) -> _Failed:
    text = reason(error)
    number = verdict.number
    if number == 0:
        return _Failed(CallPlace.TLS, CallCause.SERVER_WRONG_NAME, f"the certificate is not for {host}")
    if number > 0:
        cause = {
            _EXPIRED: CallCause.SERVER_EXPIRED,
            _NOT_YET_VALID: CallCause.SERVER_NOT_YET_VALID,
            _WRONG_PURPOSE: CallCause.SERVER_WRONG_PURPOSE,
        }.get(number, CallCause.SERVER_UNTRUSTED)
        return _Failed(CallPlace.TLS, cause, f"{verify_text(number)} at depth {verdict.depth}")
    if any(words in text for words in _VERSION_WORDS):
        return _Failed(CallPlace.TLS, CallCause.TLS_VERSION_MISMATCH, text)
    if "alert" in text:
        return _Failed(CallPlace.TLS, CallCause.REFUSED_BY_SERVICE, text)
    return _Failed(CallPlace.TLS, CallCause.TLS_FAILED, text)


def _broken(place: CallPlace, error: Exception) -> _Failed:
    if isinstance(error, TimeoutError):
        return _Failed(place, CallCause.TIMED_OUT, "the service did not answer in time")
    return _Failed(place, CallCause.CONNECTION_CUT, "the connection was cut")


def _converse(
    caller: Caller,
    stream: Stream,
    target: SplitResult,
    method: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Reply:
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEADERS)
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    fields = {"host": target.netloc, "connection": "close", **{k.lower(): v for k, v in headers.items()}}
    if body:
        fields.setdefault("content-length", str(len(body)))
    try:
        data = http.send(h11.Request(method=method, target=path, headers=list(fields.items()))) or b""
        if body:
            data += http.send(h11.Data(data=body)) or b""
        data += http.send(h11.EndOfMessage()) or b""
    except h11.LocalProtocolError as error:
        raise _Failed(CallPlace.REQUEST, CallCause.URL_MALFORMED, str(error)) from None
    # A service may refuse before it has read everything: its answer counts, not that it stopped reading.
    with suppress(ConnectionCut, OSError, SSL.Error):
        stream.send(data)
    return _read(caller, stream, http)


def _read(caller: Caller, stream: Stream, http: h11.Connection) -> Reply:
    head: h11.Response | None = None
    body = bytearray()
    while True:
        event = _next(stream, http)
        if isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > caller.most:
                text = f"the body is longer than {caller.most} octets"
                raise _Failed(CallPlace.ANSWER, CallCause.ANSWER_TOO_LARGE, text)
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
            return Reply(head.status_code, head.reason.decode("latin-1"), headers, bytes(body))


def _next(stream: Stream, http: h11.Connection) -> h11.Event:
    while True:
        try:
            event = http.next_event()
            if isinstance(event, h11.Event):
                return event
            http.receive_data(stream.receive())
        except h11.RemoteProtocolError as error:
            if "closed connection" in str(error) or "without sending complete" in str(error):
                raise _broken(CallPlace.ANSWER, ConnectionCut()) from None
            raise _Failed(CallPlace.ANSWER, CallCause.ANSWER_MALFORMED, str(error)) from None
        except SSL.Error as error:
            raise _tls_failure(error, _Verdict(), "") from None
        except (TimeoutError, ConnectionCut, OSError) as error:
            raise _broken(CallPlace.ANSWER, error) from None
