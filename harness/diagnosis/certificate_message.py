"""Why the server refused a device whose Certificate message was empty, or held a key too weak for it."""

from __future__ import annotations

from harness import strength
from harness.diagnosis import blame, certificates, chain
from harness.diagnosis.ends import BothEnds, Conclusion, alert_text, device, logged
from harness.diagnosis.openssl import FAULTS, Fault
from harness.outcome import Cause, Proof, Rank
from harness.server.records import LogKind

_CERTIFICATE_REQUIRED = 116


def withheld(ends: BothEnds) -> Conclusion | None:
    """Apply when the server got no certificate and the device has one, which its flight did not hold.

    A TLS library withholds it for one reason: no signature algorithm that the server named fits its key.
    """
    said = _server_got_none(ends)
    if said is None or ends.sent_chain or not ends.own_chain:
        return None
    own = ends.own_chain[0]
    proof = (said, device(f"has the certificate {chain.subject(own)} and did not send it"))
    level = ends.far.security_level
    kind = strength.key_words(own)
    if level is None:
        cure = "Give the device a certificate with another kind of key or a stronger one, or let the server accept "
        cure += "the signature algorithms of this one (its security level and its list of signature algorithms decide)"
    else:
        enough = strength.enough_for(own, digest=False, level=level)
        cure = f"Give the device a certificate with {enough}, as the server's security level {level} asks for, or "
        cure += "lower the level in the server's cipher_list"
    facts: dict[str, str | int] = {"key": kind or "kind of", "cure": cure}
    return Conclusion(Cause.CLIENT_CERTIFICATE_WITHHELD, proof, facts, blame.own_of_device(ends))


def not_sent(ends: BothEnds) -> Conclusion | None:
    """Apply when the server got no certificate, and the device has none."""
    said = _server_got_none(ends)
    if said is None or ends.own_chain:
        return None
    return Conclusion(Cause.CLIENT_CERTIFICATE_NOT_SENT, (said, device("has no certificate to send")))


def too_weak(ends: BothEnds) -> Conclusion | None:
    """Apply when the log names error 66, 67 or 68: a key or a digest is below the server's security level."""
    event = ends.far.first(LogKind.VERIFY_ERROR)
    if event is None or FAULTS.get(event.number) is not Fault.TOO_WEAK:
        return None
    blamed, level = blame.in_clients_chain(ends, event), ends.far.security_level
    certificate = blame.find(ends, event)
    enough = "a stronger key and digest"
    if certificate is not None:
        digest = event.number == strength.CA_DIGEST_TOO_WEAK
        enough = strength.enough_for(certificate, digest=digest, level=level)
    if level is None:
        enough = f"at least {enough} (how much more, the server's own level decides)"
    subject = blamed.subject if blamed else "what the log names"
    cure = f"Replace {subject} on the device by a certificate with {enough}"
    if blamed is not None and blamed.rank is not Rank.OWN:
        cure = (
            f"Have the device's certificate issued under a CA with {enough}, in place of {subject} "
            f"{blame.held(ends, blamed)}: a new one from it would be refused as well"
        )
    facts: dict[str, str | int] = {
        "words": event.detail or event.text,
        "level": level_words(level),
        "cure": cure,
    }
    if blamed is not None:
        facts["subject"] = blamed.subject
    proof = (logged(event), certificates.sent_by_device(ends))
    return Conclusion(Cause.CLIENT_KEY_TOO_WEAK, proof, facts, blamed)


RULES = (withheld, not_sent, too_weak)


def level_words(level: int | None) -> str:
    """Return a security level as it stands in a sentence."""
    return "security level" if level is None else f"security level {level}"


def _server_got_none(ends: BothEnds) -> Proof | None:
    event = ends.far.first(LogKind.NO_CLIENT_CERTIFICATE)
    if event is not None:
        return logged(event)
    alert = ends.fatal_alert(sent=False)
    if alert is not None and alert.description == _CERTIFICATE_REQUIRED:
        return device(alert_text(alert))
    return None
