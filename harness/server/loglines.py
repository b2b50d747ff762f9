"""From FreeRADIUS's debug log to records: what each known line says.

The table covers the wordings of 3.0.21, 3.2.1 and 3.2.7 (the last writes ``(TLS) TLS - `` where
3.2.1 writes ``(TLS) ``). Every rule matches a line from its start, behind the name of the module that
wrote it: a device may choose its user name, and no name of its choice can pass for a log line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
# At debug level 3 the place in OpenSSL's source stands before the error.
_OPENSSL = (
    r"(?:Failed reading from OpenSSL|Failed in \S+ \(SSL_read\)): (?:\S+\[\d+\]:)?"
    r"error:[0-9A-F]+:SSL routines:[^:]*:"
)
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
        LogKind.NO_SIGNATURE_ALGORITHM,
        _MODULE + _TLS + _OPENSSL + r"(?P<detail>no suitable signature algorithm)",
    ),
    (
        LogKind.NAME_CHECK_FAILED,
        r"tls: (?:\(TLS\) )?(?P<detail>Certificate (?:CN|issuer) \(.*\) does not match specified (?:value|issuer) \(.*\))!",
    ),
    (LogKind.POLICY_REJECTED, _MODULE + _TLS + r"Certificate rejected by the virtual server"),
    (
        LogKind.IDENTITY_IS_NOT_USER_NAME,
        _MODULE
        + r"Identity does not match User-Name(?:, setting from EAP Identity|\. +Authentication failed)",
    ),
    (
        LogKind.UNTRUSTED_IN_CHAIN,
        r"tls: (?:\(TLS\) )?There are untrusted certificates in the certificate chain",
    ),
    # "unknown" is the responder's word for a certificate that it has never heard of (RFC 6960 2.2).
    (LogKind.OCSP_REFUSED, _MODULE + _TLS + r"ocsp: Cert status: (?P<detail>revoked|unknown|\(UNKNOWN\))"),
    (
        LogKind.OCSP_FAILED,
        _MODULE
        + _TLS
        + r"ocsp: (?P<detail>(?:Couldn't|Could not) .*|Response timed out|Response status: (?!successful).*|"
        + r"Response has wrong nonce value|No Status found|Failed parsing response|"
        + r"Unable to check certificate, failing)",
    ),
    (LogKind.PEER_MISBEHAVES, _MODULE + _TLS + r"Cannot continue, as the peer is misbehaving"),
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
    (LogKind.RESPONSE_DELAYED, r"Delaying response for (?P<detail>\d+(?:\.\d+)?) seconds"),
    (LogKind.LOGIN_OK, r"Login OK: \["),
    (LogKind.LOGIN_INCORRECT, r"Login incorrect(?: \((?P<detail>.*)\))?: \[.*\] \(from client "),
)
_COMPILED = tuple((kind, re.compile(pattern, re.DOTALL)) for kind, pattern in _RULES)


def _join_rules() -> re.Pattern[str]:
    """Return a pattern that finds what any rule matches, with the module's name looked at once."""
    patterns = [re.sub(r"\?P<\w+>", "?:", pattern) for _, pattern in _RULES]
    behind_module = "|".join(one.removeprefix(_MODULE) for one in patterns if one.startswith(_MODULE))
    others = "|".join(one for one in patterns if not one.startswith(_MODULE))
    # Most lines are indented. What was taken for a number is never tried as something else ("?+").
    return re.compile(rf"\n(?:\([0-9]+\) )?+(?! )((?:{_MODULE}(?:{behind_module})|{others}).*)")


# One look over a passage finds the few lines of a debug log that a rule knows.
_ANY = _join_rules()
_COMPARED = re.compile(
    r"\n\([0-9]+\) [\w.-]+: +checking certificate (?:CN|issuer) (\(.*\)) with xlat'ed value (\(.*\))"
)
# The one indented line that counts: a condition of a policy, with both attributes by name and its result.
_CN_AGAINST_IDENTITY = "&TLS-Client-Cert-Common-Name == &User-Name"
_DIFFER = re.compile(rf"\n\([0-9]+\) +(if \({re.escape(_CN_AGAINST_IDENTITY)}\) +-> FALSE)")
# And another one: a condition that asks for something of the certificate, which the server does not have.
_NO_VALUE = "ERROR: Failed retrieving values required to evaluate condition"
_NOT_KNOWN = re.compile(rf"\n\([0-9]+\) +(?:els)?if \((.*&TLS-Client-Cert-.*)\) \{{\n\([0-9]+\) +{_NO_VALUE}")
_PASSAGE = re.compile(
    # Lines with one number: a first line of a request only begins them, a last line only ends them.
    rf"\((?P<number>[0-9]+)\) (?:(?!{'|'.join(_LAST_LINES)}).*\n\((?P=number)\) (?!Received ))*.*"
    r"|.+"
)
_NUMBER = re.compile(r"\([0-9]+\) ")


