"""What one association did, as a value: verdict, cause, findings, and what proves them.

The vocabulary is closed. Every :class:`Cause` has an entry in ``harness.diagnosis.causes`` that
says what proves it, what it means and what to do about it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from harness.observation import Observation
from harness.trace import Actor


class Verdict(StrEnum):
    """Who decided, and how."""

    CONNECTED = "connected"
    REJECTED = "rejected"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    UNUSABLE = "unusable"
    VIOLATED = "violated"
    NOT_ATTEMPTED = "not-attempted"


class Cause(StrEnum):
    """Why, in one word from a closed vocabulary."""

    # connected
    MUTUAL_AUTHENTICATION = "mutual-authentication"
    SERVER_NOT_AUTHENTICATED = "server-not-authenticated"
    # rejected: the server refused the device
    CLIENT_CERTIFICATE_EXPIRED = "client-certificate-expired"
    CLIENT_CERTIFICATE_NOT_YET_VALID = "client-certificate-not-yet-valid"
    CLIENT_ISSUER_UNKNOWN = "client-issuer-unknown"
    CLIENT_ISSUER_AMBIGUOUS = "client-issuer-ambiguous"
    CLIENT_CERTIFICATE_SELF_SIGNED = "client-certificate-self-signed"
    CLIENT_CHAIN_INCOMPLETE = "client-chain-incomplete"
    CLIENT_CERTIFICATE_WRONG_PURPOSE = "client-certificate-wrong-purpose"
    CLIENT_CERTIFICATE_REVOKED = "client-certificate-revoked"
    CLIENT_CERTIFICATE_UNACCEPTABLE = "client-certificate-unacceptable"
    CLIENT_KEY_TOO_WEAK = "client-key-too-weak"
    CLIENT_CERTIFICATE_NOT_SENT = "client-certificate-not-sent"
    CLIENT_CERTIFICATE_WITHHELD = "client-certificate-withheld"
    CRL_MISSING = "crl-missing"
    CRL_EXPIRED = "crl-expired"
    CLIENT_INTERMEDIATE_NOT_LISTED = "client-intermediate-not-listed"
    OCSP_UNUSABLE = "ocsp-unusable"
    CRL_NOT_YET_VALID = "crl-not-yet-valid"
    IDENTITY_MISMATCH = "identity-mismatch"
    IDENTITY_UNKNOWN = "identity-unknown"
    IDENTITY_TOO_LONG = "identity-too-long"
    USER_NAME_CHANGED = "user-name-changed"
    POLICY_REJECTED = "policy-rejected"
    POLICY_LACKS_CERTIFICATE = "policy-lacks-certificate"
    NO_COMMON_EAP_METHOD = "no-common-eap-method"
    EAP_ROUND_LIMIT = "eap-round-limit"
    EAP_SESSION_LOST = "eap-session-lost"
    # rejected or refused, whichever side noticed
    TLS_VERSION_MISMATCH = "tls-version-mismatch"
    TLS_NO_SHARED_CIPHER = "tls-no-shared-cipher"
    TLS_NO_SIGNATURE_ALGORITHM = "tls-no-signature-algorithm"
    ISSUING_CA_EXPIRED = "issuing-ca-expired"
    ISSUING_CA_NOT_YET_VALID = "issuing-ca-not-yet-valid"
    ISSUING_CA_REVOKED = "issuing-ca-revoked"
    ROOT_CA_EXPIRED = "root-ca-expired"
    ROOT_CA_NOT_YET_VALID = "root-ca-not-yet-valid"
    # refused: the device refused the server
    SERVER_ISSUER_UNKNOWN = "server-issuer-unknown"
    SERVER_CERTIFICATE_SELF_SIGNED = "server-certificate-self-signed"
    SERVER_CHAIN_INCOMPLETE = "server-chain-incomplete"
    SERVER_CERTIFICATE_EXPIRED = "server-certificate-expired"
    SERVER_CERTIFICATE_NOT_YET_VALID = "server-certificate-not-yet-valid"
    SERVER_CERTIFICATE_WRONG_PURPOSE = "server-certificate-wrong-purpose"
    SERVER_CERTIFICATE_UNACCEPTABLE = "server-certificate-unacceptable"
    SERVER_KEY_TOO_WEAK = "server-key-too-weak"
    SERVER_NAME_MISMATCH = "server-name-mismatch"
    ROOT_CA_NOT_A_ROOT = "root-ca-not-a-root"
    # unanswered
    SHARED_SECRET_WRONG = "shared-secret-wrong"
    NAS_UNKNOWN = "nas-unknown"
    SERVER_UNREACHABLE = "server-unreachable"
    MESSAGE_AUTHENTICATOR_MISSING = "message-authenticator-missing"
    REPLIES_LOST = "replies-lost"
    REQUESTS_LOST = "requests-lost"
    ANSWER_TOO_LATE = "answer-too-late"
    ANSWERED_FROM_ELSEWHERE = "answered-from-elsewhere"
    NO_PROGRESS = "no-progress"
    NO_DECISION_IN_TIME = "no-decision-in-time"
    # unusable: accepted, yet the link cannot come up
    KEYS_MISSING = "keys-missing"
    KEYS_MISMATCH = "keys-mismatch"
    # violated
    PROTECTED_SUCCESS_MISSING = "protected-success-missing"
    EAP_SUCCESS_MISSING = "eap-success-missing"
    ACCEPT_WITH_FAILURE = "accept-with-failure"
    EAP_FRAMING = "eap-framing"
    TLS_PROTOCOL = "tls-protocol"
    # not attempted: the device could not start, or stopped for a reason of its own
    NETWORK_UNKNOWN = "network-unknown"
    NETWORK_DISABLED = "network-disabled"
    NETWORK_INCOMPLETE = "network-incomplete"
    ACCESS_POINT_NOT_FOUND = "access-point-not-found"
    SECURITY_MISMATCH = "security-mismatch"
    CLIENT_CERTIFICATE_MISSING = "client-certificate-missing"
    CLIENT_CERTIFICATE_WRONG_TYPE = "client-certificate-wrong-type"
    CLIENT_KEY_MISMATCH = "client-key-mismatch"
    CLIENT_KEY_TOO_WEAK_TO_SEND = "client-key-too-weak-to-send"
    CLIENT_CHAIN_TOO_WEAK_TO_SEND = "client-chain-too-weak-to-send"
    TLS_SETTINGS_UNUSABLE = "tls-settings-unusable"
    ROOT_CA_MISSING = "root-ca-missing"
    ROOT_CA_WRONG_TYPE = "root-ca-wrong-type"
    # any
    UNDETERMINED = "undetermined"


class Severity(StrEnum):
    """How much a finding matters."""

    NOTE = "note"
    WARNING = "warning"
    SECURITY = "security"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth knowing that did not decide the outcome.

    ``id`` is stable and kebab-case; ``requirement`` names the clause, e.g. ``RFC 9190 2.1.4``.
    """

    id: str
    severity: Severity
    text: str
    requirement: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence for a cause: whose, and what it said (free of secrets)."""

    side: Actor
    text: str


class Owner(StrEnum):
    """Whose chain a certificate belongs to."""

    DEVICE = "device"
    SERVER = "server"


class Rank(StrEnum):
    """Where in a chain a certificate stands."""

    OWN = "own"
    ISSUING_CA = "issuing-ca"
    ROOT_CA = "root-ca"


@dataclass(frozen=True, slots=True)
class BlamedCertificate:
    """The certificate that decided: whose chain it belongs to, where it stands there, which one it is.

    ``subject`` is as in RFC 4514 (an empty one: its first alternative name, as in ``DNS:thermostat-7``), ``serial`` in hex without leading zeros, the dates are UTC and ``None`` where
    nobody told them. ``held_by_server``: it stands in the server's own list of CAs.
    """

    owner: Owner
    rank: Rank
    subject: str
    serial: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    held_by_server: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one association.

    ``cause`` is :attr:`Cause.UNDETERMINED` when nothing proves more; ``explanation`` then says
    what was seen. ``certificate`` is the one that decided, where one did. ``observation`` is absent
    when the device could not start.
    """

    verdict: Verdict
    cause: Cause
    explanation: str
    remedy: str = ""
    proof: tuple[Proof, ...] = ()
    findings: tuple[Finding, ...] = ()
    certificate: BlamedCertificate | None = None
    observation: Observation | None = field(default=None, repr=False)

    @property
    def mutual_authentication(self) -> bool:
        """Whether the device connected *and* had verified the server against its root CA."""
        return self.cause is Cause.MUTUAL_AUTHENTICATION
