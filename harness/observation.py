"""What the near end (device and access point) saw of one association, as a value.

The protocol core fills it and judges nothing; the diagnosis joins it with the server's journal.
Times are seconds on the clock that the driver passes in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from cryptography import x509

from harness.strength import LIBRARY_LEVEL
from harness.trace import Endpoint


class Stage(StrEnum):
    """How far an association came; each name says what had been reached."""

    STARTED = "started"
    """802.11 association done, EAPOL-Start sent, no identity asked yet."""
    IDENTITY = "identity"
    """EAP-Response/Identity is on its way to the server; no answer yet."""
    METHOD = "method"
    """The server answered and proposed an EAP method."""
    HANDSHAKE = "handshake"
    """EAP-TLS is under way; the client's own handshake is not finished."""
    JUDGEMENT = "judgement"
    """The client's handshake is finished, the server's decision is awaited (RFC 9190 2.1.1)."""
    RESULT = "result"
    """The final RADIUS answer is there."""
    FOUR_WAY = "four-way"
    """The 4-way handshake was started and did not complete."""
    COMPLETE = "complete"
    """The 4-way handshake is complete: the link is up."""


class RadiusResult(StrEnum):
    """The code of the RADIUS packet that ended the conversation."""

    ACCEPT = "access-accept"
    REJECT = "access-reject"


class EapResult(StrEnum):
    """The EAP packet that ended the conversation."""

    SUCCESS = "success"
    FAILURE = "failure"


class Keys(StrEnum):
    """The device's MSK (TLS exporter) against MS-MPPE-Recv-Key and -Send-Key (RFC 2548 2.4)."""

    NOT_COMPARED = "not-compared"
    AGREE = "agree"
    MISSING = "missing"
    DIFFER = "differ"


class FourWay(StrEnum):
    """The 4-way handshake of IEEE 802.11-2020 12.7.6."""

    NOT_RUN = "not-run"
    COMPLETE = "complete"
    MIC_FAILURE = "mic-failure"


@dataclass(frozen=True, slots=True)
class Alert:
    """A TLS alert that the client sent or received; numbers as in RFC 8446 6."""

    sent: bool
    level: int
    description: int
    name: str


@dataclass(frozen=True, slots=True)
class VerifyFailure:
    """Why the client's verification of the server's chain failed.

    ``number`` is OpenSSL's X509_V_ERR value, or 0 when the check is the harness's own (name match);
    ``depth`` counts from 0, the server's own certificate.
    """

    number: int
    text: str
    depth: int
    subject: str
    certificate: x509.Certificate | None = field(default=None, compare=False, repr=False)
    """The certificate itself, where it can be read."""


@dataclass(frozen=True, slots=True)
class TlsObservation:
    """The TLS side of an association, as the client saw it."""

    offered: tuple[str, str]
    """Lowest and highest version offered, e.g. ``("1.2", "1.3")``."""
    version: str = ""
    """Negotiated version, e.g. ``"1.3"``; empty before ServerHello."""
    cipher: str = ""
    handshake_complete: bool = False
    """The *client's* handshake; in TLS 1.3 the server may still refuse."""
    protected_success: bool = False
    """The 0x00 application data octet of RFC 9190 2.5 was received."""
    session_offered: bool = False
    """The client offered a session of an earlier connection."""
    resumed: bool = False
    """The server took it: neither end sent a certificate."""
    session_chain: tuple[x509.Certificate, ...] = ()
    """The client's chain in the handshake that made the session; empty unless resumed."""
    ticket_lifetime: int = 0
    """Seconds that the server gave its session ticket; 0: none came, or it named no lifetime."""
    alerts: tuple[Alert, ...] = ()
    verify_failure: VerifyFailure | None = None
    error: str = ""
    """The TLS library's words for a local failure; no secrets."""
    peer_chain: tuple[x509.Certificate, ...] = ()
    """Certificates as sent by the server, leaf first; empty when none came (as in a resumed session) or not kept."""
    sent_chain: tuple[x509.Certificate, ...] = ()
    """Certificates that the client sent, leaf first; empty when its Certificate message was, or when it sent none, as in a
    resumed session."""
    own_chain: tuple[x509.Certificate, ...] = ()
    """The client's own certificates, leaf first, sent or not; empty when it has none."""
    security_level: int = LIBRARY_LEVEL
    """OpenSSL's level that the client holds certificates against."""
    stopped_itself: bool = False
    """The client's TLS library stopped because of the client's own chain or settings, not of the server's."""
    trust_anchor: x509.Certificate | None = None
    """The root CA the client verifies against; ``None``: it verifies nothing."""
    expected_name: str = ""
    """The DNS name the client insists on; empty: any."""


