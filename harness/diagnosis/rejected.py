"""Why the server refused the device: nearly always the server's own word (RFC 3579 2.6.3).

FreeRADIUS sends no TLS alert, so the near end alone proves few causes; those rules come last. The log
names the first failure first, and a statement about a certificate is narrower than one about a
conversation: that is the order of the rules.
"""

from __future__ import annotations

from cryptography import x509

from harness.diagnosis import (
    blame,
    certificate_message,
    certificates,
    chain,
    dates,
    foreign,
    issuer_choice,
    negotiation,
)
from harness.diagnosis.ends import (
    BothEnds,
    Conclusion,
    Rule,
    access_point,
    alert_text,
    device,
    logged,
    server,
    words,
)
from harness.diagnosis.openssl import FAULTS, Fault
from harness.diagnosis.rejected_names import (
    NEW_NAME,
    identity_too_long,
    identity_unknown,
    name_check_failed,
    name_is_not_identity,
    user_name_changed,
)
from harness.diagnosis.resumption import policy_lacks_certificate
from harness.observation import EapResult, RadiusResult
from harness.outcome import Cause, Proof, Rank
from harness.server.records import LogEvent, LogKind

EAP_TLS = 13
_METHODS = {4: "EAP-MD5", 6: "EAP-GTC", 21: "EAP-TTLS", 25: "PEAP", 26: "EAP-MSCHAPv2"}
_METHODS |= {43: "EAP-FAST", 55: "TEAP"}

# RFC 8446 6.2: alerts that say only that the peer's TLS is wrong.
PROTOCOL_ALERTS = {
    10: "unexpected message",
    20: "bad record mac",
    22: "record overflow",
    47: "illegal parameter",
    50: "decode error",
    51: "decrypt error",
    109: "missing extension",
    110: "unsupported extension",
}
PROTOCOL_VERSION = 70
_CERTIFICATE_REVOKED = 44
_REVOKED = "revoked"
_STATE_MISSING = "requires the State attribute"

_DATES_OF_CRL = {Fault.CRL_EXPIRED: Cause.CRL_EXPIRED, Fault.CRL_NOT_YET_VALID: Cause.CRL_NOT_YET_VALID}
_CAUSES = {
    Fault.SELF_SIGNED: Cause.CLIENT_CERTIFICATE_SELF_SIGNED,
    Fault.SELF_SIGNED_IN_CHAIN: Cause.CLIENT_ISSUER_UNKNOWN,
    Fault.WRONG_PURPOSE: Cause.CLIENT_CERTIFICATE_WRONG_PURPOSE,
    Fault.WRONG_NAME: Cause.IDENTITY_MISMATCH,
    Fault.UNACCEPTABLE: Cause.CLIENT_CERTIFICATE_UNACCEPTABLE,
}


def issuer_not_found(ends: BothEnds) -> Conclusion | None:
    """Apply when the log names error 2, 20 or 21; a known intermediate that was not sent makes the chain incomplete."""
    event = _verify_error(ends, Fault.ISSUER_NOT_FOUND)
    if event is None:
        return None
    proof: tuple[Proof, ...] = (logged(event), certificates.sent_by_device(ends))
    blamed = blame.in_clients_chain(ends, event)
    missing = chain.missing_intermediate(ends.sent_chain, ends.known, ends.far.trusted)
    if foreign.may_lack_intermediate(ends):
        return None
    if missing is None:
        namesake = chain.namesake_of_issuer(ends.sent_chain, ends.far.trusted)
        proof += (
            (device(f"{chain.subject(ends.sent_chain[-1])} is not signed by the key of that CA"),)
            if namesake
            else ()
        )
        return Conclusion(
            Cause.CLIENT_ISSUER_UNKNOWN,
            proof,
            {"namesake": certificates.namesake_words("the server", namesake) or foreign.unknown_list(ends)},
            blamed,
        )
    name = chain.subject(missing)
    link = device(f"did not send {name}, which leads to a CA in the server's list")
    return Conclusion(Cause.CLIENT_CHAIN_INCOMPLETE, (*proof, link), {"intermediate": name}, blamed)


def chain_expired(ends: BothEnds) -> Conclusion | None:
    """Apply when the log names error 10; whose dates they are tell the attributes that the log lists before."""
    event = _verify_error(ends, Fault.EXPIRED)
    if event is None:
        return None
    earliest = dates.ended(ends, certificates.client_path(ends))
    return _by_rank(ends, event, certificates.EXPIRED, earliest)


def chain_not_yet_valid(ends: BothEnds) -> Conclusion | None:
    """Apply when the log names error 9; whose dates they are tell the attributes that the log lists before."""
    event = _verify_error(ends, Fault.NOT_YET_VALID)
    if event is None:
        return None
    latest = dates.not_begun(ends, certificates.client_path(ends))
    return _by_rank(ends, event, certificates.NOT_YET_VALID, latest)


def chain_revoked(ends: BothEnds) -> Conclusion | None:
    """Apply when the log names error 23: the device's certificate, or a CA above it."""
    event = _verify_error(ends, Fault.REVOKED)
    return _by_rank(ends, event, certificates.REVOKED, None) if event else None


