"""Why a server did not come up: from its last lines to a sentence and a hint."""

from __future__ import annotations

import re

from harness.errors import EnvironmentUnavailable

_TELLING = 8
# Begins with plain letters, and looks back for the start of the word: that is quick in a long log.
_ASSIGNED = re.compile(r"(secret(?<=\bsecret)\s*=\s*)[^\n]*")
PORT_IN_USE = "Address already in use"

_HINTS: tuple[tuple[str, str], ...] = (
    (PORT_IN_USE, "another program holds that port; end it, or let the harness choose a port"),
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
        "its last lines are kept with this error",
    )


def start_failure(what: str, lines: tuple[str, ...], *, died: bool, timeout: float) -> EnvironmentUnavailable:
    """Return the error for a server that did not come up; ``lines`` are scrubbed already."""
    how = "ended at once" if died else f"did not answer within {timeout:g} s"
    return EnvironmentUnavailable(f"{what} {how}", hint=hint_for(lines), last_lines=lines)
