"""A small PKI, and a RADIUS server with EAP-TLS in memory that can be told to misbehave.

The server shares no code with ``harness.protocol``: what both agree on, the documents say.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import md5
from random import Random
from typing import Literal

import pytest
from cryptography import x509
from OpenSSL import SSL, crypto

from harness.observation import Observation
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.protocol.association import Association
from harness.protocol.authenticator import AccessPoint
from harness.protocol.impairment import Path
from harness.protocol.progress import LONGEST
from harness.protocol.station import Station
from harness.protocol.tls import TlsContext
from harness.protocol.tls_policy import TlsPolicy
from harness.protocol.tls_session import TlsSession
from harness.trace import Endpoint, Recorder

SECRET = b"testing123"
_VERSIONS = {
    "1.0": SSL.TLS1_VERSION,
    "1.1": SSL.TLS1_1_VERSION,
    "1.2": SSL.TLS1_2_VERSION,
    "1.3": SSL.TLS1_3_VERSION,
}


class Pki:
    """Certificates of one session; ``issue`` adds one that deviates."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)
        self._mint = Mint(KeyPool(), self.now)
        self._specs = {
            "root": CertificateSpec("root", Profile.ROOT_CA),
            "middle": CertificateSpec("middle", Profile.INTERMEDIATE_CA, "root"),
            "other": CertificateSpec("other", Profile.ROOT_CA),
        }
        self.root = self._mint.issue("root", self._specs)
        self.other = self._mint.issue("other", self._specs)
        self.server = self.issue(
            CertificateSpec("server", Profile.SERVER, "middle", dns=("radius.corp.example",))
        )
        self.client = self.issue(CertificateSpec("client", Profile.CLIENT, "root"))
        self.stranger = self.issue(CertificateSpec("stranger", Profile.CLIENT, "other"))

    def add(self, *specs: CertificateSpec) -> None:
        """Let certificates be issued by these, too."""
        self._specs |= {spec.name: spec for spec in specs}

    def issue(self, spec: CertificateSpec) -> Credential:
        return self._mint.issue(spec.name, {**self._specs, spec.name: spec})


@dataclass
class Draft:
    """An answer before it is signed; ``Manners.edit`` may change any of it."""

    number: int
    """Counts the answers of a conversation from 1; a retransmission has the same number again."""
    transmission: int
    code: int
    identifier: int
    eap: bytes | None
    state: bytes = b""
    keys: tuple[bytes, bytes] | None = None
    extra: bytes = b""
    message_authenticator: Literal["first", "last", "absent", "wrong", "short"] = "first"
    authenticator_right: bool = True

    def encode(self, authenticator: bytes, secret: bytes) -> bytes:
        body = b"".join(_attribute(79, part) for part in _cut(self.eap or b"", 253))
        if self.state:
            body += _attribute(24, self.state)
        if self.keys is not None:
            for kind, key, salt in ((17, self.keys[0], b"\x81\x02"), (16, self.keys[1], b"\x83\x04")):
                value = salt + _mppe_cipher(key, salt, secret, authenticator)
                body += _attribute(26, struct.pack("!IBB", 311, kind, len(value) + 2) + value)
        body += self.extra
        place = self.message_authenticator
        size = 15 if place == "short" else 16
        if place == "last":
            body, at = body + _attribute(80, bytes(16)), 20 + len(body) + 2
        elif place != "absent":
            body, at = _attribute(80, bytes(size)) + body, 22
        head = struct.pack("!BBH", self.code, self.identifier, 20 + len(body))
        if place in {"first", "last"}:
            mac = hmac.new(secret, head + authenticator + body, "md5").digest()
            body = body[: at - 20] + mac + body[at - 4 :]
        proof = md5(head + authenticator + body + secret).digest()
        return head + (proof if self.authenticator_right else bytes(16)) + body


