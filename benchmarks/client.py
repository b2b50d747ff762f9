"""The harness's client under load: many associations at once against a real FreeRADIUS."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

from benchmarks.bare import BareTls
from benchmarks.bed import IDENTITY, Certificates
from harness.drivers.selecting import run_many
from harness.observation import Keys, Stage
from harness.protocol.association import Association
from harness.protocol.authenticator import AccessPoint, request_attributes
from harness.protocol.station import Station
from harness.protocol.tls import TlsContext
from harness.protocol.tls_policy import TlsPolicy
from harness.server.backend import Server
from harness.trace import Recorder

IN_FLIGHT = 16
_SSID = "CORP"
_DEVICE = bytes.fromhex("020000000001")
_ACCESS_POINT = bytes.fromhex("020000000002")


class Client:
    """Associations of one device that offers one TLS version.

    As a load generator runs: one TLS context, attributes that never change encoded once, 16
    associations in flight, so that the client does not run cold after a sleep per datagram. Without
    evidence it is an authentication as eapol_test does it; with evidence the air is there too,
    with its frames and the 4-way handshake.
    """

    def __init__(self, certificates: Certificates, server: Server, version: str, *, evidence: bool) -> None:
        policy = TlsPolicy(
            certificates.client, certificates.root, datetime.now(UTC), tls_min=version, tls_max=version
        )
        self._evidence = evidence
        self._server = server
        self._station = Station(
            _SSID, _DEVICE, IDENTITY, TlsContext(policy, key_log=evidence, details=evidence)
        )
        self._point = AccessPoint(_SSID, _ACCESS_POINT, server.secret)
        self._fixed = request_attributes(self._point, _DEVICE)
        # As the runner does it: octets of a seeded generator, which cost no system call.
        self._random = Random(1).randbytes  # noqa: S311 - nothing here is secret

    def cpu(self, count: int, bare: BareTls) -> tuple[float, float]:
        """Return the CPU seconds of this process per authentication, and those of a bare client.

        A bare handshake follows every authentication, so that both run beside the same busy server
        and with the same cold caches; what it costs is not counted as ours. Raises RuntimeError when
        an authentication does not succeed.
        """
        beside = aside = 0.0
        begun = time.process_time()
        associations = self._associations(count)
        for association, _ in run_many(associations, IN_FLIGHT, observe=self._evidence):
            _check(association, link=self._evidence)
            interrupted = time.process_time()
            beside += bare.handshake()
            aside += time.process_time() - interrupted
        return (time.process_time() - begun - aside) / count, beside / count

    def _associations(self, count: int) -> Iterator[Association]:
        for _ in range(count):
            yield Association(
                self._station,
                self._point,
                self._server.endpoint,
                self._random,
                recorder=Recorder() if self._evidence else None,
                fixed_attributes=self._fixed,
                link=self._evidence,
            )


def _check(association: Association, *, link: bool) -> None:
    wanted = Stage.COMPLETE if link else Stage.RESULT
    if association.stage is not wanted or association.keys is not Keys.AGREE:
        seen = association.join_failure or association.stage
        raise RuntimeError(f"an authentication under load did not succeed: {seen}")
