"""Who decided: the verdict, taken from the near end alone.

Order matters. What the device decided itself comes before what it was told, because a server that
receives the device's alert answers with Access-Reject. A RADIUS answer is classified by its code
(RFC 3579 2.6.3), whatever EAP packet it carries.
"""

from __future__ import annotations

from harness.diagnosis.ends import BothEnds, access_point, alert_text, device, plural
from harness.observation import Discard, DiscardKind, EapResult, FourWay, Keys, Observation, RadiusResult
from harness.outcome import Proof, Verdict

_INTERNAL_ERROR = 80


def decide(ends: BothEnds) -> Verdict:
    """Return the verdict of an association that was begun."""
    if device_refused_the_chain(ends.near):
        return Verdict.REFUSED
    if any(violation.fatal for violation in ends.near.violations):
        return Verdict.VIOLATED
    if stopped_itself(ends):
        return Verdict.NOT_ATTEMPTED
    if ends.fatal_alert(sent=True):
        return Verdict.REFUSED
    if ends.accepted:
        return _accepted(ends.near)
    # The server's alert is its decision, even when the Access-Reject behind it got lost.
    rejected = ends.near.radius_result is RadiusResult.REJECT or ends.fatal_alert(sent=False)
    return Verdict.REJECTED if rejected else Verdict.UNANSWERED


def _accepted(near: Observation) -> Verdict:
    if near.eap_result is not EapResult.SUCCESS or success_too_early(near) or unprotected(near):
        return Verdict.VIOLATED
    if near.keys is Keys.NOT_COMPARED and discarded_packet(near) is not None:
        return Verdict.VIOLATED
    if near.keys is Keys.AGREE and near.four_way is FourWay.COMPLETE:
        return Verdict.CONNECTED
    return Verdict.UNUSABLE


def device_refused_the_chain(near: Observation) -> bool:
    """Return whether the device's verification of the server's chain failed."""
    return near.tls is not None and near.tls.verify_failure is not None


def stopped_itself(ends: BothEnds) -> bool:
    """Return whether the device gave up for a reason of its own, and so judged nothing about the server.

    Its TLS library said so, or sent internal_error, which is "unrelated to the peer" (RFC 8446 6.2).
    """
    alert = ends.fatal_alert(sent=True)
    return ends.near.tls is not None and (
        ends.near.tls.stopped_itself or (alert is not None and alert.description == _INTERNAL_ERROR)
    )


def success_too_early(near: Observation) -> bool:
    """Return whether EAP-Success came before the client's handshake was complete (RFC 3748 4.2)."""
    return near.eap_result is EapResult.SUCCESS and not (near.tls and near.tls.handshake_complete)


def discarded_packet(near: Observation) -> Discard | None:
    """Return the last EAP packet of an authentic answer that the device could not take."""
    return next((one for one in reversed(near.discards) if one.kind is DiscardKind.EAP), None)


def unprotected(near: Observation) -> bool:
    """Return whether TLS 1.3 ended without the octet 0x00 (RFC 9190 2.5)."""
    return near.tls is not None and near.tls.version == "1.3" and not near.tls.protected_success


def proof(ends: BothEnds) -> tuple[Proof, ...]:
    """Return what the near end saw that makes the verdict what it is."""
    verdict = decide(ends)
    if verdict is Verdict.UNANSWERED:
        return (access_point(unanswered_text(ends.near)),)
    if verdict is Verdict.VIOLATED:
        fatal = [v for v in ends.near.violations if v.fatal]
        return tuple(device(f"{v.text} ({v.clause})") for v in fatal) or (
            access_point(answer_text(ends.near)),
        )
    if verdict in {Verdict.REFUSED, Verdict.NOT_ATTEMPTED}:
        alert = ends.fatal_alert(sent=True)
        return (device(alert_text(alert)),) if alert else ()
    if verdict is Verdict.REJECTED and ends.near.radius_result is None:
        alert = ends.fatal_alert(sent=False)
        return (device(alert_text(alert)),) if alert else ()
    return (access_point(answer_text(ends.near)),)


def answer_text(near: Observation) -> str:
    """Describe the final RADIUS answer."""
    eap = f"EAP-{near.eap_result.capitalize()}" if near.eap_result else "no EAP-Success or EAP-Failure"
    code = near.radius_result.title() if near.radius_result else "no final answer"
    return f"received {code} with {eap} after {plural(near.requests, 'request')}"


def unanswered_text(near: Observation) -> str:
    """Describe a conversation that has no final answer."""
    return (
        f"{plural(near.requests, 'request')} and {plural(near.retransmissions, 'retransmission')} sent, "
        f"{plural(near.replies, 'authentic answer')} received, none of them final"
    )
