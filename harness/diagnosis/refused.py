"""Why the device refused the server: its own verification, or its own TLS library, says so."""

from __future__ import annotations

from harness import strength
from harness.diagnosis import blame, certificates, chain
from harness.diagnosis.ends import BothEnds, Conclusion, Rule, alert_text, device, logged, name_of, offered
from harness.diagnosis.openssl import FAULTS, Fault
from harness.diagnosis.rejected import PROTOCOL_ALERTS, PROTOCOL_VERSION
from harness.observation import VerifyFailure
from harness.outcome import Cause, Proof
from harness.server.records import LogKind

_CAUSES = {
    Fault.SELF_SIGNED: Cause.SERVER_CERTIFICATE_SELF_SIGNED,
    Fault.SELF_SIGNED_IN_CHAIN: Cause.SERVER_ISSUER_UNKNOWN,
    Fault.WRONG_PURPOSE: Cause.SERVER_CERTIFICATE_WRONG_PURPOSE,
    Fault.TOO_WEAK: Cause.SERVER_KEY_TOO_WEAK,
    # The device asks for no CRL of its own accord: no cause of their own for revocation.
    Fault.REVOKED: Cause.SERVER_CERTIFICATE_UNACCEPTABLE,
    Fault.NO_USABLE_CRL: Cause.SERVER_CERTIFICATE_UNACCEPTABLE,
    Fault.CRL_EXPIRED: Cause.SERVER_CERTIFICATE_UNACCEPTABLE,
    Fault.CRL_NOT_YET_VALID: Cause.SERVER_CERTIFICATE_UNACCEPTABLE,
    Fault.UNACCEPTABLE: Cause.SERVER_CERTIFICATE_UNACCEPTABLE,
}
_BY_RANK = {
    Fault.EXPIRED: certificates.for_both(
        Cause.SERVER_CERTIFICATE_EXPIRED, Cause.ISSUING_CA_EXPIRED, Cause.ROOT_CA_EXPIRED
    ),
    Fault.NOT_YET_VALID: certificates.for_both(
        Cause.SERVER_CERTIFICATE_NOT_YET_VALID, Cause.ISSUING_CA_NOT_YET_VALID, Cause.ROOT_CA_NOT_YET_VALID
    ),
}
# The harness compares names itself and reports 0.
_NAME_CHECK = 0
# OpenSSL's reason strings. Of keys and digests in a chain it says such things of the device's own chain alone.
_WEAK = ("dh key too small",)
_CIPHER = ("no shared cipher",)


def name_mismatch(ends: BothEnds) -> Conclusion | None:
    """Apply when the device's own name comparison failed, or OpenSSL's (errors 62 to 64)."""
    failure = _failure(ends)
    if failure is None or (
        failure.number != _NAME_CHECK and FAULTS.get(failure.number) is not Fault.WRONG_NAME
    ):
        return None
    blamed = blame.in_servers_chain(ends, failure)
    return Conclusion(Cause.SERVER_NAME_MISMATCH, _proof(ends, failure), _facts(ends, failure), blamed)


def issuer_not_found(ends: BothEnds) -> Conclusion | None:
    """Apply when error 2, 20 or 21 was found; a known intermediate that was not sent makes the chain incomplete."""
    failure = _failure(ends)
    if failure is None or FAULTS.get(failure.number) is not Fault.ISSUER_NOT_FOUND:
        return None
    facts = _facts(ends, failure) | {"subject": name_of(ends.peer_chain, failure.subject)}
    proof = (*_proof(ends, failure), device(f"received the chain {certificates.listing(ends.peer_chain)}"))
    blamed = blame.in_servers_chain(ends, failure)
    anchors = (ends.anchor,) if ends.anchor else ()
    if ends.anchor and not chain.issued_by(ends.anchor, ends.anchor) and _leads_to_anchor(ends):
        return Conclusion(Cause.ROOT_CA_NOT_A_ROOT, proof, facts, blamed)
    missing = chain.missing_intermediate(ends.peer_chain, ends.known, anchors)
    if missing is not None:
        facts |= {"intermediate": chain.subject(missing)}
        return Conclusion(Cause.SERVER_CHAIN_INCOMPLETE, proof, facts, blamed)
    namesake = chain.namesake_of_issuer(ends.peer_chain, anchors)
    if namesake is not None:
        proof += (device(f"{chain.subject(ends.peer_chain[-1])} is not signed by the key of its root CA"),)
    facts |= {"namesake": certificates.namesake_words("the device", namesake)}
    if ends.peer_chain and ends.anchor == ends.peer_chain[0]:
        facts |= {"namesake": ", which is the server's own certificate and no CA"}
    return Conclusion(Cause.SERVER_ISSUER_UNKNOWN, proof, facts, blamed)


def chain_out_of_date(ends: BothEnds) -> Conclusion | None:
    """Apply when error 9 or 10 was found: of the server's certificate, of a CA that issued it, of the root."""
    failure = _failure(ends)
    causes = _BY_RANK.get(FAULTS[failure.number]) if failure and failure.number in FAULTS else None
    if failure is None or causes is None:
        return None
    blamed = blame.in_servers_chain(ends, failure)
    facts = _facts(ends, failure) | {
        "held": blame.held_of_servers(ends, failure.certificate),
        "judge": "device",
    }
    return Conclusion(causes[blamed.rank], _proof(ends, failure), facts, blamed)