# Not of one association: what FreeRADIUS does when memory has run out it does to all of them.
_NO_MEMORY_WORDS = ("malloc failure", "OUT OF MEMORY", "ut of memory", "Failed allocating memory")
_NO_MEMORY = re.compile(
    r"^(?:\([0-9]+\) +)?"
    rf"((?:[\w/.-]+\.c\[\d+\]:? OUT OF MEMORY|Failed allocating memory|{_MODULE}(?:{_TLS}"
    r"(?:error:[0-9A-F]+:[\w ]*:[\w ]*:malloc failure|OpenSSL says error 17 : )|[Oo]ut of memory)).*)",
    re.MULTILINE,
)


def memory_complaint(text: str) -> str:
    """Return the first of some lines in which FreeRADIUS says that it has no memory, without its number."""
    if not any(words in text for words in _NO_MEMORY_WORDS):
        return ""
    match = _NO_MEMORY.search(text)
    return match[1] if match else ""


# A tuple, as FreeRADIUS writes hundreds of lines per association: the cheapest value there is.
class Passage(NamedTuple):
    """Lines in a row that are about the same request, or one line that is about none.

    ``number`` is the request's (-1: none); ``text`` has the lines as they were written.
    """

    number: int
    text: str

    def begun_by(self) -> Endpoint | None:
        """Return who sent the request that the first line announces, if it announces one."""
        match = _FIRST_LINES.match(self._line(0)) if self.number >= 0 else None
        return Endpoint(match["host"].strip("[]"), int(match["port"])) if match else None

    @property
    def ends_request(self) -> bool:
        """Whether nothing more is logged for that request."""
        return self.number >= 0 and self._line(self.text.rfind("\n") + 1).startswith(_LAST_LINES)

    def compared(self) -> tuple[str, str] | None:
        """Return the two names, in brackets, that the last certificate check of the lines compares."""
        if "checking certificate" not in self.text:
            return None
        found = _COMPARED.findall(f"\n{self.text}")
        return found[-1] if found else None

    @property
    def last_line(self) -> str:
        """The last line, with its number."""
        return self.text[self.text.rfind("\n") + 1 :]

    def events(self, before: str = "") -> list[LogEvent]:
        """Return what the lines say that a rule knows, in their order.

        ``before`` is the line of the same request before these: what takes two lines may be read in pieces.

        An event's source is the address that the line itself names (port 0 when it names none).
        Indented lines list attributes or belong to an inner virtual server; they are nobody's verdict.
        """
        found = [_event(line) for line in _ANY.findall(f"\n{self.text}")]
        if _CN_AGAINST_IDENTITY in self.text:
            found += [
                LogEvent(LogKind.CN_IS_NOT_IDENTITY, line) for line in _DIFFER.findall(f"\n{self.text}")
            ]
        if _NO_VALUE in self.text:
            found += [
                LogEvent(LogKind.CERTIFICATE_NOT_KNOWN, _NO_VALUE, asked)
                for asked in _NOT_KNOWN.findall(f"\n{before}\n{self.text}")
            ]
        return found

    def _line(self, at: int) -> str:
        """Return the text from the line at that place on, without its request number."""
        number = _NUMBER.match(self.text, at)
        return self.text[number.end() if number else at :]


def passages(text: str) -> Iterator[Passage]:
    """Cut whole lines of a log into passages; empty lines are left out.

    To look at every single line costs more than all else that an association takes, so the log is cut
    where the request changes, and each piece is searched as a whole.
    """
    for match in _PASSAGE.finditer(text):
        number = match["number"]
        yield Passage(-1 if number is None else int(number), match[0])


def _event(line: str) -> LogEvent:
    """Return what a line without its number says, which some rule is known to match."""
    for kind, pattern in _COMPILED:
        match = pattern.match(line)
        if match:
            found = match.groupdict()
            host = found.get("host")
            return LogEvent(
                kind=kind,
                text=line,
                detail=(found.get("detail") or "").strip(),
                number=int(found.get("number") or 0),
                source=Endpoint(host, int(found.get("port") or 0)) if host else None,
            )
    raise AssertionError(f"the rules differ from their sum: {line!r}")
