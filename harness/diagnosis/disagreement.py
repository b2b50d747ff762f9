"""Where the two ends exclude each other: then neither proves a cause."""

from __future__ import annotations

from harness.diagnosis.ends import BothEnds
from harness.observation import EapResult, RadiusResult
from harness.server.records import LogEvent, LogKind

_ACCEPT, _REJECT = "Access-Accept", "Access-Reject"


def disagreement(ends: BothEnds) -> str:
    """Return in words what the ends disagree about, or ``""``."""
    if ends.near.radius_result is RadiusResult.REJECT:
        return _about_reject(ends)
    if ends.near.radius_result is RadiusResult.ACCEPT:
        return _about_accept(ends)
    return ""


def _about_reject(ends: BothEnds) -> str:
    succeeded = ends.near.eap_result is EapResult.SUCCESS
    # A policy in post-auth rejects after the server has recorded its Access-Accept.
    if ends.far.verdict and ends.far.verdict.reply == _ACCEPT and not succeeded:
        return "the server recorded Access-Accept, the access point received Access-Reject"
    refusal = ends.far.first(LogKind.VERIFY_ERROR)
    if refusal and succeeded:
        return f'the server logged "{refusal.text}", its Access-Reject carried EAP-Success'
    unseen = ends.far.first(LogKind.NO_CLIENT_CERTIFICATE)
    if unseen and ends.sent_chain:
        return f'the server logged "{unseen.text}", the device sent its certificate'
    alert = next((event for event in ends.far.events if fatal(event, LogKind.ALERT_RECEIVED)), None)
    if alert and not ends.fatal_alert(sent=True):
        return f'the server logged "{alert.text}", the device sent no alert'
    return ""


def _about_accept(ends: BothEnds) -> str:
    if ends.far.verdict and ends.far.verdict.reply == _REJECT:
        return "the server recorded Access-Reject, the access point received Access-Accept"
    refusal = ends.far.first(LogKind.VERIFY_ERROR)
    if refusal:
        return f'the server logged "{refusal.text}", the access point received Access-Accept'
    return ""


def fatal(event: LogEvent, kind: LogKind) -> bool:
    """Return whether an event is an alert of that kind other than close notify, which ends nothing."""
    return event.kind is kind and "close notify" not in f"{event.detail} {event.text}".lower()
