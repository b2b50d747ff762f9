"""From FreeRADIUS's debug log to records: what each known line says.

The table covers the wordings of 3.0.21, 3.2.1 and 3.2.7 (the last writes ``(TLS) TLS - `` where
3.2.1 writes ``(TLS) ``). Every rule matches a line from its start, behind the name of the module that
wrote it: a device may choose its user name, and no name of its choice can pass for a log line.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from harness.server.records import LogEvent, LogKind
from harness.trace import Endpoint

# A Status-Server asks whether the server is ready; it is part of no association.
_FIRST_LINES = re.compile(
    r"Received (?!Status-Server)[\w-]+ Id \d+ from (?P<host>[\d.]+|\[?[\da-f:]+\]?):(?P<port>\d+) to "
)
_LAST_LINES = ("Finished request", "Cleaning up request packet ")

_MODULE = r"(?:[\w.-]+: +)?(?:ERROR: )?"
_TLS = r"(?:\(TLS\) (?:TLS - ?)?|TLS )?"
_OPENSSL = r"(?:Failed reading from OpenSSL|Failed in \S+ \(SSL_read\)): error:[0-9A-F]+:SSL routines:[^:]*:"
_HOST = r"(?P<host>[\d.]+|[\da-f:]+)"

_RULES: tuple[tuple[LogKind, str], ...] = (
    (LogKind.REQUEST, r"Received Access-Request Id \d+ from "),
    (LogKind.VERIFY_ERROR, _MODULE + r"(?:\(TLS\) OpenSSL|SSL) says error (?P<number>\d+) : (?P<detail>.*)"),
    (LogKind.ALERT_SENT, _MODULE + _TLS + r"Alert write:fatal:(?P<detail>.*)"),
    (LogKind.ALERT_RECEIVED, _MODULE + _TLS + r"Alert read:fatal:(?P<detail>.*)"),
    (LogKind.NO_CLIENT_CERTIFICATE, _MODULE + _TLS + _OPENSSL + r"peer did not return a certificate"),
    (LogKind.UNSUPPORTED_PROTOCOL, _MODULE + _TLS + _OPENSSL + r"(?P<detail>unsupported protocol)"),
    (LogKind.NO_SHARED_CIPHER, _MODULE + _TLS + _OPENSSL + r"(?P<detail>no shared cipher)"),
    (
        LogKind.NAME_CHECK_FAILED,
        r"tls: (?:\(TLS\) )?(?P<detail>Certificate (?:CN|issuer) \(.*\) does not match specified (?:value|issuer) \(.*\))!",
    ),
    (LogKind.POLICY_REJECTED, _MODULE + _TLS + r"Certificate rejected by the virtual server"),
    (LogKind.NO_COMMON_METHOD, _MODULE + r"(?P<detail>No mutually acceptable types found)"),
    (LogKind.NO_COMMON_METHOD, _MODULE + r"(?P<detail>Peer NAK'd indicating it is not willing to continue)"),
    (
        LogKind.UNKNOWN_STATE,
        _MODULE + r"rlm_eap \(\w+\): (?P<detail>No EAP session matching state 0x[0-9a-f]+)",
    ),
    (LogKind.UNKNOWN_STATE, _MODULE + r"(?P<detail>EAP requires the State attribute to work)"),
    (LogKind.ROUND_LIMIT, _MODULE + r"rlm_eap \(\w+\): Aborting! (?P<detail>More than \d+ roundtrips)"),
    (
        LogKind.SECRET_WRONG,
        r"Dropping packet without response because of error: Received packet from "
        + _HOST
        + r" with invalid Message-Authenticator!",
    ),
    (
        LogKind.MESSAGE_AUTHENTICATOR_MISSING,
        r"Receive - Insecure packet from host "
        + _HOST
        + r": +Packet does not contain required Message-Authenticator attribute",
    ),
    (
        LogKind.CLIENT_UNKNOWN,
        r"Ignoring request to auth address .+ bound to server \S+ from unknown client "
        + _HOST
        + r" port (?P<port>\d+) ",
    ),
    (LogKind.MALFORMED, r"Receive - Malformed RADIUS packet from host " + _HOST + r": (?P<detail>.*)"),
    (LogKind.MALFORMED, r"Receive - Invalid data from " + _HOST + r": (?P<detail>.*)"),
    (LogKind.MALFORMED, r"Receive - Possible DoS attack from host " + _HOST + r": (?P<detail>.*)"),
    (LogKind.MALFORMED, _MODULE + r"Malformed EAP Message: (?P<detail>.*)"),
    (LogKind.LOGIN_OK, r"Login OK: \["),
    (LogKind.LOGIN_INCORRECT, r"Login incorrect(?: \((?P<detail>.*)\))?: \[.*\] \(from client "),
)
_COMPILED = tuple((kind, re.compile(pattern, re.DOTALL)) for kind, pattern in _RULES)


def _join_rules() -> re.Pattern[str]:
    """Return a pattern that matches what any rule matches, with the module's name looked at once."""
    patterns = [re.sub(r"\?P<\w+>", "?:", pattern) for _, pattern in _RULES]
    behind_module = "|".join(one.removeprefix(_MODULE) for one in patterns if one.startswith(_MODULE))
    others = "|".join(one for one in patterns if not one.startswith(_MODULE))
    return re.compile(f"{_MODULE}(?:{behind_module})|{others}", re.DOTALL)


# One look tells for nearly every line of a debug log that no rule knows it.
_ANY = _join_rules()


# A tuple, as FreeRADIUS writes hundreds of lines per association: the cheapest value there is.
class Line(NamedTuple):
    """One line of the log: its request number (-1: none), and the rest of it."""

    number: int
    text: str

    @property
    def ends_request(self) -> bool:
        """Whether nothing more is logged for that request."""
        return self.number >= 0 and self.text.startswith(_LAST_LINES)

    def begun_by(self) -> Endpoint | None:
        """Return who sent the request that this line announces, if it announces one."""
        if self.number < 0 or not self.text.startswith("Received "):
            return None
        match = _FIRST_LINES.match(self.text)
        return Endpoint(match["host"].strip("[]"), int(match["port"])) if match else None


def split(line: str) -> Line:
    """Take the request number off a line."""
    number, bracket, text = line.partition(") ")
    if bracket and number[:1] == "(" and number[1:].isdecimal():
        return Line(int(number[1:]), text)
    return Line(-1, line)


def recognise(text: str) -> LogEvent | None:
    """Return what a line without its number says, or ``None`` when no rule knows it.

    The event's source is the address that the line itself names (port 0 when it names none).
    Indented lines list attributes or belong to an inner virtual server; they are nobody's verdict.
    """
    if text.startswith(" ") or not _ANY.match(text):
        return None
    for kind, pattern in _COMPILED:
        match = pattern.match(text)
        if match:
            found = match.groupdict()
            host = found.get("host")
            return LogEvent(
                kind=kind,
                text=text,
                detail=(found.get("detail") or "").strip(),
                number=int(found.get("number") or 0),
                source=Endpoint(host, int(found.get("port") or 0)) if host else None,
            )
    return None