def no_usable_crl(ends: BothEnds) -> Conclusion | None:
    """Apply when the log names an error about the CRL, whatever the alert says; the list is that of the issuer."""
    event = ends.far.first(LogKind.VERIFY_ERROR)
    fault = FAULTS.get(event.number) if event else None
    if event is None or fault is None or (fault not in _DATES_OF_CRL and fault is not Fault.NO_USABLE_CRL):
        return None
    blamed = blame.in_clients_chain(ends, event)
    facts: dict[str, str | int] = {
        "words": words(event),
        "publisher": "every CA in the chain",
        "exception": "",
    }
    if blamed is not None and event.certificate is not None:
        facts["subject"] = blamed.subject
        facts["publisher"] = blame.readable(event.certificate.issuer)
        if blamed.held_by_server and blamed.rank is Rank.ISSUING_CA:
            facts["exception"] = (
                f"; if it is there, take {blamed.subject} out of ca_file, where it ends the path, so that "
                "its own CRL is looked for and the CA above it never comes in"
            )
    proof: tuple[Proof, ...] = (logged(event), certificates.sent_by_device(ends))
    if fault in _DATES_OF_CRL:
        found = blame.find(ends, event)
        proof += (*dates.held_crl(ends, found.issuer if found else None), *dates.clock_of_server(ends))
    return Conclusion(_DATES_OF_CRL.get(fault, Cause.CRL_MISSING), proof, facts, blamed)


