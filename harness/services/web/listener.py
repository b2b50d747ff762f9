"""A service on a loopback port: TLS with or without client certificates, HTTP/1.1, and faults on demand.

Each connection has a thread and carries one request. The certificates of clients are verified here and not by
the handshake, at the service's own time, so that a request whose client is not trusted can be answered with a reason;
``reject_in_handshake`` does it the other way, as most servers do.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from threading import Condition, Event, Lock, Thread, current_thread
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from OpenSSL import SSL, crypto

from harness.errors import EnvironmentUnavailable
from harness.pki.credential import Credential
from harness.pki.openssl_words import reason, verify_text
from harness.services.web.messages import Handler, Reply, Request
from harness.services.web.serving import Broken, Limits, read_request, write_reply
from harness.services.web.stream import VERSIONS, ConnectionCut, Deadline, Stream
from harness.services.web.trust import ChainFailure, ClientTrust, subject_of

_BACKLOG = 512
_LAST_WORDS = 5.0
"""Seconds that connections have to end when the service stops."""


class ClientCertificates(StrEnum):
    """Whether a service wants a certificate of its clients."""

    DEMAND = "demand"
    """The handshake fails without one."""
    ASK = "ask"
    """A client without one is served, or refused by an answer."""
    RENEGOTIATE = "renegotiate"
    """It is asked for when the request is there, in a second handshake; TLS 1.2 alone knows that (RFC 5246 7.4.1.1)."""
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on the way, at every connection.

    ``delay`` is how long the answer lets itself be waited for, in seconds. ``cut_after`` is how many octets of the answer
    go out, headers included, before the connection is cut. A ``silent`` service accepts connections and
    says nothing, not even in TLS. ``redirect`` is a URL that every request is sent on to, by ``redirect_status``.
    """

    delay: float = 0.0
    cut_after: int | None = None
    silent: bool = False
    redirect: str = ""
    redirect_status: int = 302


@dataclass(frozen=True, slots=True)
class Exchange:
    """One line of a service's journal: an answer, or why there was none or it did not arrive.

    Never a body, never a key. An answer has a ``status``, a ``failure`` has none. ``subject`` is that of the certificate
    presented.
    """

    at: datetime
    method: str = ""
    path: str = ""
    status: int = 0
    subject: str = ""
    failure: str = ""


