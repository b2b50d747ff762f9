"""Why the server refused a device with which it has no version, cipher suite or signature algorithm in common."""

from __future__ import annotations

from harness.diagnosis.ends import BothEnds, Conclusion, device, logged, offered
from harness.outcome import Cause
from harness.server.records import LogEvent, LogKind


def no_common_version(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says unsupported protocol, or that the alert protocol version was written."""
    event = ends.far.first(LogKind.UNSUPPORTED_PROTOCOL) or server_alert(ends, "protocol version")
    proof = device(f"offered TLS {offered(ends.near)}")
    return Conclusion(Cause.TLS_VERSION_MISMATCH, (logged(event), proof)) if event else None


def no_shared_cipher(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says no shared cipher."""
    event = ends.far.first(LogKind.NO_SHARED_CIPHER)
    return Conclusion(Cause.TLS_NO_SHARED_CIPHER, (logged(event),)) if event else None


def no_signature_algorithm(ends: BothEnds) -> Conclusion | None:
    """Apply when the log says that the server can sign with no algorithm that the device offers."""
    event = ends.far.first(LogKind.NO_SIGNATURE_ALGORITHM)
    if event is None:
        return None
    return Conclusion(
        Cause.TLS_NO_SIGNATURE_ALGORITHM, (logged(event), device(f"offered TLS {offered(ends.near)}"))
    )


def server_alert(ends: BothEnds, name: str) -> LogEvent | None:
    """Return the line that says that the server wrote an alert of that name."""
    alerts = (event for event in ends.far.events if event.kind is LogKind.ALERT_SENT)
    return next(
        (event for event in alerts if name in (event.detail or event.text).lower().replace("_", " ")), None
    )
