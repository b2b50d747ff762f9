"""What a resumed session makes of a rejection, and what is worth knowing about sessions (RFC 9190 5.7, RFC 8446 4.6.1).

In a resumed handshake neither end sends a certificate. Whatever a server decides by the certificate it must have
kept, and whatever may have changed since it must look at again. Where the harness knows of the server what a
full handshake would have been judged by, it can tell that the server did not.
"""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509

from harness.diagnosis import chain, kinds
from harness.diagnosis.ends import BothEnds, Conclusion, device, logged
from harness.observation import ReplyAttribute
from harness.outcome import Cause, Finding, Verdict
from harness.server.records import LogKind

LONGEST_LIFETIME = 604800
"""Seconds that a ticket of TLS 1.3 may last: seven days."""
_OF_THE_CONVERSATION = frozenset({"User-Name", "EAP-Key-Name", "Reply-Message"})
"""Attributes of an Access-Accept that grant nothing."""


def policy_lacks_certificate(ends: BothEnds) -> Conclusion | None:
    """Apply when a policy asked for an attribute of the certificate that the server did not have, and refused."""
    event, refusal = ends.far.first(LogKind.CERTIFICATE_NOT_KNOWN), ends.far.first(LogKind.POLICY_REJECTED)
    if event is None or refusal is None:
        return None
    tls = ends.near.tls
    resumed = tls is not None and tls.resumed
    facts = {
        "asked": event.detail,
        "session": "of the session that the device resumed" if resumed else "in this conversation",
        "cure": "switch the session cache off; the device's next association is a full handshake in any case"
        if resumed
        else "limit the server to TLS 1.2, or update it",
    }
    seen = (device("resumed a session, so it sent no certificate"),) if resumed else ()
    return Conclusion(Cause.POLICY_LACKS_CERTIFICATE, (logged(event), logged(refusal), *seen), facts)


def session_lifetime_too_long(ends: BothEnds, _: Verdict) -> Iterator[Finding]:
    """Report a ticket of TLS 1.3 that claims to last for more than seven days."""
    tls = ends.near.tls
    if tls is not None and tls.version == "1.3" and tls.ticket_lifetime > LONGEST_LIFETIME:
        yield kinds.SESSION_LIFETIME_TOO_LONG.found(
            f"The session ticket says that it lasts {tls.ticket_lifetime} s; {LONGEST_LIFETIME} s are allowed."
        )


def resumed_without_recheck(ends: BothEnds, _: Verdict) -> Iterator[Finding]:
    """Report that the server accepted a session whose certificate it would refuse in a full handshake."""
    tls = ends.near.tls
    if not ends.accepted or tls is None or not tls.resumed or not tls.session_chain:
        return
    subject = chain.subject(tls.session_chain[0])
    for reason in _reasons(ends, tls.session_chain):
        yield kinds.RESUMED_WITHOUT_RECHECK.found(
            f"The server resumed a session of {subject} and accepted the device, although {reason}."
        )


def attributes_lost(ends: BothEnds, verdict: Verdict) -> Iterator[Finding]:
    """Report attributes that the session's full handshake was granted, and the resumed one was not."""
    if verdict is not Verdict.CONNECTED or ends.near.tls is None or not ends.near.tls.resumed:
        return
    given = {attribute.name for attribute in ends.near.reply_attributes}
    lost = [one for one in ends.near.session_reply if one.name not in given | _OF_THE_CONVERSATION]
    if lost:
        yield kinds.LOST_ON_RESUMPTION.found(
            f"The full handshake of this session was granted {_listing(lost)}; the resumed one was not."
        )


def _reasons(ends: BothEnds, sent: tuple[x509.Certificate, ...]) -> Iterator[str]:
    far, leaf = ends.far, sent[0]
    for crl in far.crls:
        if crl.issuer == leaf.issuer and crl.get_revoked_certificate_by_serial_number(leaf.serial_number):
            yield "its own CRL revokes that certificate"
    if far.clock is not None and far.clock > chain.not_after(leaf):
        yield f"that certificate has expired on {chain.not_after(leaf):%Y-%m-%d %H:%M} UTC"
    if far.trusted and not chain.path(leaf, sent[1:], far.trusted):
        yield "none of the CAs that it trusts issued that certificate"
    wanted = ends.near.identity if far.required_cn == "" else far.required_cn
    if wanted is not None and wanted not in chain.common_names(leaf):
        yield f'its check_cert_cn wants the common name "{wanted}"'


def _listing(attributes: list[ReplyAttribute]) -> str:
    return ", ".join(f"{attribute.name} = {attribute.value}" for attribute in attributes)