def unlisted_intermediate(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says that a CA in the chain is not in the server's own list."""
    event = ends.far.first(LogKind.UNTRUSTED_IN_CHAIN)
    if event is None:
        return None
    proof = (logged(event), certificates.sent_by_device(ends))
    return Conclusion(Cause.CLIENT_INTERMEDIATE_NOT_LISTED, proof)


def ocsp_refused(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says what came of the server's OCSP request, and it was nothing good."""
    event = ends.far.first(LogKind.OCSP_REFUSED) or ends.far.first(LogKind.OCSP_FAILED)
    if event is None:
        return None
    if event.kind is LogKind.OCSP_REFUSED and event.detail == _REVOKED:
        return Conclusion(Cause.CLIENT_CERTIFICATE_REVOKED, (logged(event),), {}, blame.own_of_device(ends))
    return Conclusion(Cause.OCSP_UNUSABLE, (logged(event),), {"words": words(event)})


def chain_refused(ends: BothEnds) -> Conclusion | None:
    """Apply when the log names another verification error."""
    event = ends.far.first(LogKind.VERIFY_ERROR)
    cause = _CAUSES.get(FAULTS[event.number]) if event and event.number in FAULTS else None
    if event is None or cause is None or foreign.signature_is_open(ends, event):
        return None
    proof = (logged(event), certificates.sent_by_device(ends))
    blamed = blame.in_clients_chain(ends, event)
    facts: dict[str, str | int] = {
        "words": words(event),
        "compared": "the name that its configuration asks for",
        "cure": NEW_NAME,
    }
    if blamed is not None:
        facts["subject"] = blamed.subject
    return Conclusion(cause, proof, facts, blamed)


def no_common_method(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says that no EAP method suits both sides."""
    event = ends.far.first(LogKind.NO_COMMON_METHOD)
    if event is None:
        return None
    return Conclusion(Cause.NO_COMMON_EAP_METHOD, (logged(event),), {"methods": proposed(ends)})


def policy(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says that the virtual server refused the certificate."""
    event = ends.far.first(LogKind.POLICY_REJECTED)
    return Conclusion(Cause.POLICY_REJECTED, (logged(event),)) if event else None


def round_limit(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says that the conversation had too many round trips."""
    event = ends.far.first(LogKind.ROUND_LIMIT)
    return Conclusion(Cause.EAP_ROUND_LIMIT, (logged(event),)) if event else None


def session_lost(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says that no EAP session matches the State, as after a restart."""
    event = ends.far.first(LogKind.UNKNOWN_STATE)
    if event is None or _STATE_MISSING in words(event):
        return None
    return Conclusion(Cause.EAP_SESSION_LOST, (logged(event),))


def state_missing(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says that the request carried no State."""
    event = ends.far.first(LogKind.UNKNOWN_STATE)
    if event is None or _STATE_MISSING not in words(event):
        return None
    facts = {"subject": "the access point", "clause": "RFC 2865 5.24", "words": "a request without State"}
    return Conclusion(Cause.EAP_FRAMING, (logged(event),), facts)


def malformed(ends: BothEnds) -> Conclusion | None:
    """Apply when the log calls a packet of the device or access point malformed."""
    event = ends.far.first(LogKind.MALFORMED)
    if event is None:
        return None
    facts = {"subject": "the device or its access point", "clause": "RFC 3748 4", "words": words(event)}
    return Conclusion(Cause.EAP_FRAMING, (logged(event),), facts)


def tls_breach(ends: BothEnds) -> Conclusion | None:
    """Apply when the server logged an alert that means only that the device's TLS is wrong.

    The alert alone is not enough: a server that sends it may be the one that is wrong.
    """
    facts = {"subject": "the device", "clause": "RFC 8446 6.2"}
    for name in PROTOCOL_ALERTS.values():
        event = negotiation.server_alert(ends, name)
        if event:
            return Conclusion(Cause.TLS_PROTOCOL, (logged(event),), {**facts, "words": name})
    return None


def _can_be_meant(ends: BothEnds, description: int) -> bool:
    """Whether the server had seen what its alert is about: before the client's own flight no certificate has come."""
    tls = ends.near.tls
    return description == PROTOCOL_VERSION or (
        tls is not None and (tls.handshake_complete or bool(tls.peer_chain))
    )


def telling_alert(ends: BothEnds) -> Conclusion | None:
    """Apply when the server's alert reached the device, and is one of the two that have a single meaning."""
    causes = {
        PROTOCOL_VERSION: Cause.TLS_VERSION_MISMATCH,
        _CERTIFICATE_REVOKED: Cause.CLIENT_CERTIFICATE_REVOKED,
    }
    alert = ends.fatal_alert(sent=False)
    if alert is None or alert.description not in causes or not _can_be_meant(ends, alert.description):
        return None
    return Conclusion(causes[alert.description], (device(alert_text(alert)),))


def rejected_after_success(ends: BothEnds) -> Conclusion | None:
    """Apply when the Access-Reject carries EAP-Success after a complete handshake: a policy behind the method said no."""
    if ends.near.radius_result is not RadiusResult.REJECT or ends.near.eap_result is not EapResult.SUCCESS:
        return None
    if ends.near.tls is None or not ends.near.tls.handshake_complete:
        return None  # no certificate was shown that a policy could have refused
    return Conclusion(Cause.POLICY_REJECTED, (access_point("the Access-Reject carried EAP-Success"),))


def never_offered(ends: BothEnds) -> Conclusion | None:
    """Apply when the server proposed methods, never EAP-TLS, and ended the conversation itself with EAP-Failure."""
    methods = ends.near.proposed_methods
    if not methods or EAP_TLS in methods or ends.near.eap_result is not EapResult.FAILURE:
        return None
    proof = device(f"was offered {proposed(ends)} and asked for EAP-TLS")
    return Conclusion(Cause.NO_COMMON_EAP_METHOD, (proof,), {"methods": proposed(ends)})


RULES: tuple[Rule, ...] = (
    certificate_message.withheld,
    certificate_message.not_sent,
    name_check_failed,
    name_is_not_identity,
    unlisted_intermediate,
    ocsp_refused,
    issuer_not_found,
    chain_expired,
    chain_not_yet_valid,
    chain_revoked,
    no_usable_crl,
    certificate_message.too_weak,
    issuer_choice.wrong_ca_of_that_name,
    chain_refused,
    negotiation.no_common_version,
    negotiation.no_shared_cipher,
    negotiation.no_signature_algorithm,
    no_common_method,
    policy_lacks_certificate,
    policy,
    identity_too_long,
    user_name_changed,
    identity_unknown,
    round_limit,
    session_lost,
    state_missing,
    malformed,
    tls_breach,
    telling_alert,
    rejected_after_success,
    never_offered,
)


def proposed(ends: BothEnds) -> str:
    """Return the EAP methods the server proposed, in words."""
    numbers = dict.fromkeys(ends.near.proposed_methods)
    return ", ".join(_METHODS.get(number, f"method {number}") for number in numbers) or "no method"


def _verify_error(ends: BothEnds, fault: Fault) -> LogEvent | None:
    event = ends.far.first(LogKind.VERIFY_ERROR)
    return event if event and FAULTS.get(event.number) is fault else None


def _by_rank(
    ends: BothEnds, event: LogEvent, causes: certificates.ByRank, likeliest: x509.Certificate | None
) -> Conclusion | None:
    """Conclude by where the refused certificate stands; ``likeliest`` is ours where the log does not name it."""
    blamed = blame.in_clients_chain(ends, event)
    if blamed is not None:
        facts = {"subject": blamed.subject, "held": blame.held(ends, blamed), "judge": "server"}
        looked = server(f"looked at {blame.dates(blamed)}")
        clock = () if causes is certificates.REVOKED else dates.clock_of_server(ends)
        proof = (logged(event), looked, *clock, certificates.sent_by_device(ends))
        return Conclusion(causes[blamed.rank], proof, facts, blamed)
    if ends.far.foreign:
        alone = foreign.only_candidate(ends, likeliest, revoked=causes is certificates.REVOKED)
        if alone is None:
            return None
        likeliest = alone
    if likeliest is None:
        return Conclusion(causes[Rank.OWN], (logged(event), certificates.sent_by_device(ends)))
    likely = (logged(event), device(certificates.dates(likeliest)), *dates.clock_of_server(ends))
    rank = certificates.rank(likeliest, ends.sent_chain)
    facts = {"subject": chain.subject(likeliest), "held": "wherever it is held", "judge": "server"}
    return Conclusion(causes[rank], likely, facts)