class Listener:
    """Serves a handler while the ``with`` block lasts; ``port`` is known from its beginning.

    ``now`` is the service's clock, an aware time, asked at every handshake. ``handler``, ``credential``, ``clients``
    and ``faults`` can be changed while it serves and count from the next connection on. ``exchanges`` is its
    journal. Raises :class:`EnvironmentUnavailable` when the address cannot be had.
    """

    def __init__(
        self,
        handler: Handler,
        credential: Credential,
        *,
        now: Callable[[], datetime],
        clients: ClientTrust | None = None,
        certificates: ClientCertificates = ClientCertificates.ASK,
        reject_in_handshake: bool = False,
        versions: tuple[str, str] = ("1.2", "1.3"),
        limits: Limits = Limits(),  # noqa: B008 - a frozen value
        faults: Faults = Faults(),
        address: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.handler = handler
        self.credential = credential
        self.clients = clients
        self.certificates = certificates
        self.reject_in_handshake = reject_in_handshake
        self.versions = versions
        self.limits = limits
        self.faults = faults
        self.address = address
        self.port = port
        self.exchanges: list[Exchange] = []
        self._now = now
        self._lock = Lock()
        self._noted = Condition(self._lock)
        self._stopping = Event()
        self._socket: socket.socket | None = None
        self._open: dict[Thread, socket.socket] = {}
        self._doorman = Thread(target=self._accept, name="service", daemon=True)

    def __enter__(self) -> Self:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            # Else a port that was served a minute ago cannot be had again.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((self.address, self.port))
            listening.listen(_BACKLOG)
        except OSError as error:
            listening.close()
            where = f"{self.address}:{self.port}"
            raise EnvironmentUnavailable(
                f"a service cannot listen on {where}: {error.strerror}", hint="choose another port"
            ) from None
        self._socket = listening
        self.port = listening.getsockname()[1]
        self._doorman.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop: nobody is let in any more, and connections that are open are cut."""
        if self._socket is None:
            return
        self._stopping.set()
        # Wakes the thread that accepts; closing alone does not.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._socket = None
        self._doorman.join(_LAST_WORDS)
        with self._lock:
            left = list(self._open.items())
        for thread, connected in left:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
            thread.join(_LAST_WORDS)

    def exchange(self, number: int, seconds: float = 5.0) -> Exchange | None:
        """Return a line of the journal, counted from 0, and wait for it; ``None`` when it does not come in time.

        A client that is turned away in the handshake knows it before the service has written it down.
        """
        with self._noted:
            came = self._noted.wait_for(lambda: len(self.exchanges) > number, seconds)
            return self.exchanges[number] if came else None

    def _accept(self) -> None:
        listening = self._socket
        assert listening is not None
        while True:
            try:
                connected, _ = listening.accept()
            except OSError:
                if self._stopping.is_set():
                    return
                # Out of descriptors, or a client that left: the next one may have more luck.
                self._stopping.wait(0.01)
                continue
            thread = Thread(target=self._serve, args=(connected,), name="service", daemon=True)
            with self._lock:
                self._open[thread] = connected
            thread.start()

    def _serve(self, connected: socket.socket) -> None:
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.faults.silent:
                self._stopping.wait(self.limits.seconds)
                self._note(failure="silent on purpose")
            else:
                self._converse(connected)
        finally:
            connected.close()
            with self._lock:
                self._open.pop(current_thread(), None)

    def _note(self, **what: Any) -> None:
        with self._noted:
            self.exchanges.append(Exchange(self._now(), **what))
            self._noted.notify_all()

    def _converse(self, connected: socket.socket) -> None:
        context, notes = self._context(self._now())
        stream = Stream(connected, SSL.Connection(context), Deadline(self.limits.seconds))
        stream.connection.set_accept_state()
        try:
            self._answer(stream)
        except SSL.Error as error:
            self._note(failure=str(notes[0]) if notes else f"TLS: {reason(error)}")
        except TimeoutError:
            self._note(failure="the client was too slow")
        except ConnectionCut:
            self._note(failure="the client cut the connection")
        except OSError as error:
            self._note(failure=f"the connection broke: {error.strerror}")

    def _answer(self, stream: Stream) -> None:
        faults, handler = self.faults, self.handler
        stream.handshake()
        request: Request | None = None
        try:
            incoming = read_request(stream, self.limits)
        except Broken as broken:
            reply = broken.reply
        else:
            if self.certificates is ClientCertificates.RENEGOTIATE:
                _renegotiate(stream)
            request = self._complete(incoming, stream.connection)
            reply = _redirected(faults) or _handled(handler, request)
        if faults.delay:
            self._stopping.wait(faults.delay)
        # Before it goes out: who has an answer finds it in the journal.
        self._note(
            method=request.method if request else "",
            path=request.path if request else "",
            status=reply.status,
            subject=request.peer_chain[0].subject.rfc4514_string() if request and request.peer_chain else "",
        )
        if not write_reply(stream, reply, request, faults.cut_after):
            stream.close()

    def _context(self, now: datetime) -> tuple[SSL.Context, list[ChainFailure]]:
        """Return the TLS settings of one connection, and where its handshake notes a failure of verification."""
        notes: list[ChainFailure] = []
        trust = self.clients
        demand = self.certificates is ClientCertificates.DEMAND
        if self.certificates in {ClientCertificates.NEVER, ClientCertificates.RENEGOTIATE}:
            return _context(self.credential, self.versions, asks=False, demands=False), notes
        if not self.reject_in_handshake or trust is None:
            return _context(self.credential, self.versions, asks=True, demands=demand), notes
        context = _new_context(self.credential, self.versions)
        store = context.get_cert_store()
        assert store is not None
        for anchor in trust.anchors:
            store.add_cert(crypto.X509.from_cryptography(anchor))
        if trust.partial_chain:
            store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
        store.set_time(now.astimezone(UTC))

        def judge(_connection: SSL.Connection, who: crypto.X509, number: int, depth: int, ok: int) -> bool:
            if not ok:
                notes.append(ChainFailure(number, verify_text(number), depth, subject_of(who)))
            return bool(ok)

        context.set_verify(_mode(demands=demand), judge)
        return context, notes

    def _complete(self, request: Request, connection: SSL.Connection) -> Request:
        chain = _peer_chain(connection)
        failure = self.clients.failure(chain, self._now()) if self.clients and chain else None
        return Request(
            request.method, request.path, request.query, request.headers, request.body, chain, failure
        )


def _mode(*, demands: bool) -> int:
    return SSL.VERIFY_PEER | (SSL.VERIFY_FAIL_IF_NO_PEER_CERT if demands else 0)


def _anybody(_connection: SSL.Connection, _who: crypto.X509, _number: int, _depth: int, _ok: int) -> bool:
    return True


@lru_cache(maxsize=64)
def _context(credential: Credential, versions: tuple[str, str], *, asks: bool, demands: bool) -> SSL.Context:
    """Return settings that many connections share: whatever the client presents is taken, and judged later."""
    context = _new_context(credential, versions)
    if asks:
        context.set_verify(_mode(demands=demands), _anybody)
    return context


def _new_context(credential: Credential, versions: tuple[str, str]) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(VERSIONS[versions[0]])
    context.set_max_proto_version(VERSIONS[versions[1]])
    # A resumed session would bring a client back without being judged again.
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_options(SSL.OP_NO_TICKET)
    context.use_certificate(credential.certificate)
    context.use_privatekey(credential.key)
    for certificate in credential.chain:
        context.add_extra_chain_cert(certificate)
    return context


def _renegotiate(stream: Stream) -> None:
    stream.connection.set_verify(_mode(demands=True), _anybody)
    stream.renegotiate()


def _peer_chain(connection: SSL.Connection) -> tuple[x509.Certificate, ...]:
    leaf = connection.get_peer_certificate()
    if leaf is None:
        return ()
    # On the server's side the chain that was sent lacks the peer's own certificate in some libraries' eyes.
    sent = [one.to_cryptography() for one in connection.get_peer_cert_chain() or ()]
    own = leaf.to_cryptography()
    return tuple(sent) if sent and sent[0] == own else (own, *sent)


def _redirected(faults: Faults) -> Reply | None:
    if not faults.redirect:
        return None
    return Reply(faults.redirect_status, "", {"location": faults.redirect})


def _handled(handler: Handler, request: Request) -> Reply:
    try:
        return handler(request)
    except Exception as error:  # noqa: BLE001 - whatever a service trips over, its client gets an answer
        # The text of an exception may quote what was being worked on; its kind does not.
        return Reply.text(500, f"the service failed: {type(error).__name__}")
