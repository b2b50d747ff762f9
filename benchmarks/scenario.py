"""What an association in a scenario costs beyond the server's own time, on the clock."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from benchmarks.bed import IDENTITY, Certificates
from harness.device.supplication import Supplication
from harness.outcome import Verdict
from harness.protocol.authenticator import AccessPoint
from harness.run.associate import Link, SourceAddresses, associate
from harness.server.backend import Server
from harness.trace import Link as Medium
from harness.trace import Recorder

_SSID = "CORP"
_DEVICE = bytes.fromhex("020000000001")
_ACCESS_POINT = bytes.fromhex("020000000002")


def overhead(certificates: Certificates, server: Server, sources: SourceAddresses) -> float:
    """Run one association as a step of a scenario does; return the seconds not spent waiting.

    That is all from the TLS context to the diagnosis, everything recorded, without the time from
    each request to its reply. Raises RuntimeError when the association does not connect.
    """
    link = Link(AccessPoint(_SSID, _ACCESS_POINT, server.secret), server, server.endpoint)
    begun = time.monotonic()
    attempt = associate(
        _supplication(certificates),
        link,
        fragment_size=1398,
        random=os.urandom,
        source_host=sources.next(server.endpoint),
        known=certificates.mint.known,
        record=True,
        stopped=lambda: False,
    )
    spent = time.monotonic() - begun
    if attempt.outcome.verdict is not Verdict.CONNECTED or attempt.recorder is None:
        raise RuntimeError(f"an association in a scenario did not connect: {attempt.outcome.explanation}")
    return spent - _waiting(attempt.recorder)


def _waiting(recorder: Recorder) -> float:
    """Return the seconds from each request to the reply that follows it."""
    times = [packet.at for packet in recorder.packets if packet.link is Medium.WIRE]
    return sum(reply - request for request, reply in zip(times[::2], times[1::2], strict=True))


def _supplication(certificates: Certificates) -> Supplication:
    return Supplication(
        network="corp",
        ssid=_SSID,
        identity=IDENTITY,
        credential=certificates.client,
        root_ca=certificates.root,
        server_name="",
        time=datetime.now(UTC),
        mac=_DEVICE,
        tls_max="1.3",
    )