@dataclass(frozen=True)
class Manners:
    """How the server behaves; by default well."""

    notification: bytes | None = None
    proposals: tuple[tuple[int, bytes], ...] = ()
    """Type and data of the methods proposed before EAP-TLS."""
    fragment: int = 1000
    always_length: bool = False
    """L bit on unfragmented messages, too."""
    declared_error: int = 0
    """Added to the TLS message length of fragmented messages."""
    relabel: bool = False
    """The second fragment declares another length than the first."""
    data_for_ack: bool = False
    """A client's fragment is answered with data."""
    protected_success: bytes | None = b"\x00"
    """TLS 1.3 application data before EAP-Success; None: EAP-Success at once."""
    chatter: int = 0
    """Requests with data that are sent when all is done, before EAP-Success."""
    deliver_alert: bool = False
    """The server's own TLS alert is sent before the failure (RFC 9190 2.1.4)."""
    repeat: frozenset[int] = frozenset()
    """Numbers of EAP Requests that are sent a second time, after they were answered."""
    edit: Callable[[Draft], None] = lambda _draft: None


GOOD = Manners()


class _End(Exception):
    """The conversation ends here with a reject."""


Talk = Generator[bytes, bytes, bytes]
"""Yields EAP Requests, is sent EAP Responses."""


class _Conversation:
    def __init__(self, server: FakeServer, number: int) -> None:
        self.server = server
        self.manners = server.manners
        self.state = b"state-%d-" % number
        self.tls = SSL.Connection(server.context)
        self.tls.set_accept_state()
        self.identifier = 0x40
        self.asked = 0
        self.answers = 0
        self.done = False
        self.script: Generator[bytes, bytes, bool] | None = None

    def draft(self, request_identifier: int, eap: bytes) -> Draft:
        """Give the response to the script and put its next Request, or the end, in a draft."""
        self.answers += 1
        try:
            if self.script is None:
                self.script = self._run()
                request = next(self.script)
            else:
                request = self.script.send(eap)
        except StopIteration as stop:
            return self._final(request_identifier, accepted=stop.value)
        except _End as end:
            self.server.complaints.append(str(end))
            return self._final(request_identifier, accepted=False)
        state = self.state + b"%d" % self.answers
        return Draft(self.answers, 1, 11, request_identifier, request, state)

    def _final(self, request_identifier: int, *, accepted: bool) -> Draft:
        # The final packet repeats the identifier of the last Request (RFC 3748 4.2).
        eap = struct.pack("!BBH", 3 if accepted else 4, self.identifier, 4)
        keys = None
        if accepted:
            # Else OpenSSL forgets the session of a connection that just ends.
            self.tls.set_shutdown(SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN)
            self.server.msk, self.server.session_id = self._keys()
            keys = self.server.msk[:32], self.server.msk[32:64]
        return Draft(self.answers, 1, 2 if accepted else 3, request_identifier, eap, keys=keys)

    def _keys(self) -> tuple[bytes, bytes]:
        if self.tls.get_protocol_version_name() == "TLSv1.3":
            method_id = self.tls.export_keying_material(b"EXPORTER_EAP_TLS_Method-Id", 64, b"\x0d")
            msk = self.tls.export_keying_material(b"EXPORTER_EAP_TLS_Key_Material", 128, b"\x0d")
            return msk[:64], b"\x0d" + method_id
        msk = self.tls.export_keying_material(b"client EAP encryption", 128)
        randoms = (self.tls.client_random() or b"") + (self.tls.server_random() or b"")
        return msk[:64], b"\x0d" + randoms

    def _ask(self, kind: int, data: bytes) -> Talk:
        self.asked += 1
        self.identifier = (self.identifier + 1) % 256
        request = struct.pack("!BBHB", 1, self.identifier, 5 + len(data), kind) + data
        response = yield request
        if self.asked in self.manners.repeat:
            again = yield request
            self.server.repeated.append((response, again))
        if len(response) < 5 or response[0] != 2 or response[1] != self.identifier:
            raise _End(f"no Response to Request {self.identifier}: {response.hex()}")
        return response

    def _run(self) -> Generator[bytes, bytes, bool]:
        if self.manners.notification is not None:
            yield from self._ask(2, self.manners.notification)
        for kind, data in self.manners.proposals:
            self.server.naks.append((yield from self._ask(kind, data))[4:])
        response = yield from self._ask(13, b"\x20")
        while True:
            flight = yield from self._collect(response)
            if not self._step(flight):
                alert = self._drain()
                if self.manners.deliver_alert and alert:
                    yield from self._send(alert)
                return False
            if self.done and self.tls.get_protocol_version_name() == "TLSv1.3":
                if self.manners.protected_success is None:
                    return True
                self.tls.send(self.manners.protected_success)
            answer = self._drain()
            if (
                self.done and not answer
            ):  # the client's Finished came last, as in a resumed session (RFC 5216 2.1.2)
                return True
            response = yield from self._send(answer)
            if self.done and response[4:] == b"\x0d\x00":
                return (yield from self._chat())

    def _chat(self) -> Generator[bytes, bytes, bool]:
        for _ in range(self.manners.chatter):
            yield from self._ask(13, b"\x00more")
        return True

    def _commit(self) -> bool:
        """Promise success, as TLS 1.3 wants it of a server that is done; False: this one does not."""
        if not self.done or self.tls.get_protocol_version_name() != "TLSv1.3":
            return True
        if self.manners.protected_success is None:
            return False
        self.tls.send(self.manners.protected_success)
        return True

    def _step(self, flight: bytes) -> bool:
        if not flight:
            raise _End("an empty flight")
        self.tls.bio_write(flight)
        try:
            if self.done:
                self.tls.recv(4096)
            else:
                self.tls.do_handshake()
                self.done = True
        except SSL.WantReadError:
            return True
        except SSL.Error as error:
            self.server.tls_errors.append(str(error))
            return False
        return True

    def _drain(self) -> bytes:
        try:
            return self.tls.bio_read(1 << 16)
        except SSL.WantReadError:
            return b""

    def _collect(self, response: bytes) -> Talk:
        """Put the client's fragments together; it must keep RFC 5216 2.1.5 and RFC 9190 2.1.9."""
        whole, declared = b"", None
        for number in range(1000):
            if response[4] != 13 or len(response) < 6:
                raise _End(f"not EAP-TLS: {response.hex()}")
            flags, body = response[5], response[6:]
            if flags & 0x80:
                if number or not flags & 0x40:
                    raise _End("L bit where it does not belong")
                (declared,), body = struct.unpack("!I", body[:4]), body[4:]
            whole += body
            if not flags & 0x40:
                break
            response = yield from self._ask(13, b"\x00data" if self.manners.data_for_ack else b"\x00")
        if declared is not None and declared != len(whole):
            raise _End(f"declared {declared}, sent {len(whole)}")
        return whole

    def _send(self, flight: bytes) -> Talk:
        manners = self.manners
        pieces = _cut(flight, manners.fragment) or [b""]
        length = struct.pack("!I", len(flight) + (manners.declared_error if len(pieces) > 1 else 0))
        for at, piece in enumerate(pieces):
            flags = 0x40 if at < len(pieces) - 1 else 0
            label = b""
            if (at == 0 and flags) or manners.always_length:
                label = length
            elif at == 1 and manners.relabel:
                label = struct.pack("!I", len(flight) + 1)
            flags |= 0x80 if label else 0
            response = yield from self._ask(13, bytes((flags,)) + label + piece)
            if flags & 0x40 and response[4:] != b"\x0d\x00":
                raise _End(f"fragment not acknowledged: {response[4:].hex()}")
        return response


