"""Findings: what is worth knowing about an association and did not decide it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from harness.diagnosis import certificates, chain, identities, kinds, resumption
from harness.diagnosis.disagreement import disagreement, fatal
from harness.diagnosis.ends import BothEnds, Conclusion, is_fatal, name_of, plural
from harness.diagnosis.rejected_names import octets_of_identity
from harness.observation import EapResult, RadiusResult
from harness.outcome import Cause, Finding, Owner, Verdict
from harness.server.records import LogKind

_EAPOL_HEADER = 4
"""Octets of the 802.1X header that IEEE 802.11 adds to an EAP packet (RFC 3580 3.10)."""
Check = Callable[[BothEnds, Verdict], Iterator[Finding]]
_MOST_REASONS = 5
"""Reasons for which packets were discarded; a flood may have a different one for each."""
_EXPIRED = {
    Cause.CLIENT_CERTIFICATE_EXPIRED,
    Cause.SERVER_CERTIFICATE_EXPIRED,
    Cause.ISSUING_CA_EXPIRED,
    Cause.ROOT_CA_EXPIRED,
}
_NOT_YET_VALID = {
    Cause.CLIENT_CERTIFICATE_NOT_YET_VALID,
    Cause.SERVER_CERTIFICATE_NOT_YET_VALID,
    Cause.ISSUING_CA_NOT_YET_VALID,
    Cause.ROOT_CA_NOT_YET_VALID,
}


def server_not_authenticated(ends: BothEnds, verdict: Verdict) -> Iterator[Finding]:
    """Report a connection without a root CA."""
    if verdict is Verdict.CONNECTED and ends.anchor is None:
        yield kinds.SERVER_NOT_AUTHENTICATED.found(
            "The device has no root CA and accepted the server without verifying it."
        )


def client_not_authenticated(ends: BothEnds, verdict: Verdict) -> Iterator[Finding]:
    """Report a connection without a client certificate; a resumed session had one at its beginning."""
    tls = ends.near.tls
    if verdict is Verdict.CONNECTED and tls and not (tls.sent_chain or tls.session_chain):
        yield kinds.CLIENT_NOT_AUTHENTICATED.found(
            "The server accepted the device without a client certificate."
        )


def ends_disagree(ends: BothEnds, _: Verdict) -> Iterator[Finding]:
    """Report what the two ends disagree about."""
    conflict = disagreement(ends)
    if conflict:
        yield kinds.ENDS_DISAGREE.found(f"The two ends disagree: {conflict}.")


def accepted_after_refusal(ends: BothEnds, verdict: Verdict) -> Iterator[Finding]:
    """Report an Access-Accept for a device that had refused the server."""
    if verdict in {Verdict.REFUSED, Verdict.NOT_ATTEMPTED} and ends.accepted:
        yield kinds.ACCEPTED_AFTER_REFUSAL.found(
            "Access-Accept came although the device had refused the server."
        )


def alert_not_delivered(ends: BothEnds, verdict: Verdict) -> Iterator[Finding]:
    """Report an alert that the server's log has and the device has not (MUST in 1.3, SHOULD below)."""
    tls = ends.near.tls
    written = next((event for event in ends.far.events if fatal(event, LogKind.ALERT_SENT)), None)
    if verdict is not Verdict.REJECTED or tls is None or written is None:
        return
    if not any(is_fatal(alert) and not alert.sent for alert in tls.alerts):
        clause = "RFC 9190 2.1.4" if tls.version == "1.3" else "RFC 5216 2.1.3"
        text = f'The server logged "{written.text}" and sent the device no alert.'
        yield kinds.ALERT_NOT_DELIVERED.found(text, clause)


def reject_contradicts_eap(ends: BothEnds, _: Verdict) -> Iterator[Finding]:
    """Report an Access-Reject whose EAP packet is not EAP-Failure."""
    if ends.near.radius_result is not RadiusResult.REJECT:
        return
    if ends.near.eap_result is EapResult.SUCCESS:
        yield kinds.REJECT_WITH_EAP_SUCCESS.found("The Access-Reject carried EAP-Success.")
    elif ends.near.eap_result is None:
        yield kinds.REJECT_WITHOUT_EAP_FAILURE.found("The Access-Reject carried no EAP-Failure.")


