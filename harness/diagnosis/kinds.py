"""The kinds of finding: stable id, severity, clause, and what it means."""

from __future__ import annotations

from dataclasses import dataclass

from harness.outcome import Finding, Severity


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding; ``requirement`` is the clause it rests on, ``meaning`` one sentence."""

    id: str
    severity: Severity
    requirement: str
    meaning: str

    def found(self, text: str, requirement: str = "") -> Finding:
        """Return a finding of this kind; a narrower clause may replace the general one."""
        return Finding(self.id, self.severity, text, requirement or self.requirement)


SERVER_NOT_AUTHENTICATED = Kind(
    "server-not-authenticated",
    Severity.SECURITY,
    "RFC 5216 5.3",
    "The device connected without a root CA: it would connect to a rogue server as well.",
)
CLIENT_NOT_AUTHENTICATED = Kind(
    "client-not-authenticated",
    Severity.SECURITY,
    "RFC 9190 2.1.5",
    "The server accepted a device that sent no certificate.",
)
ENDS_DISAGREE = Kind(
    "ends-disagree",
    Severity.WARNING,
    "",
    "What the server recorded and what the access point received exclude each other.",
)
ACCEPTED_AFTER_REFUSAL = Kind(
    "accepted-after-refusal",
    Severity.WARNING,
    "RFC 3748 4.2",
    "The server accepted a device that had refused it.",
)
ALERT_NOT_DELIVERED = Kind(
    "alert-not-delivered",
    Severity.WARNING,
    "RFC 9190 2.1.4",
    "The server wrote a TLS alert and ended the conversation without sending it (RFC 5216 2.1.3 below TLS 1.3); "
    "FreeRADIUS does so always.",
)
REJECT_WITH_EAP_SUCCESS = Kind(
    "reject-with-eap-success",
    Severity.WARNING,
    "RFC 3579 2.6.3",
    "An Access-Reject carried EAP-Success: access point and device draw opposite conclusions.",
)
REJECT_WITHOUT_EAP_FAILURE = Kind(
    "reject-without-eap-failure",
    Severity.NOTE,
    "RFC 3579 2.6.3",
    "An Access-Reject carried no EAP-Failure: the device learns of it by a timeout.",
)
REJECT_AFTER_PROTECTED_SUCCESS = Kind(
    "reject-after-protected-success",
    Severity.WARNING,
    "RFC 9190 2.5",
    "The server sent the octet 0x00, after which only EAP-Success may follow, and then rejected.",
)
REPLY_MESSAGE_WITH_EAP = Kind(
    "reply-message-with-eap",
    Severity.WARNING,
    "RFC 3579 2.6.5",
    "Reply-Message stood beside EAP-Message.",
)
LENGTH_BIT_UNFRAGMENTED = Kind(
    "length-bit-unfragmented",
    Severity.NOTE,
    "RFC 9190 2.1.9",
    "The server set the L bit on a message in one piece (include_length = yes does so).",
)
MESSAGE_AUTHENTICATOR_NOT_FIRST = Kind(
    "message-authenticator-not-first",
    Severity.NOTE,
    "CVE-2024-3596",
    "Message-Authenticator is not the first attribute of an answer.",
)
MESSAGE_AUTHENTICATOR_ABSENT = Kind(
    "message-authenticator-absent",
    Severity.SECURITY,
    "CVE-2024-3596",
    "The access point took an answer without Message-Authenticator, because it was told to: it could be forged.",
)
IDENTITY_IN_CLEAR = Kind(
    "identity-in-clear",
    Severity.WARNING,
    "RFC 9190 2.1.8",
    "A device that offers TLS 1.3 sent its certificate's common name as identity in clear.",
)
IDENTITY_NOT_IN_CERTIFICATE = Kind(
    "identity-not-in-certificate",
    Severity.WARNING,
    "RFC 5216 5.2",
    "The server accepted a device under an identity that is nowhere in its certificate: whatever goes by the "
    "User-Name alone (policies, accounting) goes by a name that nobody has proven (RFC 5216 2.2, RFC 9190 2.1.7).",
)
IDENTITY_NO_NAI = Kind(
    "identity-no-nai",
    Severity.NOTE,
    "RFC 7542 2.2",
    "The identity is not what RFC 7542 allows as a network access identifier: proxies may send it astray.",
)
IDENTITY_CUT = Kind(
    "identity-cut",
    Severity.WARNING,
    "RFC 3579 2.1",
    "The identity is longer than a RADIUS attribute, so the server got but the beginning of it as User-Name.",
)
EAP_ABOVE_FRAMED_MTU = Kind(
    "eap-packet-above-framed-mtu",
    Severity.WARNING,
    "RFC 3579 2.4",
    "The server sent an EAP packet that is longer than the Framed-MTU of the access point leaves room for; it may "
    "never get through. FreeRADIUS exceeds it by some octets, and ignores one of 100 or less.",
)
SESSION_ID_DIFFERS = Kind(
    "session-id-differs",
    Severity.WARNING,
    "RFC 7268 2.2",
    "EAP-Key-Name differs from the Session-Id that the device derived.",
)
SESSION_LIFETIME_TOO_LONG = Kind(
    "session-lifetime-too-long",
    Severity.WARNING,
    "RFC 8446 4.6.1",
    "A session ticket of TLS 1.3 claims to last for more than seven days (RFC 9190 2.1.2); the device forgets it then.",
)
RESUMED_WITHOUT_RECHECK = Kind(
    "resumed-without-recheck",
    Severity.SECURITY,
    "RFC 9190 5.7",
    "The server accepted a resumed session whose certificate it would refuse by now: it has been revoked, has expired, or "
    "fits the server's CAs or check_cert_cn no more.",
)
LOST_ON_RESUMPTION = Kind(
    "lost-on-resumption",
    Severity.WARNING,
    "RFC 9190 5.7",
    "The Access-Accept of a resumed session lacks attributes, such as the VLAN, that the session's full handshake had.",
)
WOULD_FAIL_NEXT = Kind(
    "would-fail-next",
    Severity.WARNING,
    "RFC 5280 6.1.3",
    "Beside the certificate that decided, another one in the chain is out of date: mending one is not enough.",
)
RETRANSMISSIONS = Kind(
    "retransmissions",
    Severity.NOTE,
    "RFC 5080 2.2.1",
    "The access point had to send a request more than once.",
)
PACKETS_DISCARDED = Kind(
    "packets-discarded",
    Severity.NOTE,
    "",
    "Packets were discarded in silence, for the reason given.",
)
PROTOCOL_VIOLATION = Kind(
    "protocol-violation",
    Severity.WARNING,
    "",
    "The other side broke the clause given, without ending the association.",
)

KINDS = (
    SERVER_NOT_AUTHENTICATED,
    CLIENT_NOT_AUTHENTICATED,
    ENDS_DISAGREE,
    ACCEPTED_AFTER_REFUSAL,
    ALERT_NOT_DELIVERED,
    REJECT_WITH_EAP_SUCCESS,
    REJECT_WITHOUT_EAP_FAILURE,
    REJECT_AFTER_PROTECTED_SUCCESS,
    REPLY_MESSAGE_WITH_EAP,
    LENGTH_BIT_UNFRAGMENTED,
    MESSAGE_AUTHENTICATOR_NOT_FIRST,
    MESSAGE_AUTHENTICATOR_ABSENT,
    IDENTITY_IN_CLEAR,
    IDENTITY_NOT_IN_CERTIFICATE,
    IDENTITY_NO_NAI,
    IDENTITY_CUT,
    EAP_ABOVE_FRAMED_MTU,
    SESSION_ID_DIFFERS,
    SESSION_LIFETIME_TOO_LONG,
    RESUMED_WITHOUT_RECHECK,
    LOST_ON_RESUMPTION,
    WOULD_FAIL_NEXT,
    RETRANSMISSIONS,
    PACKETS_DISCARDED,
    PROTOCOL_VIOLATION,
)

BY_CLAUSE = {
    kind.requirement: kind
    for kind in (REPLY_MESSAGE_WITH_EAP, LENGTH_BIT_UNFRAGMENTED, MESSAGE_AUTHENTICATOR_NOT_FIRST)
}
"""The kind of a breach that the near end recorded under that clause without ending the association."""