class FakeServer:
    """Answers datagrams; any number of conversations, told apart by State."""

    def __init__(self, context: SSL.Context, manners: Manners, secret: bytes = SECRET) -> None:
        self.context = context
        self.manners = manners
        self.secret = secret
        self.requests: list[list[tuple[int, bytes]]] = []
        """Attributes of the authentic requests, retransmissions left out."""
        self.ignored = 0
        self.complaints: list[str] = []
        """What the client did wrong."""
        self.tls_errors: list[str] = []
        self.naks: list[bytes] = []
        self.repeated: list[tuple[bytes, bytes]] = []
        """Responses to Requests that were sent twice."""
        self.msk = self.session_id = b""
        self._conversations: dict[bytes, _Conversation] = {}
        self._answered: dict[bytes, Draft] = {}
        self._count = 0

    def answer(self, datagram: bytes) -> list[bytes]:
        attributes = _authentic(datagram, self.secret)
        if attributes is None:
            self.ignored += 1
            return []
        head = datagram[:20]
        draft = self._answered.get(head)
        if draft is None:
            self.requests.append(attributes)
            draft = self._draft(datagram[1], attributes)
        else:
            draft.transmission += 1
        self._answered[head] = draft
        sent = replace(draft)
        self.manners.edit(sent)
        return [sent.encode(datagram[4:20], self.secret)]

    def _draft(self, identifier: int, attributes: list[tuple[int, bytes]]) -> Draft:
        state = b"".join(value for kind, value in attributes if kind == 24)
        eap = b"".join(value for kind, value in attributes if kind == 79)
        if state:
            conversation = self._conversations.pop(state)
        else:
            self._count += 1
            conversation = _Conversation(self, self._count)
        draft = conversation.draft(identifier, eap)
        if draft.state:
            self._conversations[draft.state] = conversation
        return draft