class DiscardKind(StrEnum):
    """What a discarded packet was, where that proves something."""

    UNSIGNED = "unsigned"
    """An answer to the request that lacked the Message-Authenticator, and nothing else."""
    FROM_ELSEWHERE = "from-elsewhere"
    """An authentic answer to the request, from an address or port that had not been asked."""
    EAP = "eap"
    """An EAP packet of an authentic answer, which the device could not take."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Discard:
    """A packet that was silently discarded, with the reason that a live network would not tell.

    ``request`` counts the requests that had been sent by then: the number of the one that waited.
    """

    at: float
    reason: str
    clause: str
    kind: DiscardKind = DiscardKind.OTHER
    request: int = 0


@dataclass(frozen=True, slots=True)
class Standstill:
    """Why the device gave up a conversation in which the server kept on without moving it on.

    ``repeated`` says what the server did and how often, e.g. ``("asked for the identity again", 50)``.
    """

    rounds: int
    repeated: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Overtime:
    """How a conversation ended that had no decision within the device's patience.

    ``seconds`` had passed since the first Request when another one came, ``patience`` is how many the device gives,
    ``answered`` the number of Requests that it had answered.
    """

    seconds: float
    patience: float
    answered: int


@dataclass(frozen=True, slots=True)
class Silence:
    """What an impaired path did on purpose to the last request, which got no answer, and to its answers.

    ``arrived`` counts the transmissions that reached the server; ``lost`` those that were
    dropped (to the server, from it), where of the answers only authentic ones to this very request count.
    ``request_held`` and ``answer_held`` say for how many seconds the path holds what was still under way when the
    access point gave up; ``None``: nothing was.
    """

    transmissions: int
    arrived: int
    lost: tuple[int, int] = (0, 0)
    request_held: float | None = None
    answer_held: float | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """A breach of a protocol by the other side; ``fatal`` ended the association."""

    clause: str
    text: str
    fatal: bool


@dataclass(frozen=True, slots=True)
class ReplyAttribute:
    """A RADIUS attribute of the final answer, decoded by name (``Tunnel-Private-Group-Id``)."""

    name: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything the near end saw of one association."""

    stage: Stage
    ssid: str
    identity: str
    """The outer EAP identity as sent in clear."""
    source: Endpoint | None
    """Address and port the access point's RADIUS client sent from."""
    server: Endpoint
    started: float
    ended: float
    radius_result: RadiusResult | None = None
    eap_result: EapResult | None = None
    requests: int = 0
    """Access-Requests, retransmissions not counted."""
    replies: int = 0
    """Authentic answers, duplicates not counted."""
    unsigned_replies: int = 0
    """Those among them that came without Message-Authenticator, and were taken because it is not demanded."""
    retransmissions: int = 0
    unreachable: int = 0
    """ICMP "port unreachable" answers."""
    lost_on_purpose: tuple[int, int] = (0, 0)
    """Datagrams the scenario's impairment dropped: (to the server, from the server)."""
    silence: Silence | None = None
    """What an impaired path did to the request on which the access point gave up; ``None``: there is none of both."""
    waited: float | None = None
    """How many seconds the access point had waited for an answer when it gave up; ``None``: it did not."""
    framed_mtu: int = 0
    """The Framed-MTU that the access point announced, in octets; 0: none."""
    largest_eap: tuple[int, int] = (0, 0)
    """Octets of the largest EAP packet in RADIUS: (to the server, from the server)."""
    proposed_methods: tuple[int, ...] = ()
    """EAP method types the server proposed, in order."""
    tls: TlsObservation | None = None
    keys: Keys = Keys.NOT_COMPARED
    session_id: bytes = b""
    """EAP Session-Id derived by the device (RFC 5216 2.3, RFC 9190 2.3)."""
    server_session_id: bytes = b""
    """EAP-Key-Name of the Access-Accept (RFC 7268 2.2), empty when absent."""
    four_way: FourWay = FourWay.NOT_RUN
    akm: int = 1
    reply_attributes: tuple[ReplyAttribute, ...] = ()
    session_reply: tuple[ReplyAttribute, ...] = ()
    """Attributes of the final answer to the full handshake whose session was resumed; empty unless resumed."""
    discards: tuple[Discard, ...] = ()
    """The first ones, and the last of each kind that proves something."""
    discards_left_out: int = 0
    """How many more there were."""
    standstill: Standstill | None = None
    """What the server did without end, until the device gave up."""
    overtime: Overtime | None = None
    """How long the server kept on asking, until the device gave up."""
    held_on_purpose: float = 0.0
    """Seconds for which the scenario's impairment held datagrams, of both directions together."""
    violations: tuple[Violation, ...] = ()

    @property
    def duration(self) -> float:
        """Seconds from EAPOL-Start to the end."""
        return self.ended - self.started
