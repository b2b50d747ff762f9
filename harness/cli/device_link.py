"""The way from a device to a server that somebody else runs: address, shared secret, one association."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.device_common import content
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.device.supplication import NotReady, Supplication
    from harness.outcome import Outcome
    from harness.protocol.radius_client import RetryPolicy
    from harness.run.associate import Attempt
    from harness.server.journal import Mark
    from harness.server.records import ServerEvidence
    from harness.trace import Endpoint

SECRET_VARIABLE = "EAPTLS_SECRET"
_PORT = 1812
_FRAGMENT = 1398
_BSSID = bytes.fromhex("020000aa0001")

ServerAddress = Annotated[
    str,
    typer.Option(
        "--server", metavar="HOST:PORT", help="Address of the RADIUS server; port 1812 if left out."
    ),
]
SecretFile = Annotated[
    Path | None,
    typer.Option(
        "--secret-file",
        metavar="FILE",
        help=f"File with the shared secret in its first line; else {SECRET_VARIABLE} is taken, or you are asked.",
    ),
]
RequireMessageAuthenticator = Annotated[
    bool,
    typer.Option(
        "--require-message-authenticator/--no-require-message-authenticator",
        help="Whether the access point discards answers without Message-Authenticator, which can be forged.",
    ),
]


@dataclass(frozen=True, slots=True)
class FarServer:
    """A RADIUS server of which address and shared secret are known, and whether its answers must be signed.

    ``retry`` says how long it is asked, by default as RFC 5080 2.2.1 does; ``log`` is a file that it logs to, ``source`` the
    local address to send from, empty: the system's choice.
    """

    endpoint: Endpoint
    secret: bytes = field(repr=False)
    require_message_authenticator: bool = True
    retry: RetryPolicy | None = None
    log: Path | None = None
    source: str = ""


def far_server(
    written: str,
    secret_file: Path | None,
    *,
    require_message_authenticator: bool = True,
    retry: RetryPolicy | None = None,
    log: Path | None = None,
    source: str = "",
) -> FarServer:
    """Return the server that is meant; raises :class:`UsageError`."""
    where = endpoint(written)
    if source:
        require_local(source, where)
    return FarServer(where, shared_secret(secret_file), require_message_authenticator, retry, log, source)


def require_local(source: str, server: Endpoint) -> None:
    """Raise :class:`UsageError` unless requests can be sent from that address to the server."""
    import socket

    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as trying:
            trying.bind((source, 0))
    except (OSError, UnicodeError):
        raise UsageError(f"--source {source!r} is no address of this machine for {server}") from None


def endpoint(written: str) -> Endpoint:
    """Read ``HOST``, ``HOST:PORT`` or ``[IPv6]:PORT``; names are looked up. Raises :class:`UsageError`."""
    import socket

    from harness.trace import Endpoint

    host, _, port = written.rpartition(":") if _has_port(written) else (written, "", str(_PORT))
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise UsageError(f"--server {written!r} has no port between 1 and 65535; write HOST:PORT")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        found = socket.getaddrinfo(bare, int(port), type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):  # the second: a name that cannot be one
        raise UsageError(f"--server {written!r}: there is no host {host!r}; write HOST:PORT") from None
    return Endpoint(str(found[0][4][0]), int(port))


def _has_port(written: str) -> bool:
    # Without brackets, several colons are an IPv6 address.
    return (written.startswith("[") and "]:" in written) or written.count(":") == 1


def shared_secret(file: Path | None) -> bytes:
    """Return the shared secret: from a file, from the environment, or as typed. Never from the command line."""
    if file is not None:
        secret = content(file).split(b"\n", 1)[0].rstrip(b"\r")
        if not secret:
            raise UsageError(f"{file} has no shared secret in its first line")
        return secret
    if os.environ.get(SECRET_VARIABLE):
        return os.environb[SECRET_VARIABLE.encode()]
    if not sys.stdin.isatty():
        raise UsageError(f"the shared secret is missing; name a --secret-file or set {SECRET_VARIABLE}")
    return str(typer.prompt("Shared secret", hide_input=True)).encode()


def associate_once(
    ready: Supplication | NotReady,
    server: FarServer,
    ssid: str,
    stopped: Callable[[], bool],
) -> Outcome:
    """Run one association as :func:`attempt_once` does; return its outcome."""
    return attempt_once(ready, server, ssid, stopped).outcome


def attempt_once(
    ready: Supplication | NotReady,
    server: FarServer,
    ssid: str,
    stopped: Callable[[], bool],
    *,
    record: bool = False,
) -> Attempt:
    """Run one association through an access point of that SSID, and judge it.

    Without an SSID the access point has the network's. With the server's log both ends are heard, else the near
    end alone. ``record`` keeps packets, and no TLS secrets: the credentials are the user's. Raises what
    :func:`harness.run.associate.associate` raises, and :class:`UsageError` for what is no server's log.
    """
    from harness.device.supplication import Supplication
    from harness.protocol.authenticator import AccessPoint
    from harness.protocol.radius_client import DEFAULT_RETRY
    from harness.run.associate import Link, Witness, associate

    wanted = ready.ssid if isinstance(ready, Supplication) else ""
    roots = (ready.root_ca,) if isinstance(ready, Supplication) and ready.root_ca else ()
    point = AccessPoint(
        ssid or wanted,
        _BSSID,
        server.secret,
        nas_identifier="eaptls-device",
        retry=server.retry or DEFAULT_RETRY,
        require_message_authenticator=server.require_message_authenticator,
    )
    witness: Witness = _Silent(server.endpoint)
    if server.log is not None:
        from harness.server.logs.follow import FollowedLog

        station = ready.mac if isinstance(ready, Supplication) else b""
        witness = FollowedLog(server.log, server.endpoint, station)
    attempt = associate(
        ready,
        Link(point, witness, server.endpoint),
        fragment_size=_FRAGMENT,
        random=os.urandom,
        source_host=server.source,
        known=lambda: roots,
        record=record,
        stopped=stopped,
    )
    if attempt.recorder is not None:
        attempt.recorder.key_log.clear()
    return attempt


class _Silent:
    """The witness that there is where the server's log cannot be read: none."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def mark(self) -> Mark:
        """Return the beginning of nothing."""
        from harness.server.journal import Mark

        return Mark(0)

    def evidence(self, _mark: Mark, _source: Endpoint | None) -> ServerEvidence:
        """Return that nothing is known."""
        from harness.server.records import ServerEvidence

        return ServerEvidence(available=False, server=str(self._endpoint))
