"""One association as a ladder: what device and access point saw on one side, the server's word on the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509

from harness.observation import Alert, FourWay, Keys, Observation, TlsObservation
from harness.outcome import Outcome, Proof
from harness.trace import Actor

_METHODS = {4: "EAP-MD5", 13: "EAP-TLS", 21: "EAP-TTLS", 25: "PEAP", 26: "EAP-MSCHAPv2", 43: "EAP-FAST"}
"""EAP method types from the IANA registry that servers propose in practice."""

_LONGEST_VALUE = 40
"""Characters; an EAP-Key-Name in hex would fill three lines and tell a reader nothing."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One line of the ladder; ``near`` is the side of device and access point."""

    near: bool
    label: str
    text: str
    proof: bool = False
    bad: bool = False


def rungs(outcome: Outcome) -> list[Rung]:
    """Return the ladder of an outcome: the way in, what proves the cause, the end."""
    seen = outcome.observation
    start = list(_start(seen)) if seen else []
    tls = list(_tls(seen.tls)) if seen and seen.tls else []
    proofs = sorted((_proof(proof) for proof in outcome.proof), key=lambda rung: not rung.near)
    end = list(_end(seen)) if seen else []
    return [*start, *tls, *proofs, *end]


def _proof(proof: Proof) -> Rung:
    return Rung(proof.side is not Actor.SERVER, proof.side.replace("-", " "), proof.text, proof=True)


def _start(seen: Observation) -> Iterator[Rung]:
    yield Rung(near=True, label="network", text=seen.ssid)
    yield Rung(near=True, label="identity", text=seen.identity or "(empty)")
    yield Rung(near=True, label="RADIUS", text=_traffic(seen), bad=not seen.replies)
    if seen.proposed_methods:
        names = (f"{_METHODS.get(method, 'EAP type')} ({method})" for method in seen.proposed_methods)
        yield Rung(near=False, label="proposed", text=", ".join(names))


def _traffic(seen: Observation) -> str:
    parts = [f"{_count(seen.requests, 'request')} to {seen.server}", _count(seen.replies, "reply", "replies")]
    if seen.retransmissions:
        parts.append(f"{seen.retransmissions} sent again")
    if seen.unreachable:
        parts.append(f"{seen.unreachable} times port unreachable")
    if any(seen.lost_on_purpose):
        there, back = seen.lost_on_purpose
        parts.append(f"dropped by the scenario: {there} to the server, {back} from it")
    return ", ".join(parts)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _tls(tls: TlsObservation) -> Iterator[Rung]:
    low, high = tls.offered
    yield Rung(near=True, label="offers", text=f"TLS {low}" if low == high else f"TLS {low} to {high}")
    if tls.version:
        resumed = ", session resumed" if tls.resumed else ""
        yield Rung(near=False, label="chooses", text=f"TLS {tls.version} {tls.cipher}".rstrip() + resumed)
    for certificate in tls.peer_chain[:1]:
        yield Rung(near=False, label="shows", text=_certificate(certificate))
    yield from _verification(tls)
    for certificate in tls.sent_chain[:1]:
        yield Rung(near=True, label="shows", text=_certificate(certificate))
    for alert in tls.alerts:
        yield _alert(alert)
    if tls.error:
        yield Rung(near=True, label="TLS error", text=tls.error, bad=True)


def _verification(tls: TlsObservation) -> Iterator[Rung]:
    if tls.verify_failure is not None:
        failure = tls.verify_failure
        text = f"{failure.text} ({failure.subject}, depth {failure.depth})"
        yield Rung(near=True, label="refuses", text=text, bad=True)
    elif tls.trust_anchor is None:
        yield Rung(near=True, label="verifies", text="nothing: the network names no root CA")
    elif tls.peer_chain:
        name = f", name {tls.expected_name}" if tls.expected_name else ""
        text = f"against {tls.trust_anchor.subject.rfc4514_string()}{name}"
        yield Rung(near=True, label="verifies", text=text)


def _certificate(certificate: x509.Certificate) -> str:
    until = certificate.not_valid_after_utc.strftime("%Y-%m-%d %H:%M UTC")
    subject, issuer = certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()
    return f"{subject or '(no subject)'}, issued by {issuer}, valid until {until}"


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else f"{value[:20]}...{value[-8:]}"


def _alert(alert: Alert) -> Rung:
    return Rung(near=alert.sent, label="TLS alert", text=f"{alert.name} ({alert.description})", bad=True)


def _end(seen: Observation) -> Iterator[Rung]:
    if seen.tls and seen.tls.protected_success:
        yield Rung(near=False, label="commits", text="protected success (RFC 9190 2.5)")
    result = ", ".join(word for word in (seen.radius_result, seen.eap_result) if word)
    if result:
        yield Rung(near=False, label="answers", text=result)
    if seen.keys is not Keys.NOT_COMPARED:
        yield Rung(near=True, label="keys", text=seen.keys, bad=seen.keys is not Keys.AGREE)
    if seen.four_way is not FourWay.NOT_RUN:
        bad = seen.four_way is not FourWay.COMPLETE
        yield Rung(near=True, label="4-way", text=seen.four_way, bad=bad)
    for attribute in seen.reply_attributes:
        yield Rung(near=False, label="adds", text=f"{attribute.name} = {_short(str(attribute.value))}")
    # What was not fatal is among the findings.
    for violation in (violation for violation in seen.violations if violation.fatal):
        text = f"{violation.text} ({violation.clause})"
        yield Rung(near=True, label="violation", text=text, bad=True)
    for discard in seen.discards:
        yield Rung(near=True, label="discards", text=f"{discard.reason} ({discard.clause})")