class EndlessServer:
    """Answers every request with a signed Access-Challenge; ``ask`` makes its EAP packet.

    It is given the number of the round, from 1, and the Response.
    """

    def __init__(self, ask: Callable[[int, bytes], bytes]) -> None:
        self.ask = ask
        self.rounds = 0

    def answer(self, datagram: bytes) -> list[bytes]:
        attributes = _authentic(datagram, SECRET)
        assert attributes is not None
        self.rounds += 1
        response = b"".join(value for kind, value in attributes if kind == 79)
        draft = Draft(self.rounds, 1, 11, datagram[1], self.ask(self.rounds, response), b"state")
        return [draft.encode(datagram[4:20], SECRET)]


def request(number: int, kind: int, data: bytes) -> bytes:
    """Return an EAP Request; the identifier follows from the number of the round."""
    return struct.pack("!BBHB", 1, number % 256, 5 + len(data), kind) + data


def after_start(data: bytes) -> Callable[[int, bytes], bytes]:
    """Return what an endless server asks that begins EAP-TLS and then sends the same type-data for ever."""
    return lambda number, _response: request(number, 13, b"\x20" if number == 1 else data)


ENDLESS: dict[str, Callable[[int, bytes], bytes]] = {
    "identity": lambda number, _: request(number, 1, b"who?"),
    "notification": lambda number, _: request(number, 2, b"patience"),
    "proposals": lambda number, _: request(number, (4, 21, 25, 43)[number % 4], bytes(16)),
    "the same start": lambda _number, _response: request(77, 13, b"\x20"),
    "new starts": lambda number, _: request(number, 13, b"\x20"),
    "acknowledgements": after_start(b"\x00"),
    "fragments": after_start(b"\x40" + bytes(1000)),
    "tiny fragments": after_start(b"\x40\x16"),
    "hello requests": after_start(b"\x00" + bytes.fromhex("160303000400000000")),
    "warnings": after_start(b"\x00" + bytes.fromhex("1503030002015a")),
}
"""What a server can do without end, by name."""


def _authentic(datagram: bytes, secret: bytes) -> list[tuple[int, bytes]] | None:
    """Return the attributes of an Access-Request whose Message-Authenticator is right."""
    if datagram[0] != 1 or struct.unpack("!H", datagram[2:4])[0] != len(datagram):
        return None
    attributes, at, mac_at = [], 20, 0
    while at < len(datagram):
        kind, size = datagram[at], datagram[at + 1]
        attributes.append((kind, datagram[at + 2 : at + size]))
        mac_at = at + 2 if kind == 80 else mac_at
        at += size
    if not mac_at:
        return None
    blank = datagram[:mac_at] + bytes(16) + datagram[mac_at + 16 :]
    right = hmac.new(secret, blank, "md5").digest() == datagram[mac_at : mac_at + 16]
    return attributes if right else None


def _attribute(kind: int, value: bytes) -> bytes:
    return bytes((kind, len(value) + 2)) + value


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def _mppe_cipher(key: bytes, salt: bytes, secret: bytes, authenticator: bytes) -> bytes:
    """RFC 2548 2.4.2."""
    plain = bytes((len(key),)) + key
    plain += bytes(-len(plain) % 16)
    cipher, chain = b"", authenticator + salt
    for block in _cut(plain, 16):
        pad = md5(secret + chain).digest()
        chain = bytes(left ^ right for left, right in zip(block, pad, strict=True))
        cipher += chain
    return cipher


