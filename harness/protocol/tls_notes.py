"""What OpenSSL's callbacks leave for the connection that they are called for, which has it as its app data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from OpenSSL import SSL, crypto

from harness.observation import Alert, VerifyFailure
from harness.protocol.tls_words import alert_name

_FATAL = 2
_MOST_WARNINGS = 100
"""Alerts of a connection that are noted, but for the fatal one."""


@dataclass(slots=True)
class Notes:
    """What is noted of one connection."""

    alerts: list[Alert] = field(default_factory=list)
    verify_failure: VerifyFailure | None = None
    path: list[crypto.X509] = field(default_factory=list)
    """What OpenSSL accepted of the server's path so far, the lowest first."""
    key_log: Callable[[str], None] | None = None


def note_failure(connection: SSL.Connection, failure: VerifyFailure) -> None:
    """Note what ended the verification of the server."""
    connection.get_app_data().verify_failure = failure


def note_alert(connection: SSL.Connection, where: int, value: int) -> None:
    """Note an alert, sent or received (an info callback)."""
    if where & SSL.SSL_CB_ALERT and not (
        # Warnings may come without end; a fatal alert is the last.
        value >> 8 != _FATAL and len(connection.get_app_data().alerts) >= _MOST_WARNINGS
    ):
        sent = bool(where & SSL.SSL_CB_WRITE)
        description = value & 0xFF
        alert = Alert(sent, value >> 8, description, alert_name(description))
        connection.get_app_data().alerts.append(alert)


def note_key(connection: SSL.Connection, line: bytes) -> None:
    """Hand on a line of the key log."""
    key_log = connection.get_app_data().key_log
    if key_log is not None:
        key_log(line.decode("ascii"))
