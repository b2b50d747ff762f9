"""The TLS client of EAP-TLS, over memory BIOs (RFC 5216 2.1, RFC 9190 2).

Bytes in, bytes out: a flight that came in goes to :meth:`TlsClient.receive`, which returns the
flight to send. All that OpenSSL is configured with sits in a :class:`TlsContext`, made once per
:class:`TlsPolicy`; connections from it are cheap (a context costs half a millisecond, a
connection some microseconds, and a context cannot be changed once a connection was made).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from OpenSSL import SSL, crypto

from harness import strength
from harness.observation import ReplyAttribute, TlsObservation, VerifyFailure
from harness.outcome import Cause
from harness.pki.credential import Credential
from harness.pki.openssl_words import reason
from harness.protocol import libssl, own_certificate, peer_certificates, tls_session, verification
from harness.protocol.tls_notes import Notes, note_alert, note_failure, note_key
from harness.protocol.tls_policy import TlsPolicy
from harness.protocol.tls_session import TlsSession

_VERSIONS = {"1.0": SSL.TLS1_VERSION, "1.1": SSL.TLS1_1_VERSION}
_VERSIONS |= {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
_NUMBERS = {code: number for number, code in _VERSIONS.items()}
_EXPORTER = {
    False: (b"client EAP encryption", None),
    True: (b"EXPORTER_EAP_TLS_Key_Material", b"\x0d"),
}
"""Exporter label and context, by whether it is TLS 1.3 (RFC 5216 2.3, RFC 9190 2.3)."""
MODE_NO_AUTO_CHAIN = 0x08
"""SSL_MODE_NO_AUTO_CHAIN: else OpenSSL completes the client's chain from the trust store, which
a device with one certificate per ID does not do."""
_NOT_VERIFIED = "certificate verify failed"
"""OpenSSL's words for a server whose certificate it did not accept."""
_CHUNK = 65536


class PolicyUnusable(ValueError):
    """OpenSSL does not take the policy's material (weak key, bad cipher list); no secrets in the text.

    ``cause`` says which; ``own_chain`` (leaf first) and ``level`` are what did not go together where strength is
    the matter.
    """

    def __init__(self, policy: TlsPolicy, level: int, why: str) -> None:
        super().__init__(f"TLS library refuses the client's configuration: {why}")
        self.cause: Cause = own_certificate.cause_of(why)
        self.level = level
        self.own_chain = policy.chain


