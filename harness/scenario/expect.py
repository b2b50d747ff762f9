"""What a step is expected to do. Every key that is written is checked, no other."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from harness.observation import Keys, Stage
from harness.outcome import Cause, Verdict
from harness.scenario.part import Part, key_of
from harness.scenario.values import Duration, Expected, Flag, NumberOrNone, Text, Version, Whole, mistake
from harness.scenario.values_fleet import ShareRange, TimeRange
from harness.scenario.vocabulary import DeviceReason, FindingWord, ReplyName

AlertName = Literal[
    "close-notify",
    "unexpected-message",
    "bad-record-mac",
    "record-overflow",
    "handshake-failure",
    "bad-certificate",
    "unsupported-certificate",
    "certificate-revoked",
    "certificate-expired",
    "certificate-unknown",
    "illegal-parameter",
    "unknown-ca",
    "access-denied",
    "decode-error",
    "decrypt-error",
    "protocol-version",
    "insufficient-security",
    "internal-error",
    "inappropriate-fallback",
    "user-canceled",
    "no-renegotiation",
    "missing-extension",
    "unsupported-extension",
    "unrecognized-name",
    "bad-certificate-status-response",
    "unknown-psk-identity",
    "certificate-required",
    "no-application-protocol",
]
"""Alerts of RFC 8446 6 and RFC 5246 7.2, in kebab-case."""

LogWord = Literal[
    "request",
    "verify-error",
    "alert-sent",
    "alert-received",
    "no-client-certificate",
    "unsupported-protocol",
    "no-shared-cipher",
    "no-signature-algorithm",
    "name-check-failed",
    "policy-rejected",
    "cn-is-not-identity",
    "identity-is-not-user-name",
    "certificate-not-known",
    "untrusted-in-chain",
    "ocsp-refused",
    "ocsp-failed",
    "peer-misbehaves",
    "no-common-method",
    "unknown-state",
    "round-limit",
    "response-delayed",
    "secret-wrong",
    "message-authenticator-missing",
    "client-unknown",
    "malformed",
    "login-ok",
    "login-incorrect",
]
"""The kinds of server log lines; a test compares them with ``harness.server.records.LogKind``."""

Errno = Literal[
    "EACCES",
    "EAGAIN",
    "EEXIST",
    "EFAULT",
    "EINVAL",
    "ENETDOWN",
    "ENODATA",
    "ENODEV",
    "ENOENT",
    "ENOMEM",
    "ENOSPC",
    "ENOTCONN",
    "ERANGE",
]


class Replaced(StrEnum):
    """What an install or a move put an end to."""

    CLIENT = "client"
    ROOTCA = "rootca"
    NOTHING = "nothing"


class ExpectPart(Part):
    """A part whose every written key is checked, so none may be left without a value.

    ``sets`` names the keys whose words must be there, each of them: without a word they say nothing.
    """

    sets: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _all_said(self) -> Self:
        for name in self.written():
            value = getattr(self, name)
            unsaid = isinstance(value, Part) and not value.written()
            if value is None or value == {} or unsaid or (name in self.sets and not value):
                key = key_of(name)
                raise mistake(f"{key!r} expects nothing", f"write what {key} shall be, or leave it out")
        return self


class ExpectAlerts(ExpectPart):
    """TLS alerts as the device sees them. An empty list says that there was none."""

    sent: tuple[AlertName, ...] | None = None
    """Alerts the device sent, in order."""
    received: tuple[AlertName, ...] | None = None
    """Alerts the device received, in order. FreeRADIUS sends none."""


class ExpectServer(ExpectPart):
    """What the server says about the association in its journal."""

    sets: ClassVar[tuple[str, ...]] = ("log",)

    reply: Literal["access-accept", "access-reject", "none"] | None = None
    """The answer the server's own record names; ``none``: it finished no authentication."""
    log: tuple[LogWord, ...] | None = None
    """Kinds of log lines that must be there, in any order; others may be there too."""


class ExpectDiagnostics(ExpectPart):
    """The device's network diagnostics after the association."""

    error: Whole | None = None
    """Number of the connection error; 0 where no failure is recorded."""
    cert_error: NumberOrNone | None = None
    """Number of the certificate error; ``none``: no certificate is blamed, while 0 is an error of its own."""
    cert_depth: NumberOrNone | None = None
    """Depth of the certificate at fault, counted from the server's own certificate; ``none``: not known."""
    cert_subject: Text | None = None
    """Subject of the certificate at fault; ``none``: not known."""
    enabled: Flag | None = None
    """Whether the network may be used; ``false`` also for a while after a failure."""
    connected: Flag | None = None
    """Whether the device is connected to it: the failure is then history."""
    year: Whole | None = None
    """Year of the failure by the device's clock."""