def converse(association: Association, server: FakeServer | EndlessServer, *, start: float = 1000.0) -> float:
    """Run an association against the server in virtual time; return when it ended."""
    now = start
    association.start(now)
    for _ in range(10_000):
        if association.finished:
            return now
        sent = association.datagrams_to_send(now)
        for datagram in sent:
            for reply in server.answer(datagram):
                association.receive_datagram(reply, now)
        if not sent and not association.finished:
            due = association.get_timer()
            assert due is not None, "the association waits for nothing"
            now = max(now, due)
            association.handle_timer(now)
    raise AssertionError("the association does not end")


@dataclass
class Bench:
    """Puts device, access point and server together."""

    pki: Pki
    _clients: dict[TlsPolicy, TlsContext] = field(default_factory=dict)
    _servers: dict[tuple[object, ...], SSL.Context] = field(default_factory=dict)

    def policy(self, **changes: object) -> TlsPolicy:
        policy = TlsPolicy(self.pki.client, self.pki.root.certificate, self.pki.now)
        return replace(policy, **changes)  # type: ignore[arg-type]

    def client_context(self, policy: TlsPolicy, *, key_log: bool = False) -> TlsContext:
        if key_log:
            return TlsContext(policy, key_log=True)
        if policy not in self._clients:
            self._clients[policy] = TlsContext(policy)
        return self._clients[policy]

    def server(
        self,
        manners: Manners = GOOD,
        *,
        tls: str = "1.2",
        credential: Credential | None = None,
        trust: x509.Certificate | None = None,
        secret: bytes = SECRET,
        ask_client: bool = True,
    ) -> FakeServer:
        shown = credential or self.pki.server
        trusted = trust or self.pki.root.certificate
        key = (tls, shown, trusted, ask_client)
        if key not in self._servers:
            self._servers[key] = server_context(shown, trusted, tls, ask_client=ask_client)
        return FakeServer(self._servers[key], manners, secret)

    def new_server_context(self, tls: str) -> SSL.Context:
        """Return the context of a good server that no other test has; it can still be changed."""
        return server_context(self.pki.server, self.pki.root.certificate, tls)

    def association(
        self,
        *,
        policy: TlsPolicy | None = None,
        akm: int = 1,
        path: Path | None = None,
        recorder: Recorder | None = None,
        fragment_size: int = 1398,
        identity: str = "thermostat-7",
        point: AccessPoint | None = None,
        server: Endpoint | None = None,
        seed: int = 1,
        link: bool = True,
        session: TlsSession | None = None,
        context: TlsContext | None = None,
        patience: float = LONGEST,
    ) -> Association:
        context = context or self.client_context(policy or self.policy(), key_log=recorder is not None)
        station = Station(
            "CORP",
            bytes.fromhex("020000000002"),
            identity,
            context,
            fragment_size,
            patience=patience,
            session=session,
        )
        access_point = point or AccessPoint("CORP", bytes.fromhex("020000000001"), SECRET, akm)
        return Association(
            station,
            access_point,
            server or Endpoint("127.0.0.1", 1812),
            Random(seed).randbytes,
            path=path,
            recorder=recorder,
            link=link,
        )

    def run(self, server: FakeServer | EndlessServer, association: Association | None = None) -> Observation:
        association = association or self.association()
        association.bind(Endpoint("127.0.0.1", 40000))
        converse(association, server)
        return association.observe()


def server_context(
    credential: Credential, trusted: x509.Certificate, tls: str, *, ask_client: bool = True
) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    context.set_min_proto_version(_VERSIONS[tls])
    context.set_max_proto_version(_VERSIONS[tls])
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.use_certificate(credential.certificate)
    context.use_privatekey(credential.key)
    for certificate in credential.chain:
        context.add_extra_chain_cert(certificate)
    store = context.get_cert_store()
    assert store is not None
    store.add_cert(crypto.X509.from_cryptography(trusted))
    if ask_client:
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, None)
    return context


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki()


@pytest.fixture(scope="session")
def bench(pki: Pki) -> Bench:
    return Bench(pki)


@pytest.fixture(scope="session")
def endless() -> Callable[[str], EndlessServer]:
    """Return what makes a server that does one thing without end, by its name in ``ENDLESS``."""
    return lambda name: EndlessServer(ENDLESS[name])


@pytest.fixture(scope="session")
def manners() -> type[Manners]:
    return Manners
