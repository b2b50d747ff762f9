"""What the far end said, as records: the diagnosis reads these and never the log's text.

A FreeRADIUS log line that no rule knows is kept in ``ServerEvidence.log`` and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from cryptography import x509

from harness.trace import Endpoint


class LogKind(StrEnum):
    """What a known log line says."""

    REQUEST = "request"
    """A request arrived and was taken up for processing."""
    VERIFY_ERROR = "verify-error"
    """OpenSSL refused the client's chain; ``number`` is its X509_V_ERR value."""
    ALERT_SENT = "alert-sent"
    """The server's TLS library wrote an alert (it does not reach the client)."""
    ALERT_RECEIVED = "alert-received"
    """The client's alert arrived."""
    NO_CLIENT_CERTIFICATE = "no-client-certificate"
    UNSUPPORTED_PROTOCOL = "unsupported-protocol"
    NO_SHARED_CIPHER = "no-shared-cipher"
    NO_SIGNATURE_ALGORITHM = "no-signature-algorithm"
    """The server can sign with no algorithm that the client offers (TLS 1.3; below, that is no shared cipher)."""
    NAME_CHECK_FAILED = "name-check-failed"
    """check_cert_cn or check_cert_issuer said no."""
    POLICY_REJECTED = "policy-rejected"
    CN_IS_NOT_IDENTITY = "cn-is-not-identity"
    """A policy compared the certificate's common name with the User-Name, and they differ."""
    IDENTITY_IS_NOT_USER_NAME = "identity-is-not-user-name"
    """The EAP identity and the User-Name of one request differ (RFC 3579 2.1)."""
    UNTRUSTED_IN_CHAIN = "untrusted-in-chain"
    """The device sent a CA that is not in the server's list (``reject_unknown_intermediate_ca``)."""
    OCSP_REFUSED = "ocsp-refused"
    """An OCSP responder said that the certificate is not good; ``detail`` is its word."""
    OCSP_FAILED = "ocsp-failed"
    """No answer of an OCSP responder could be had or used, and the server insists on one."""
    PEER_MISBEHAVES = "peer-misbehaves"
    CERTIFICATE_NOT_KNOWN = "certificate-not-known"
    """A condition of a policy asks for an attribute of the certificate that the server does not have."""
    NO_COMMON_METHOD = "no-common-method"
    UNKNOWN_STATE = "unknown-state"
    ROUND_LIMIT = "round-limit"
    RESPONSE_DELAYED = "response-delayed"
    """The decision is made and its answer held back (reject_delay); ``detail`` says for how many seconds."""
    SECRET_WRONG = "secret-wrong"
    MESSAGE_AUTHENTICATOR_MISSING = "message-authenticator-missing"
    CLIENT_UNKNOWN = "client-unknown"
    MALFORMED = "malformed"
    LOGIN_OK = "login-ok"
    LOGIN_INCORRECT = "login-incorrect"


@dataclass(frozen=True, slots=True)
class LoggedCertificate:
    """A certificate that the server was looking at, as its log lists the attributes of it.

    ``serial`` is in hex without leading zeros; names are as OpenSSL writes them on one line
    (``/CN=issuing-ca``), empty where the log has none. ``leaf``: the peer's own, not a CA above it.
    """

    leaf: bool
    serial: str
    subject: str = ""
    issuer: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One log line that a rule knows.

    ``text`` is the line without its request number; ``detail`` the part that varies (alert name,
    reason); ``number`` the OpenSSL error where there is one, else 0. ``source`` is known for lines
    that belong to a request or that name an address (then the port may be 0). Lines of other
    sources are not in the evidence of an association. ``certificate`` is the one that a verification
    error is about, where the log lists it.
    """

    kind: LogKind
    text: str
    detail: str = ""
    number: int = 0
    source: Endpoint | None = None
    certificate: LoggedCertificate | None = None


@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """The line that the server's ``linelog`` wrote for one finished authentication."""

    reply: str
    """``Access-Accept`` or ``Access-Reject``."""
    source: Endpoint
    user: str
    client_cn: str = ""
    client_serial: str = ""
    tls_version: str = ""
    cipher: str = ""
    session_id: bytes = b""
    failures: tuple[str, ...] = ()
    """Module-Failure-Message values, first failure first."""


@dataclass(frozen=True, slots=True)
class ServerEvidence:
    """What the far end said about one association.

    ``available`` is false for a server whose log cannot be read (the user's own);
    ``running`` tells whether it was alive when the evidence was taken, ``None``: not known.
    """

    available: bool
    server: str
    running: bool | None = None
    verdict: VerdictRecord | None = None
    events: tuple[LogEvent, ...] = ()
    log: tuple[str, ...] = ()
    trusted: tuple[x509.Certificate, ...] = ()
    """CAs the server was configured to trust; empty when not known."""
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    """CRLs the server was configured to look at; empty when not known."""
    required_cn: str | None = None
    """The common name that its check_cert_cn asks for, empty: the identity; ``None``: not checked, or not known."""
    clock: datetime | None = None
    """What its clock showed when the evidence was taken; ``None``: not known."""
    killed_by: int = 0
    """The signal that ended a server of the harness from outside; 0: none."""
    security_level: int | None = None
    """OpenSSL's level that the server's own cipher list names; ``None``: it names none, or is not known."""
    starved: str = ""
    """What shows that a server of the harness has had too little memory, whatever it answered; empty: nothing."""
    foreign: bool = False
    """Nobody knows its configuration: what stands empty above may be anything."""
    folder: Path | None = None
    """Where a server of the harness writes all this; ``None``: elsewhere, or it cannot be told from others'."""

    def first(self, kind: LogKind) -> LogEvent | None:
        """Return the first event of that kind, or ``None``."""
        return next((event for event in self.events if event.kind is kind), None)
