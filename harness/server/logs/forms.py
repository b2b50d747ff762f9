"""The forms in which a FreeRADIUS log comes to us, brought to one: the line as the server's own code wrote it.

``-X`` writes bare lines, ``-Xx`` and ``radius.log`` put date and kind in front, syslog and journald date, host
and program, containers their name; people quote, and terminals colour. All of it stands before the server's own
words, so nothing that a device chose is ever cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from harness.server.journal import mask_keys
from harness.server.startup import scrub

_COLOUR = re.compile(r"\x1b\[[0-9;]*[mK]")
_CLOCK = r"\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?"
_ISO = rf"\d{{4}}-\d{{2}}-\d{{2}}[T ]{_CLOCK}(?:Z| ?[+-]\d{{2}}:?\d{{2}})?"
_PROGRAM = r"[\w./@-]{1,64}(?:\[\d+\])?: "
_PREFIXES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\s*(?:[>|] ?)+",  # quoted, or a block of a report
        r"[\w.-]+ +\| ",  # docker compose logs
        r"<\d{1,3}>(?:1 )?",  # the priority of a syslog packet
        # syslog and journalctl: date, host, program
        rf"(?P<when>\w{{3}} [ \d]\d {_CLOCK}) \S+ {_PROGRAM}",
        rf"(?P<when>{_ISO}) \S+ {_PROGRAM}",
        rf"(?P<when>{_ISO}) \S+ \S+ \S+ \S+ (?:-|\[.*?\]) ",  # RFC 5424
        # -Xx and radius.log
        rf"(?P<when>\w{{3}} \w{{3}} [ \d]\d {_CLOCK} \d{{4}}) ?: (?:[A-Z]\w{{2,9}}: )?",
        rf"(?P<when>{_ISO}) ",  # docker logs --timestamps
        r"(?: ?: )?(?:Auth|Info|Error|ERROR|Warning|Debug|Proxy|Acct): (?=\(\d+\) |[A-Z]\w+ |tls: )",
        r"\s+(?=\(\d+\) )",  # indented by whoever pasted it
    )
)
_MOST_PREFIXES = 6
_PLAIN = re.compile(r"\(\d+\) ")
_PASSWORDS = re.compile(
    r"((?<![\w-])[\w-]*(?:Password|password|MS-CHAP2?-Response|CHAP-Challenge)\b\"? *[:+]?=[=~]? *).*"
)
# Without a password there is "/<via Auth-Type = eap>", or nothing; "host/" is how Windows names a machine.
_LOGIN_PASSWORD = re.compile(
    r"(Login (?:OK|incorrect)(?: \(.*?\))?: \[(?!host/[^/]*\])(?![^]]*/<[^]]*>\])[^]]*/)[^]]*(?=\] \(from )"
)


class LogLine(NamedTuple):
    """One line: where it stands in the file (from 1), the time in front of it as written, what the server wrote."""

    place: int
    when: str
    text: str


def log_lines(text: str, first: int = 1) -> Iterator[LogLine]:
    """Give the lines of a log without what others put in front of them, empty ones left out, free of secrets."""
    for place, written in enumerate(text.split("\n"), first):
        when, line = bare(written.rstrip("\r"))
        if line:
            yield LogLine(place, when, clean(line))


def bare(line: str) -> tuple[str, str]:
    """Return the time in front of a line, empty without one, and the line as the server wrote it."""
    if _PLAIN.match(line):  # nearly every line of a debug log
        return "", line
    line, when = _COLOUR.sub("", line), ""
    for _ in range(_MOST_PREFIXES):
        match = next((found for prefix in _PREFIXES if (found := prefix.match(line)) and found.end()), None)
        if match is None:
            break
        when = match.groupdict().get("when") or when
        line = line[match.end() :]
    return when, line


def clean(line: str) -> str:
    """Take passwords, shared secrets and session keys out of a line."""
    if "assword" in line or "CHAP" in line:
        line = _PASSWORDS.sub(r"\1<hidden>", line)
    if "Login " in line:
        line = _LOGIN_PASSWORD.sub(r"\1<hidden>", line)
    if "ecret" in line:
        line = scrub(line, ())
    return mask_keys(line)
