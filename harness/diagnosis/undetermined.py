"""What is said when nothing proves a cause: what was seen, what is missing, and what is merely likely.

"Likely" stands in the sentence alone and never becomes a cause.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.diagnosis import certificates, chain
from harness.diagnosis.disagreement import disagreement
from harness.diagnosis.ends import BothEnds, Conclusion, alert_text, logged, plural
from harness.diagnosis.verdict import answer_text, unanswered_text
from harness.outcome import Cause, Verdict
from harness.server.records import LogKind

_QUOTED = 3
# Lines that tell of the ordinary course of things explain nothing.
_ORDINARY = (LogKind.REQUEST, LogKind.LOGIN_OK)
_WRONG_AUTHENTICATOR = "Response Authenticator is wrong"

_MISSING_LOG = {
    Verdict.REJECTED: "the server's log, the only place where the reason of a reject is named",
    Verdict.UNANSWERED: "the server's log, which alone tells a wrong shared secret, an unknown client "
    "and a lost packet apart",
    Verdict.REFUSED: "the number of the verification error at the device",
    Verdict.UNUSABLE: "a comparison of the keys and a 4-way handshake that agree with each other",
    Verdict.VIOLATED: "a clause that a rule knows",
}
_MISSING_LINE = {
    Verdict.REJECTED: "a line that names the reason; some appear only at debug level (-fxx)",
    Verdict.UNANSWERED: "a line about these requests; some appear only at debug level (-fxx)",
}
# What a server's TLS library sends these for; each has several reasons, so it is no proof.
_ALERT_HINTS = {
    40: "no shared cipher suite, or no client certificate",
    42: "a client certificate that is not yet valid or has a weak key",
    43: "a client certificate for another purpose",
    45: "a client certificate or a CRL that has expired",
    46: "a client certificate that the server's own check refused",
    48: "an unknown issuer, a missing intermediate or a missing CRL",
    80: "a check of name, OCSP or policy that said no",
}


def undetermined(ends: BothEnds, verdict: Verdict) -> Conclusion:
    """Return the conclusion that no cause is proven, with everything a person can go on."""
    near, far = _near(ends), _far(ends)
    parts = [*near, *far, f"Missing: {_missing(ends, verdict)}.", *_likely(ends, verdict)]
    conflict = disagreement(ends)
    if conflict:
        parts.insert(0, f"The two ends contradict each other: {conflict}.")
    proof = tuple(logged(event) for event in ends.far.events if event.kind not in _ORDINARY)[:_QUOTED]
    return Conclusion(Cause.UNDETERMINED, proof, {"seen": " ".join(parts)})


def _near(ends: BothEnds) -> Iterator[str]:
    near = ends.near
    told = answer_text(near) if near.radius_result else unanswered_text(near)
    yield f"The access point {told}." if near.radius_result else f"At the access point, {told}."
    yield f"The association came as far as {near.stage}."
    if near.tls and near.tls.error:
        yield f"The device's TLS library says: {near.tls.error}."
    alert = ends.fatal_alert(sent=True) or ends.fatal_alert(sent=False)
    if alert:
        yield f"The device {alert_text(alert)}."
    if near.discards:
        number = len(near.discards) + near.discards_left_out
        yield f"Discarded: {plural(number, 'packet')}, the first because {near.discards[0].reason}."
    if any(near.lost_on_purpose):
        yield f"The path dropped {near.lost_on_purpose[0]} to and {near.lost_on_purpose[1]} from the server."


def _far(ends: BothEnds) -> Iterator[str]:
    far = ends.far
    if not far.available:
        yield "The server's log is not available."
        return
    quotes = [event.text for event in far.events if event.kind not in _ORDINARY]
    if far.verdict:
        quotes += [text for text in far.verdict.failures if text not in quotes]
    if quotes:
        yield "The server said: " + "; ".join(f'"{text}"' for text in quotes[:_QUOTED]) + "."
    else:
        yield "The server's log has no line that explains it."


def _missing(ends: BothEnds, verdict: Verdict) -> str:
    if ends.far.available and verdict in _MISSING_LINE:
        return _MISSING_LINE[verdict]
    return _MISSING_LOG.get(verdict, "evidence that a rule knows")


def _likely(ends: BothEnds, verdict: Verdict) -> Iterator[str]:
    guess = ""
    if verdict is Verdict.REJECTED:
        guess = _likely_reject(ends)
        if ends.sent_chain:
            yield f"Compare with the server's clock: {certificates.dates(ends.sent_chain[0])}."
    elif verdict is Verdict.UNANSWERED:
        guess = _likely_silence(ends)
    if guess:
        yield f"Likely, not proven: {guess}."


def _likely_reject(ends: BothEnds) -> str:
    tls, alert = ends.near.tls, ends.fatal_alert(sent=False)
    if alert:
        return _ALERT_HINTS.get(alert.description, "")
    if tls and tls.protected_success:
        return "a policy of the server, because the protected success had come before the reject"
    if tls and tls.handshake_complete and not tls.resumed and not tls.sent_chain:
        lack = "did not send its own" if ends.own_chain else "has none"
        return f"the server demands a client certificate, and the device {lack}"
    if tls and tls.sent_chain and chain.issued_by(tls.sent_chain[0], tls.sent_chain[0]):
        return "the client certificate is self-signed"
    if tls and not tls.version and 13 in ends.near.proposed_methods:
        return "no TLS version or cipher suite in common"
    return ""


def _likely_silence(ends: BothEnds) -> str:
    if any(_WRONG_AUTHENTICATOR in discard.reason for discard in ends.near.discards):
        return "access point and server have different shared secrets"
    if ends.far.available and ends.far.running and not ends.far.events and not any(ends.near.lost_on_purpose):
        return "a filter on the way, or another address or port"
    return ""