def reject_after_protected_success(ends: BothEnds, verdict: Verdict) -> Iterator[Finding]:
    """Report a reject after the octet 0x00, as FreeRADIUS's virtual_server causes it."""
    if verdict is Verdict.REJECTED and ends.near.tls and ends.near.tls.protected_success:
        yield kinds.REJECT_AFTER_PROTECTED_SUCCESS.found(
            "The server committed to success (0x00) and then rejected."
        )


def reply_message_with_eap(ends: BothEnds, _: Verdict) -> Iterator[Finding]:
    """Report Reply-Message in a final answer that carries EAP."""
    named = any(attribute.name == "Reply-Message" for attribute in ends.near.reply_attributes)
    if named and ends.near.eap_result is not None:
        yield kinds.REPLY_MESSAGE_WITH_EAP.found("The final answer carried Reply-Message beside EAP-Message.")


def message_authenticator_absent(ends: BothEnds, _: Verdict) -> Iterator[Finding]:
    """Report answers that the access point took unsigned (require-message-authenticator is off)."""
    if ends.near.unsigned_replies:
        answers = plural(ends.near.unsigned_replies, "answer")
        yield kinds.MESSAGE_AUTHENTICATOR_ABSENT.found(
            f"The access point took {answers} without Message-Authenticator; require-message-authenticator is off."
        )


def recorded_violations(ends: BothEnds, _: Verdict) -> Iterator[Finding]:
    """Report every breach that the near end recorded and survived, but those with a check of their own."""
    for violation in ends.near.violations:
        if not violation.fatal and violation.clause != kinds.REJECT_WITH_EAP_SUCCESS.requirement:
            kind = kinds.BY_CLAUSE.get(violation.clause, kinds.PROTOCOL_VIOLATION)
            yield kind.found(
                f"{violation.text[:1].upper()}{violation.text[1:].rstrip('.')}.", violation.clause
            )


def identity_in_clear(ends: BothEnds, _: Verdict) -> Iterator[Finding]:
    """Report a user name in clear that is the certificate's common name, from a device that offers TLS 1.3."""
    tls, identity = ends.near.tls, ends.near.identity
    user = identity.partition("@")[0]
    if tls is None or tls.offered[1] != "1.3" or not user or not ends.own_chain:
        return
    if {user, identity} & set(chain.common_names(ends.own_chain[0])):
        certificate = name_of(ends.own_chain, "")
        yield kinds.IDENTITY_IN_CLEAR.found(
            f'The identity "{identity}" in clear names the certificate {certificate}.'
        )


def identity_not_in_certificate(ends: BothEnds, verdict: Verdict) -> Iterator[Finding]:
    """Report an accepted device whose identity its certificate does not name; anonymous ones claim no name."""
    tls, identity = ends.near.tls, ends.near.identity
    if verdict is not Verdict.CONNECTED or tls is None or tls.resumed or not tls.sent_chain:
        return
    if not identities.is_anonymous(identity) and not identities.is_named(identity, tls.sent_chain[0]):
        certificate = name_of(tls.sent_chain, "")
        yield kinds.IDENTITY_NOT_IN_CERTIFICATE.found(
            f'The server accepted the identity "{identity}", which is nowhere in the certificate {certificate}.'
        )


def identity_no_nai(ends: BothEnds, _: Verdict) -> Iterator[Finding]:
    """Report an identity that was sent and has not the form of an NAI."""
    fault = identities.nai_fault(ends.near.identity) if ends.near.requests else ""
    if fault:
        yield kinds.IDENTITY_NO_NAI.found(f'The identity "{ends.near.identity}" is no NAI: {fault}.')


def identity_cut(ends: BothEnds, _: Verdict) -> Iterator[Finding]:
    """Report an identity that was sent and does not fit into User-Name."""
    octets = octets_of_identity(ends)
    if octets > identities.MOST_IN_USER_NAME:
        yield kinds.IDENTITY_CUT.found(
            f"The identity has {octets} octets, and the server got the first {identities.MOST_IN_USER_NAME} of them "
            "as User-Name."
        )