class ExpectAssociation(ExpectPart):
    """What an association ends in, and why. A bare word is the verdict."""

    shorthand: ClassVar[str] = "verdict"
    sets: ClassVar[tuple[str, ...]] = ("findings", "no_findings")

    verdict: Verdict
    """Who decided, and how."""
    cause: Cause | None = None
    """Why, in one word."""
    certificate: Text | None = None
    """Name of the certificate that decided, of whichever generation; ``none``: no certificate did."""
    mutual_authentication: Flag | None = None
    """Whether the device connected and had verified the server."""
    stage: Stage | None = None
    """How far the association came."""
    tls: Version | None = None
    """The TLS version that was negotiated."""
    cipher: Text | None = None
    """The cipher suite that was negotiated, by its OpenSSL name."""
    resumed: Flag | None = None
    """Whether a TLS session was resumed."""
    session_offered: Flag | None = None
    """Whether the device offered a TLS session that it had kept; the server may still have wanted a full handshake."""
    handshake_complete: Flag | None = None
    """Whether the device's own TLS handshake was finished; in TLS 1.3 that is before the server has judged."""
    protected_success: Flag | None = None
    """Whether the server sent the protected success of RFC 9190 2.5 (TLS 1.3 only)."""
    alerts: ExpectAlerts | None = None
    """TLS alerts, by direction."""
    keys: Keys | None = None
    """The device's keys against those the server gave the access point."""
    session_id_agrees: Flag | None = None
    """Whether the device's EAP Session-Id equals the server's EAP-Key-Name."""
    identity: Text | None = None
    """The identity as sent in clear."""
    methods: tuple[Whole, ...] | None = None
    """EAP method numbers the server proposed, in order; EAP-TLS is 13."""
    vlan: Text | None = None
    """The VLAN of the answer (Tunnel-Private-Group-Id); ``none``: no VLAN."""
    reply: dict[ReplyName, Text] | None = None
    """Attributes of the RADIUS answer by name; ``none``: the attribute is absent."""
    findings: tuple[FindingWord, ...] | None = None
    """Findings that must be there; others may be there too."""
    no_findings: tuple[Literal["any", FindingWord], ...] | None = None
    """Findings that must not be there; ``[any]``: there is none at all."""
    server: ExpectServer | None = None
    """What the server's journal says."""
    diagnostics: ExpectDiagnostics | None = None
    """What the device's network diagnostics say afterwards."""
    network: Text | None = None
    """Configuration name of the network that was tried last; for ``join`` the device's choice."""
    tried: tuple[Text, ...] | None = None
    """Configuration names of all networks that were tried, in order."""
    requests: Expected | None = None
    """Number of Access-Requests, retransmissions left out."""
    retransmissions: Expected | None = None
    """Number of retransmitted Access-Requests."""
    largest_eap_to_server: Expected | None = None
    """Octets of the largest EAP packet that the device sent to the server."""
    largest_eap_from_server: Expected | None = None
    """Octets of the largest EAP packet that the server sent; a Framed-MTU leaves room for 4 octets less than it says."""
    within: Duration | None = None
    """The longest time from EAPOL-Start to the end."""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> ExpectAssociation:
        if self.mutual_authentication and self.verdict is not Verdict.CONNECTED:
            raise mistake(
                f"mutual-authentication: true cannot come with verdict {self.verdict}",
                "write verdict: connected, or leave mutual-authentication out",
            )
        return self


class ExpectAction(ExpectPart):
    """What a step on the device's settings returns. A bare ``ok``, the default, is success."""

    shorthand: ClassVar[str] = "result"

    result: Literal["ok", "error"] = "ok"
    """``ok``, or ``error`` where any error will do."""
    error: Errno | None = None
    """The errno that the device's API sets."""
    code: Whole | None = None
    """The number of the device's error within its category, as in the tables of its documents."""
    number: Whole | None = None
    """The same as its REST interface gives it, category included."""

    @property
    def fails(self) -> bool:
        """Whether the step is expected to fail."""
        return self.result == "error" or any(
            written is not None for written in (self.error, self.code, self.number)
        )

    @model_validator(mode="after")
    def _one_result(self) -> ExpectAction:
        if "result" in self.model_fields_set and self.result == "ok" and self.fails:
            raise mistake("a step that returns ok has no error", "leave out result: ok, or the error")
        return self


class ExpectStore(ExpectAction):
    """What a step on the certificate store returns. A bare ``ok``, the default, is success."""

    replaced: Replaced | None = None
    """The type of the entry that was replaced; ``nothing``: the certificate ID was free."""


class ExpectStart(ExpectPart):
    """What a server does when it is started or restarted. A bare word says whether it starts."""

    shorthand: ClassVar[str] = "server"

    server: Literal["starts", "does-not-start"] = "starts"
    """``does-not-start``: the server ends while it starts, because of what its settings say.

    It is down then, and devices find nobody until a later step starts it with other settings. Another server
    has to start on the same machine; where none does, the run ends.
    """
    says: Text | None = None
    """What the server's own sentence about it contains."""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> ExpectStart:
        if self.says is not None and self.server == "starts":
            raise mistake(
                "a server that starts complains of nothing", "write server: does-not-start, or leave says out"
            )
        return self


class ExpectFleet(ExpectPart):
    """How many of a fleet are connected, and why others are not. A bare share says how many."""

    shorthand: ClassVar[str] = "connected"
    sets: ClassVar[tuple[str, ...]] = ("cause_of_loss",)

    connected: ShareRange
    """The share of the whole fleet that is connected at the end of the step, exactly or as a range; devices that are
    offline are part of the whole."""
    cause_of_loss: tuple[Cause | Literal["none"] | DeviceReason, ...] | None = None
    """All causes for which devices tried and failed in this step; ``[none]``: no device did. Of a back end, its reasons."""
    certificate: Text | None = None
    """Name of the certificate that decided in all those cases; of a fleet, the name that each has its own of."""
    first_loss: TimeRange | None = None
    """When the first device lost its connection, since the start of the scenario."""
    last_loss: TimeRange | None = None
    """When the last device lost its connection, since the start of the scenario."""


Expectation = ExpectAction | ExpectAssociation | ExpectFleet | ExpectStart
"""What ``expect`` may say, depending on the verb."""