class TlsContext:
    """OpenSSL configured for one policy; make connections with :class:`TlsClient`.

    ``details=False`` is for load: neither alerts are noted, nor the EAP Session-Id, nor the
    certificates of a server that was accepted, which are the same every time. Why a server was not
    accepted is then found out afterwards where the policy allows it, which leaves a wrong purpose
    unnamed. Raises PolicyUnusable.
    """

    def __init__(self, policy: TlsPolicy, *, key_log: bool = False, details: bool = True) -> None:
        self.policy = policy
        self.details = details
        named = strength.level_of(policy.ciphers)
        self.level = strength.LIBRARY_LEVEL if named is None else named
        """OpenSSL's security level that certificates are held against."""
        self._signs_with_sha1 = policy.tls_min < "1.2"
        try:
            self._context = self._configured(without_level=self._signs_with_sha1)
            self._lenient = self._offer(policy.credential, may_be_weak=named is None)
            self._trust(self._context, policy)
        except SSL.Error as error:
            raise PolicyUnusable(policy, self.level, reason(error)) from None
        if key_log:
            self._context.set_keylog_callback(note_key)
        if self._lenient is not None:
            if key_log:
                self._lenient.set_keylog_callback(note_key)
            self._context.set_info_callback(self._note_and_give_way if details else self._give_way)
        elif details:
            self._context.set_info_callback(note_alert)

    def _configured(self, *, without_level: bool) -> SSL.Context:
        """Return a context of the policy's versions and ciphers; TLS 1.0 and 1.1 need level 0 to speak at all."""
        policy = self.policy
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(_VERSIONS[policy.tls_min])
        context.set_max_proto_version(_VERSIONS[policy.tls_max])
        context.set_mode(MODE_NO_AUTO_CHAIN)
        if policy.ciphers or without_level:
            level = ":@SECLEVEL=0" if without_level else ""
            context.set_cipher_list(f"{policy.ciphers or 'DEFAULT'}{level}".encode())
        return context

    def _offer(self, credential: Credential | None, *, may_be_weak: bool) -> SSL.Context | None:
        """Load the client's own certificate; where it is weak and that is allowed, into a context of its own.

        That one is returned and has no level. A connection then starts at the policy's level, with nothing of its
        own, and changes to the other context when the server has been judged: see :meth:`_give_way`.
        """
        if credential is None:
            return None
        if (
            self._signs_with_sha1
            and not may_be_weak
            and strength.too_weak((credential.certificate,), self.level)
        ):
            raise PolicyUnusable(self.policy, self.level, own_certificate.KEY_TOO_WEAK)
        context, lenient = self._context, None
        try:
            context.use_certificate(credential.certificate)
        except SSL.Error as error:
            if not (may_be_weak and own_certificate.is_too_weak(reason(error))):
                raise
            context = lenient = self._configured(without_level=True)
            context.use_certificate(credential.certificate)
        context.use_privatekey(credential.key)
        for certificate in credential.chain:
            context.add_extra_chain_cert(certificate)
        return lenient

    def _trust(self, context: SSL.Context, policy: TlsPolicy) -> None:
        if not policy.verifies:
            context.set_verify(SSL.VERIFY_NONE, None)
            return
        store = context.get_cert_store()
        assert store is not None
        if policy.root_ca is not None:
            store.add_cert(_anchor(policy.root_ca))
            if policy.any_ca_is_anchor and verification.is_ca(policy.root_ca):
                store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
        # Once and for all: pyOpenSSL merges, and OpenSSL keeps a time that was set before.
        store.set_time(policy.time)
        context.set_verify(SSL.VERIFY_PEER, self._verifier(policy))

    def _verifier(self, policy: TlsPolicy) -> verification.VerifyCallback | None:
        """Return the verify callback; None where OpenSSL's own judgement is all that is wanted."""
        tolerated: frozenset[int] = frozenset()
        if not policy.check_server_purpose:
            tolerated |= verification.WRONG_PURPOSE
        if policy.root_ca is None:
            tolerated |= verification.NOBODY_VOUCHES
        level = self.level if self._signs_with_sha1 else 0
        if not (self.details or policy.server_name or tolerated or level):
            return None
        return verification.verifier(policy.server_name, tolerated, note_failure, level=level)

    def _note_and_give_way(self, connection: SSL.Connection, where: int, value: int) -> None:
        note_alert(connection, where, value)
        self._give_way(connection, where, value)

    def _give_way(self, connection: SSL.Connection, where: int, _value: int) -> None:
        """Let a connection have the client's own weak certificate, once the server's has been judged."""
        if where & SSL.SSL_CB_LOOP and own_certificate.comes_next(connection):
            assert self._lenient is not None
            connection.set_context(self._lenient)

    def settle(self, connection: SSL.Connection) -> None:
        """Give a connection whose handshake is over the context that it began with, which owns its session."""
        if self._lenient is not None:
            connection.set_context(self._context)

    def why_refused(self, chain: Sequence[crypto.X509]) -> VerifyFailure | None:
        """Return what is wrong with the chain of a server that was refused, as far as it can be told."""
        store = self._context.get_cert_store()
        assert store is not None
        return verification.failure_of(store, chain)

    def connection(self, notes: Notes) -> SSL.Connection:
        """Return a new client connection over memory BIOs."""
        connection = SSL.Connection(self._context)
        connection.set_app_data(notes)
        connection.set_connect_state()
        return connection