def eap_above_framed_mtu(ends: BothEnds, _: Verdict) -> Iterator[Finding]:
    """Report EAP packets of the server above what the Framed-MTU leaves room for on IEEE 802.11."""
    largest, room = ends.near.largest_eap[1], ends.near.framed_mtu - _EAPOL_HEADER
    if ends.near.framed_mtu and largest > room:
        yield kinds.EAP_ABOVE_FRAMED_MTU.found(
            f"The server sent an EAP packet of {largest} octets, and a Framed-MTU of {ends.near.framed_mtu} leaves "
            f"room for {room}."
        )


def session_id_differs(ends: BothEnds, _: Verdict) -> Iterator[Finding]:
    """Report an EAP-Key-Name that is not the device's Session-Id."""
    ours, theirs = ends.near.session_id, ends.near.server_session_id
    if ours and theirs and ours != theirs:
        text = f"EAP-Key-Name ({_short(theirs)}) is not the device's Session-Id ({_short(ours)})."
        yield kinds.SESSION_ID_DIFFERS.found(text)


def retransmissions(ends: BothEnds, verdict: Verdict) -> Iterator[Finding]:
    """Report retransmissions of a conversation that came to an end; an unanswered one has them always."""
    if ends.near.retransmissions and verdict is not Verdict.UNANSWERED:
        times = plural(ends.near.retransmissions, "retransmission")
        yield kinds.RETRANSMISSIONS.found(f"The conversation needed {times}.")


def packets_discarded(ends: BothEnds, _: Verdict) -> Iterator[Finding]:
    """Report what was discarded in silence, once per reason."""
    reasons = Counter((discard.reason, discard.clause) for discard in ends.near.discards)
    told = reasons.most_common(_MOST_REASONS)
    for (reason, clause), number in told:
        yield kinds.PACKETS_DISCARDED.found(f"Discarded {plural(number, 'packet')}: {reason}.", clause)
    more = len(ends.near.discards) + ends.near.discards_left_out - sum(number for _, number in told)
    if more:
        yield kinds.PACKETS_DISCARDED.found(f"Discarded {plural(more, 'packet')} more.")


def would_fail_next(ends: BothEnds, found: Conclusion) -> Iterator[Finding]:
    """Report what else in the chain is out of date: whatever ended before the blamed one has ended, too, on any clock."""
    blamed = found.certificate
    if blamed is None:
        return
    route = certificates.client_path(ends) if blamed.owner is Owner.DEVICE else certificates.server_path(ends)
    for other in route:
        if f"{other.serial_number:x}" == blamed.serial:
            continue
        ended = blamed.not_after is not None and chain.not_after(other) <= blamed.not_after
        begins = blamed.not_before is not None and chain.not_before(other) >= blamed.not_before
        if (found.cause in _EXPIRED and ended) or (found.cause in _NOT_YET_VALID and begins):
            yield kinds.WOULD_FAIL_NEXT.found(
                f"Were this mended, {certificates.dates(other)} would be refused next."
            )


CHECKS: tuple[Check, ...] = (
    server_not_authenticated,
    client_not_authenticated,
    ends_disagree,
    accepted_after_refusal,
    alert_not_delivered,
    reject_contradicts_eap,
    reject_after_protected_success,
    reply_message_with_eap,
    message_authenticator_absent,
    recorded_violations,
    identity_in_clear,
    identity_not_in_certificate,
    identity_no_nai,
    identity_cut,
    eap_above_framed_mtu,
    session_id_differs,
    resumption.session_lifetime_too_long,
    resumption.resumed_without_recheck,
    resumption.attributes_lost,
    retransmissions,
    packets_discarded,
)
# Kinds that may stand several times, once per text.
_REPEATABLE = (
    kinds.WOULD_FAIL_NEXT.id,
    kinds.PACKETS_DISCARDED.id,
    kinds.PROTOCOL_VIOLATION.id,
    kinds.RESUMED_WITHOUT_RECHECK.id,
)


def findings(ends: BothEnds, verdict: Verdict, found: Conclusion) -> tuple[Finding, ...]:
    """Return what is worth knowing beside the outcome, each thing once, in the order of the checks."""
    unique: dict[tuple[str, str], Finding] = {}
    for check in (
        *(partial(check, ends, verdict) for check in CHECKS),
        partial(would_fail_next, ends, found),
    ):
        for finding in check():
            unique.setdefault((finding.id, finding.text if finding.id in _REPEATABLE else ""), finding)
    return tuple(unique.values())


def _short(session_id: bytes) -> str:
    return f"{session_id[:8].hex()}…"
