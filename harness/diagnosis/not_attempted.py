"""A device that could not start, or that stopped for a reason of its own: its own words are the proof."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509

from harness import strength
from harness.diagnosis import blame, causes, certificates, chain
from harness.diagnosis.ends import BothEnds, Conclusion, Rule, device, logged
from harness.outcome import BlamedCertificate, Cause, Outcome, Owner, Proof, Verdict
from harness.server.records import LogKind

# OpenSSL's reasons; of its own chain alone, see harness.protocol.own_certificate.
_TOO_WEAK = {
    "ee key too small": Cause.CLIENT_KEY_TOO_WEAK_TO_SEND,
    "ca key too small": Cause.CLIENT_CHAIN_TOO_WEAK_TO_SEND,
    "ca md too weak": Cause.CLIENT_CHAIN_TOO_WEAK_TO_SEND,
}


def not_attempted(
    cause: Cause,
    text: str,
    *,
    own_chain: Sequence[x509.Certificate] = (),
    level: int = strength.LIBRARY_LEVEL,
) -> Outcome:
    """Return the outcome of an association that never began.

    ``text`` says in the device's words what it lacks; no full stop at its end, no secrets. ``own_chain`` (leaf
    first) and ``level`` are what the device would have shown, and the security level that it holds it against.
    Raises :class:`ValueError` for a cause that cannot keep a device from starting.
    """
    if not causes.allows(cause, Verdict.NOT_ATTEMPTED):
        raise ValueError(f"the cause {cause} does not go with the verdict {Verdict.NOT_ATTEMPTED}")
    facts, blamed = _weakness(own_chain, level)
    facts |= {"words": text, "seen": f"{text}."}
    return Outcome(
        verdict=Verdict.NOT_ATTEMPTED,
        cause=cause,
        explanation=causes.explain(cause, facts),
        remedy=causes.remedy(cause, facts),
        proof=(device(text),),
        certificate=blamed if cause in _TOO_WEAK.values() else None,
    )


def own_chain_too_weak(ends: BothEnds) -> Conclusion | None:
    """Apply when the device's TLS library says that a key or digest of the chain that it should send is too weak."""
    tls = ends.near.tls
    cause = _too_weak(tls.error) if tls and tls.stopped_itself else None
    if tls is None or cause is None:
        return None
    facts, blamed = _weakness(tls.own_chain, tls.security_level)
    proof: tuple[Proof, ...] = (
        _library(tls.error),
        device(f"should have sent the chain {certificates.listing(tls.own_chain)}"),
    )
    heard = ends.far.first(LogKind.ALERT_RECEIVED)
    if heard is not None:
        proof += (logged(heard),)
    return Conclusion(cause, proof, facts | {"words": tls.error}, blamed)


def nothing_to_offer(ends: BothEnds) -> Conclusion | None:
    """Apply when the device's TLS library stopped before it had sent anything."""
    tls = ends.near.tls
    if tls is None or not tls.stopped_itself or tls.version or tls.peer_chain or _too_weak(tls.error):
        return None
    return Conclusion(Cause.TLS_SETTINGS_UNUSABLE, (_library(tls.error),), {"words": tls.error})


RULES: tuple[Rule, ...] = (own_chain_too_weak, nothing_to_offer)


def _too_weak(error: str) -> Cause | None:
    return next((cause for words, cause in _TOO_WEAK.items() if words in error), None)


def _library(error: str) -> Proof:
    return device(f"its TLS library says: {error}")


def _weakness(
    own_chain: Sequence[x509.Certificate], level: int
) -> tuple[dict[str, str | int], BlamedCertificate | None]:
    """Return the facts about the first certificate of the device's chain below its own level, and that certificate."""
    facts: dict[str, str | int] = {
        "subject": "a certificate in its chain",
        "level": level,
        "enough": "a stronger key and digest",
    }
    weak = strength.too_weak(own_chain, level, anchored=False)
    if weak is None:
        return facts, None
    number, depth = weak
    certificate = own_chain[depth]
    digest = number == strength.CA_DIGEST_TOO_WEAK
    facts |= {
        "subject": chain.subject(certificate),
        "enough": strength.enough_for(certificate, digest=digest, level=level),
    }
    rank = certificates.rank(certificate, own_chain)
    return facts, blame.describe(certificate, Owner.DEVICE, rank)
