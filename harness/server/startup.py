"""Why a server did not come up: from its last lines to a sentence and a hint."""

from __future__ import annotations

import re

from harness import memory
from harness.errors import EnvironmentUnavailable, ServerDoesNotStart, ServerLost

_TELLING = 8
# Begins with plain letters, and looks back for the start of the word: that is quick in a long log.
_ASSIGNED = re.compile(r"(secret(?<=\bsecret)\s*=\s*)[^\n]*")
PORT_IN_USE = "Address already in use"
# What a FreeRADIUS that goes on writes while it starts.
_ORDINARY = re.compile(
    r"\s|}|#|!!|[\w -]+ \{|radiusd: #|Compiling |Including |including |Loading |Starting |Debug|Listening on |"
    r"FreeRADIUS |Copyright |There is NO |PARTICULAR |You may |For more "
)
_FOLDER = re.compile(r"\S*/(?=radiusd\.conf\[)")

_NO_MEMORY = (
    r"failed to map segment|annot allocate memory|OUT OF MEMORY|Failed allocating memory|malloc failure"
)
_NO_ROOM = r"Thread create failed|Failed to set up request fifo|Cannot fork"
_MACHINE = re.compile(f"{_NO_MEMORY}|{_NO_ROOM}|{PORT_IN_USE}")
"""What a server ends with that its settings have nothing to do with."""

_HINTS: tuple[tuple[str, str], ...] = (
    (_NO_MEMORY, f"it has too little memory; {memory.HINT}"),
    (
        _NO_ROOM,
        "it can start no thread or process; raise the limits (`ulimit -u`, `ulimit -v`), or run fewer cases at a time with -j",
    ),
    (PORT_IN_USE, "another program holds that port; end it"),
    (
        "key values mismatch",
        "the server's private key does not belong to its certificate; give it a matching pair",
    ),
    ("no start line|Failed reading private key file", "the private key is not in a form that OpenSSL reads"),
    (
        "Permission denied",
        "the server's user cannot read its files; set TMPDIR to a folder that every user may enter",
    ),
    ("globally writable", "files of the configuration are writable by everybody; check the umask"),
    (
        "Failed setting cipher list|no cipher match",
        "the cipher list selects nothing in this OpenSSL; see `openssl ciphers`",
    ),
    ("must be <= tls_max_version", "tls_min is above tls_max; swap them"),
    (
        "Unknown attribute|Invalid attribute|Unknown or invalid value|Failed parsing value",
        "a reply attribute or its value is unknown to FreeRADIUS",
    ),
    (
        "Unknown ecdh_curve|Failed setting (?:ecdh_curve|curve|groups)",
        "the curve is unknown to this OpenSSL; leave ecdh_curve empty",
    ),
    (
        "ee key too small|ca md too weak|key too small",
        "this OpenSSL finds the server's key or signature too weak; allow it with ciphers: DEFAULT@SECLEVEL=0",
    ),
    (
        r"error while loading shared libraries",
        "the FreeRADIUS installation is incomplete; install its package again",
    ),
    (
        r"No such file or directory",
        "a file of the configuration is missing; the temporary folder may have been cleaned",
    ),
    (
        r"Errors? (?:reading|parsing)|\]: (?:Parse|Syntax) error|Failed to find",
        "FreeRADIUS does not understand its configuration; see the lines above and radius/raddb/",
    ),
)


def scrub(text: str, secrets: tuple[str, ...]) -> str:
    """Take shared secrets out of text: what is assigned to ``secret``, and the values themselves.

    Values of less than eight characters are left alone where nothing says that they are secrets:
    they may be ordinary words of the log. FreeRADIUS itself does not write them.
    """
    text = _ASSIGNED.sub(r"\1<secret>", text)
    for secret in secrets:
        if len(secret) >= _TELLING:
            text = text.replace(secret, "<secret>")
    return text


def hint_for(lines: tuple[str, ...]) -> str:
    """Return what to do about the first known error in the last lines of a server."""
    text = "\n".join(lines)
    return next(
        (hint for pattern, hint in _HINTS if re.search(pattern, text)),
        "its last lines say more",
    )


class StartFailure(Exception):
    """A server did not come up. Whether its settings are at fault or the machine is not known yet.

    ``lines`` are its last lines, free of secrets; ``died``: it ended by itself.
    """

    def __init__(self, what: str, lines: tuple[str, ...], *, died: bool, timeout: float) -> None:
        super().__init__(what)
        self.what = what
        self.lines = lines
        self.died = died
        self.timeout = timeout

    @property
    def complaint(self) -> str:
        """The server's own sentence about what its settings say; empty when it did not end with one."""
        of_machine = any(map(_MACHINE.search, self.lines))
        return complaint_in(self.lines) if self.died and not of_machine else ""

    @property
    def port_in_use(self) -> bool:
        """Whether another program held the port."""
        return any(PORT_IN_USE in line for line in self.lines)

    def of_settings(self) -> ServerDoesNotStart:
        """Return the error for settings with which no server starts."""
        return ServerDoesNotStart(self.complaint, hint=hint_for(self.lines), last_lines=self.lines)

    def of_others(self) -> ServerLost:
        """Return the error for a server whose port another program holds."""
        return ServerLost(f"{self.what} ended at once", hint=hint_for(self.lines), last_lines=self.lines)

    def of_machine(self) -> EnvironmentUnavailable:
        """Return the error for a machine on which no server starts."""
        how = "ended at once" if self.died else f"did not answer within {self.timeout:g} s"
        return EnvironmentUnavailable(f"{self.what} {how}", hint=hint_for(self.lines), last_lines=self.lines)


def complaint_in(lines: tuple[str, ...]) -> str:
    """Return the first of the complaints that a FreeRADIUS ends its log with; empty without one.

    Before it complains it lists its configuration, which is indented or ends a block; then one
    failure brings the next, so the first line tells what is wrong.
    """
    complaints: list[str] = []
    for line in reversed(lines):
        if not line or _ORDINARY.match(line):
            break
        complaints.append(line)
    return _FOLDER.sub("", complaints[-1]) if complaints else ""
