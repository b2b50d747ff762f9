"""An access point as a scenario writes it, turned into the link that an association runs over."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import replace

from harness.protocol.authenticator import AccessPoint
from harness.protocol.impairment import Impairment, Path
from harness.protocol.radius_client import RetryPolicy
from harness.run.associate import Link
from harness.scenario.world import AccessPoint as WrittenPoint
from harness.scenario.world import Retry
from harness.scenario.world_path import Delay, PacketsBothWays
from harness.scenario.world_path import Impairment as WrittenImpairment
from harness.server.backend import Server

_CLOSED_PORT = 1
"""tcpmux: no program listens there on UDP, and none can be told to by chance (it is privileged)."""
_WRONG_SECRET = b"not-the-servers-secret"


def mac(kind: int, index: int) -> bytes:
    """Return a locally administered address: a kind of thing, and which one."""
    return bytes((0x02, 0x00, 0x00, kind)) + index.to_bytes(2)


def link(
    name: str,
    index: int,
    written: WrittenPoint,
    server: Server,
    impairment: WrittenImpairment | None,
    random: Callable[[int], bytes],
    source_host: str,
) -> Link:
    """Return the link of one association: access point, server, path between them."""
    secret = server.secret_for(source_host) if source_host else server.secret
    point = AccessPoint(
        ssid=written.ssid,
        bssid=bytes.fromhex(written.bssid.replace(":", "")) if written.bssid else mac(0xAA, index),
        secret=secret if written.secret == "right" else _WRONG_SECRET,
        akm=written.security.akm,
        nas_identifier=written.nas_identifier or name,
        framed_mtu=written.framed_mtu,
        retry=_retry(written.retry),
        message_authenticator=written.message_authenticator,
        require_message_authenticator=written.require_message_authenticator,
    )
    endpoint = server.endpoint
    if written.port == "closed":
        endpoint = replace(endpoint, port=_CLOSED_PORT)
    return Link(point, server, endpoint, _path(impairment, random) if impairment else None)


def _retry(written: Retry) -> RetryPolicy:
    # MRC of RFC 5080 counts transmissions, the scenario counts retransmissions.
    return RetryPolicy(
        initial=written.first.total_seconds(),
        maximum=written.longest.total_seconds(),
        count=written.times + 1,
        duration=written.give_up.total_seconds(),
    )


def _path(written: WrittenImpairment, random: Callable[[int], bytes]) -> Path:
    return Path(
        _impairment(written, "to_server"),
        _impairment(written, "from_server"),
        random=random,
    )


def _impairment(written: WrittenImpairment, direction: str) -> Impairment:
    return Impairment(
        lose=_chosen(written.lose, direction),
        repeat=_chosen(written.duplicate, direction),
        late=_chosen(written.delay, direction),
        delay=written.delay.by.total_seconds() if isinstance(written.delay, Delay) else 0.0,
    )


def _chosen(packets: PacketsBothWays | None, direction: str) -> Container[int]:
    nothing: Sequence[int] = ()
    return (getattr(packets, direction) or nothing) if packets is not None else nothing