@dataclass(frozen=True, slots=True, repr=False)
class KeyMaterial:
    """Keys of a finished handshake: MSK and EMSK (64 octets each) and the EAP Session-Id."""

    msk: bytes
    emsk: bytes
    session_id: bytes

    def __repr__(self) -> str:
        return f"KeyMaterial(session_id={self.session_id.hex()})"


class TlsClient:
    """One TLS connection of one EAP-TLS conversation.

    ``session`` is one of an earlier connection, to be resumed; that it may be is for the caller to see to.
    """

    __slots__ = (
        "_certificate_sent",
        "_connection",
        "_context",
        "_notes",
        "_offered",
        "_ticket",
        "error",
        "handshake_complete",
        "protected_success",
        "resumed",
        "stopped_itself",
        "strange",
        "tls13",
    )

    def __init__(
        self,
        context: TlsContext,
        key_log: Callable[[str], None] | None = None,
        session: TlsSession | None = None,
    ) -> None:
        self._context = context
        self._notes = Notes(key_log=key_log)
        self._connection = context.connection(self._notes)
        self._offered = session
        self._ticket: tls_session.Ticket | None = None
        if session is not None:
            libssl.offer(self._connection, session.session)
        self._certificate_sent = False
        self.handshake_complete = False
        self.resumed = False
        """Whether the session that was offered was resumed; known when the handshake is complete."""
        self.tls13 = False
        """Whether TLS 1.3 was negotiated; known when the handshake is complete."""
        self.protected_success = False
        """One octet 0x00 of application data came (RFC 9190 2.5)."""
        self.strange = b""
        """Application data other than that octet."""
        self.error = ""
        """Why the client gave up, in OpenSSL's words; empty while all is well."""
        self.stopped_itself = False
        """It gave up for a reason of its own, and had nothing against the server."""

    def start(self) -> bytes:
        """Return the flight with the ClientHello; an alert where OpenSSL has nothing that it would offer."""
        self._handshake()
        self.stopped_itself = bool(self.error)
        return self._drain()

    def receive(self, flight: bytes) -> bytes:
        """Take the server's flight and return the answer, which may be empty or end in an alert."""
        if flight:  # a memory BIO takes no empty write; an L bit with length 0 announces one
            self._connection.bio_write(flight)
        if self.handshake_complete:
            self._read()
            return self._drain()
        self._handshake()
        answer = self._drain()
        if not (self._certificate_sent or self.error or self.resumed):
            self._certificate_sent = own_certificate.is_in(answer, ends_tls13=self.tls13)
        return answer

    def keys(self) -> KeyMaterial:
        """Return the keys (RFC 5216 2.3 up to TLS 1.2, RFC 9190 2.3 for TLS 1.3)."""
        label, context = _EXPORTER[self.tls13]
        material = self._connection.export_keying_material(label, 128, context)
        session_id = self._session_id() if self._context.details else b""
        return KeyMaterial(material[:64], material[64:], session_id)

    def _session_id(self) -> bytes:
        connection = self._connection
        if self.tls13:
            return b"\x0d" + connection.export_keying_material(b"EXPORTER_EAP_TLS_Method-Id", 64, b"\x0d")
        return b"\x0d" + (connection.client_random() or b"") + (connection.server_random() or b"")

    def observe(self) -> TlsObservation:
        """Return what is known of the connection now."""
        policy = self._context.policy
        connection = self._connection
        cipher = connection.get_cipher_name() or ""
        kept = self._context.details or self.error
        # OpenSSL remembers the chain of a session; in a resumed handshake neither end sends any.
        sent = (connection.get_peer_cert_chain() or ()) if kept and not self.resumed else ()
        return TlsObservation(
            offered=(policy.tls_min, policy.tls_max),
            version=_NUMBERS.get(connection.get_protocol_version(), "") if cipher else "",
            cipher=cipher,
            handshake_complete=self.handshake_complete,
            protected_success=self.protected_success,
            alerts=tuple(self._notes.alerts),
            verify_failure=self._verify_failure(sent),
            error=self.error,
            peer_chain=peer_certificates.read_chain(sent),
            sent_chain=policy.chain if self._certificate_sent else (),
            own_chain=policy.chain,
            session_offered=self._offered is not None,
            resumed=self.resumed,
            session_chain=self._offered.sent_chain if self._offered and self.resumed else (),
            ticket_lifetime=self._ticket_lifetime(),
            security_level=self._context.level,
            stopped_itself=self.stopped_itself,
            trust_anchor=policy.root_ca,
            expected_name=policy.server_name,
        )

    @property
    def session_reply(self) -> tuple[ReplyAttribute, ...]:
        """The answer that the full handshake of the resumed session ended in; empty unless resumed."""
        return self._offered.reply if self._offered is not None and self.resumed else ()

    def session(self, reply: tuple[ReplyAttribute, ...] = ()) -> TlsSession | None:
        """Return the session that a later connection may resume, if there is one; this one is over then.

        ``reply`` is kept with it, the answer that the conversation ended in.
        """
        policy, connection = self._context.policy, self._connection
        # Else OpenSSL takes the session of a connection that is let go for a bad one.
        connection.set_shutdown(SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN)
        session = connection.get_session()
        if session is None:
            return None
        verified = tuple(connection.get_verified_chain() or ()) if policy.verifies else ()
        sent = policy.chain if self._certificate_sent else ()
        ticket = self._read_ticket(session)
        lifetime = tls_session.lasts(ticket, tls13=self.tls13)
        made = TlsSession(policy, ticket.name, lifetime, verified, sent, session, reply)
        return tls_session.to_keep(made, self._offered if self.resumed else None, tls13=self.tls13)

    def _ticket_lifetime(self) -> int:
        """Return the lifetime that the server gave its ticket, in seconds; 0: none came, or none was named."""
        session = (
            self._connection.get_session() if self.handshake_complete and self._context.details else None
        )
        if session is None:
            return 0
        ticket = self._read_ticket(session)
        old = self._offered is not None and ticket.name == self._offered.name
        return 0 if old else ticket.lifetime

    def _read_ticket(self, session: SSL.Session) -> tls_session.Ticket:
        """Return what the session says of itself, which is looked at once: when all is over."""
        if self._ticket is None:
            self._ticket = tls_session.ticket_of(session)
        return self._ticket

    def _verify_failure(self, sent: Sequence[crypto.X509]) -> VerifyFailure | None:
        if not self.error:
            return None
        if self._notes.verify_failure is None and self.error == _NOT_VERIFIED:
            return self._context.why_refused(sent)
        return self._notes.verify_failure

    def _handshake(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            self.error = reason(error)
            self.stopped_itself = own_certificate.is_too_weak(self.error)
        else:
            self._context.settle(self._connection)
            self.handshake_complete = True
            self.tls13 = self._connection.get_protocol_version() == SSL.TLS1_3_VERSION
            if self._offered is not None:
                self.resumed = libssl.was_resumed(self._connection)

    def _read(self) -> None:
        """Consume session tickets and application data; TLS 1.3 can fail here, too."""
        try:
            while True:
                self._take(self._connection.recv(_CHUNK))
        except SSL.WantReadError:
            return
        except SSL.ZeroReturnError:
            self.error = "the server sent close_notify"
        except SSL.Error as error:
            self.error = reason(error)

    def _take(self, data: bytes) -> None:
        if data == b"\x00" and not self.protected_success:
            self.protected_success = True
        else:
            self.strange += data

    def _drain(self) -> bytes:
        try:
            return self._connection.bio_read(_CHUNK)
        except SSL.WantReadError:
            return b""


@lru_cache(maxsize=256)
def _anchor(root_ca: x509.Certificate) -> crypto.X509:
    """Return a root CA as OpenSSL wants it: most associations of a run trust the same few."""
    return crypto.X509.from_cryptography(root_ca)