def chain_refused(ends: BothEnds) -> Conclusion | None:
    """Apply when another verification error of OpenSSL was found."""
    failure = _failure(ends)
    cause = _CAUSES.get(FAULTS[failure.number]) if failure and failure.number in FAULTS else None
    if failure is None or cause is None:
        return None
    facts = _facts(ends, failure) | {"level": _level(ends), "cure": _cure(ends, failure)}
    return Conclusion(cause, _proof(ends, failure), facts, blame.in_servers_chain(ends, failure))


def version_refused(ends: BothEnds) -> Conclusion | None:
    """Apply when the device sent the alert protocol_version."""
    alert = ends.fatal_alert(sent=True)
    if _failure(ends) or alert is None or alert.description != PROTOCOL_VERSION:
        return None
    proof = (device(f"offered TLS {offered(ends.near)}"), *_heard(ends))
    return Conclusion(Cause.TLS_VERSION_MISMATCH, proof)


def group_too_weak(ends: BothEnds) -> Conclusion | None:
    """Apply when the device's TLS library says that the server's Diffie-Hellman group is too weak."""
    words = _library_says(ends, _WEAK)
    if not words:
        return None
    facts: dict[str, str | int] = {
        "subject": "its Diffie-Hellman group",
        "words": words,
        "level": _level(ends),
        "cure": f"let the server offer {strength.group_for(_level(ends))}, or cipher suites with ECDHE alone",
    }
    return Conclusion(Cause.SERVER_KEY_TOO_WEAK, (_library(ends), *_heard(ends)), facts)


def no_shared_cipher(ends: BothEnds) -> Conclusion | None:
    """Apply when the device's TLS library says that no cipher suite is in common."""
    if not _library_says(ends, _CIPHER):
        return None
    return Conclusion(Cause.TLS_NO_SHARED_CIPHER, (_library(ends), *_heard(ends)))


def tls_breach(ends: BothEnds) -> Conclusion | None:
    """Apply when the device sent an alert that means only that the server's TLS is wrong."""
    alert = ends.fatal_alert(sent=True)
    if _failure(ends) or alert is None or alert.description not in PROTOCOL_ALERTS:
        return None
    words = PROTOCOL_ALERTS[alert.description]
    facts = {"subject": "the server", "clause": "RFC 8446 6.2", "words": words}
    return Conclusion(Cause.TLS_PROTOCOL, (device(alert_text(alert)), *_heard(ends)), facts)


RULES: tuple[Rule, ...] = (
    name_mismatch,
    issuer_not_found,
    chain_out_of_date,
    chain_refused,
    version_refused,
    group_too_weak,
    no_shared_cipher,
    tls_breach,
)


def _failure(ends: BothEnds) -> VerifyFailure | None:
    return ends.near.tls.verify_failure if ends.near.tls else None


def _leads_to_anchor(ends: BothEnds) -> bool:
    anchors = (ends.anchor,) if ends.anchor else ()
    # A path of one is the server's own certificate, which somebody installed as root CA.
    return bool(ends.peer_chain and len(chain.path(ends.peer_chain[0], ends.peer_chain[1:], anchors)) > 1)


def _facts(ends: BothEnds, failure: VerifyFailure) -> dict[str, str | int]:
    subject = failure.subject or name_of(ends.peer_chain, "the server's certificate")
    return {"subject": subject, "words": failure.text}


def _proof(ends: BothEnds, failure: VerifyFailure) -> tuple[Proof, ...]:
    whose = f"{failure.subject or 'the certificate'} at depth {failure.depth}"
    check = f"OpenSSL error {failure.number}" if failure.number else "name check"
    return (device(f"verification failed for {whose}: {check}, {failure.text}"), *_heard(ends))


def _heard(ends: BothEnds) -> tuple[Proof, ...]:
    """Quote the server where its log shows the device's alert."""
    event = ends.far.first(LogKind.ALERT_RECEIVED)
    return (logged(event),) if event else ()


def _level(ends: BothEnds) -> int:
    return ends.near.tls.security_level if ends.near.tls else strength.LIBRARY_LEVEL


def _cure(ends: BothEnds, failure: VerifyFailure) -> str:
    """Return in words what would have been strong enough, and whose certificate has to have it."""
    if failure.certificate is None:
        return "issue the certificates of the server's chain with a stronger key and digest"
    digest = failure.number == strength.CA_DIGEST_TOO_WEAK
    enough = strength.enough_for(failure.certificate, digest=digest, level=_level(ends))
    name = chain.subject(failure.certificate)
    if failure.depth == 0:
        return f"issue {name} with {enough}"
    return f"replace the CA {name} by one with {enough}; a new server certificate from it does not help"


def _library_says(ends: BothEnds, phrases: tuple[str, ...]) -> str:
    if _failure(ends) or ends.near.tls is None:
        return ""
    error = ends.near.tls.error.lower()
    return next((phrase for phrase in phrases if phrase in error), "")


def _library(ends: BothEnds) -> Proof:
    return device(f"its TLS library says: {ends.near.tls.error if ends.near.tls else ''}")
