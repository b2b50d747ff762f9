"""Which protocol the server broke, and the clause."""

from __future__ import annotations

from harness.diagnosis.ends import BothEnds, Conclusion, Rule, access_point, device
from harness.diagnosis.verdict import answer_text, discarded_packet, success_too_early, unprotected
from harness.observation import EapResult, Violation
from harness.outcome import Cause

# Where a clause is about TLS inside EAP-TLS, not about the packets that carry it.
_TLS_CLAUSES = ("RFC 5246", "RFC 5746", "RFC 8446", "RFC 9190 2.1.1", "RFC 9190 2.1.2", "RFC 9190 2.5")
_PACKET_CLAUSES = ("RFC 2865", "RFC 3579", "RFC 3748", "RFC 5216", "RFC 9190")


def accept_with_failure(ends: BothEnds) -> Conclusion | None:
    """Apply when Access-Accept and EAP-Failure came in one packet."""
    if not ends.accepted or ends.near.eap_result is not EapResult.FAILURE:
        return None
    return Conclusion(Cause.ACCEPT_WITH_FAILURE, (access_point(answer_text(ends.near)),))


def success_missing(ends: BothEnds) -> Conclusion | None:
    """Apply when Access-Accept came without an EAP packet that ends the conversation."""
    if not ends.accepted or ends.near.eap_result is not None:
        return None
    return Conclusion(Cause.EAP_SUCCESS_MISSING, (access_point(answer_text(ends.near)),))


def success_before_end(ends: BothEnds) -> Conclusion | None:
    """Apply when Access-Accept and EAP-Success came while the client's handshake was not complete."""
    if not ends.accepted or not success_too_early(ends.near):
        return None
    text = "EAP-Success came before the method was finished"
    facts = {"subject": "the server", "clause": "RFC 3748 4.2", "words": text}
    return Conclusion(Cause.EAP_FRAMING, (device(text),), facts)


def protected_success_missing(ends: BothEnds) -> Conclusion | None:
    """Apply when Access-Accept and EAP-Success came over TLS 1.3, and 0x00 never came."""
    if not ends.accepted or not unprotected(ends.near):
        return None
    proof = device("TLS 1.3 handshake complete, the octet 0x00 never received")
    return Conclusion(Cause.PROTECTED_SUCCESS_MISSING, (proof,))


def success_discarded(ends: BothEnds) -> Conclusion | None:
    """Apply when Access-Accept came, and the device had to discard the EAP packet in it."""
    packet = discarded_packet(ends.near)
    if not ends.accepted or packet is None:
        return None
    facts = {"subject": "the server", "clause": packet.clause, "words": packet.reason}
    return Conclusion(Cause.EAP_FRAMING, (device(f"discarded {packet.reason} ({packet.clause})"),), facts)


def tls_breach(ends: BothEnds) -> Conclusion | None:
    """Apply to a fatal breach of a clause about TLS."""
    return _breach(ends, _TLS_CLAUSES, Cause.TLS_PROTOCOL)


def packet_breach(ends: BothEnds) -> Conclusion | None:
    """Apply to a fatal breach of a clause about EAP, EAP-TLS framing or RADIUS."""
    return _breach(ends, _PACKET_CLAUSES, Cause.EAP_FRAMING)


RULES: tuple[Rule, ...] = (
    accept_with_failure,
    success_missing,
    success_before_end,
    protected_success_missing,
    tls_breach,
    packet_breach,
    success_discarded,
)


def _breach(ends: BothEnds, clauses: tuple[str, ...], cause: Cause) -> Conclusion | None:
    breach = next((v for v in ends.near.violations if v.fatal), None)
    if breach is None or not _under(breach, clauses):
        return None
    facts = {"subject": "the server", "clause": breach.clause, "words": breach.text}
    return Conclusion(cause, (device(f"{breach.text} ({breach.clause})"),), facts)


def _under(breach: Violation, clauses: tuple[str, ...]) -> bool:
    """Return whether a breach is of one of the clauses or of a section below one."""
    return any(
        breach.clause == clause or breach.clause.startswith((f"{clause} ", f"{clause}."))
        for clause in clauses
    )
