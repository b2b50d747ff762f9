"""What an association in a scenario costs beyond the server's own time, on the clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from random import Random
from statistics import median

from benchmarks.bed import IDENTITY, Certificates
from harness.device.supplication import Supplication
from harness.drivers import blocking
from harness.observation import Stage
from harness.outcome import Verdict
from harness.protocol.association import Association
from harness.protocol.authenticator import AccessPoint
from harness.protocol.station import Station
from harness.protocol.tls import TlsContext
from harness.protocol.tls_policy import TlsPolicy
from harness.run.associate import Link, SourceAddresses, associate
from harness.server.backend import Server
from harness.trace import Link as Medium
from harness.trace import Recorder

_SSID = "CORP"
_DEVICE = bytes.fromhex("020000000001")
_ACCESS_POINT = bytes.fromhex("020000000002")


class InScenario:
    """One device that joins through one access point, as steps of a scenario have it do."""

    def __init__(self, certificates: Certificates, server: Server) -> None:
        self._certificates = certificates
        self._server = server
        self._link = Link(AccessPoint(_SSID, _ACCESS_POINT, server.secret), server, server.endpoint)
        self._sources = SourceAddresses()
        # As the runner does it: octets of a seeded generator, which cost no system call.
        self._random = Random(1).randbytes  # noqa: S311 - nothing here is secret

    def waiting(self) -> float:
        """Run one association and nothing beside it; return the seconds from requests to their replies.

        That is the server's own time. Raises RuntimeError when the association does not connect.
        """
        recorder = Recorder()
        ready = _supplication(self._certificates)
        policy = TlsPolicy(ready.credential, ready.root_ca, ready.time, tls_max=ready.tls_max)
        station = Station(ready.ssid, ready.mac, ready.identity, TlsContext(policy, key_log=True))
        link = self._link
        association = Association(station, link.point, link.endpoint, self._random, recorder=recorder)
        blocking.run(association, source_host=self._sources.next(link.endpoint))
        if association.stage is not Stage.COMPLETE:
            raise RuntimeError(f"an association did not connect: {association.stage}")
        times = [packet.at for packet in recorder.packets if packet.link is Medium.WIRE]
        return sum(reply - request for request, reply in zip(times[::2], times[1::2], strict=True))

    def whole(self) -> float:
        """Run one association as a step does, from the TLS context to the diagnosis; return its seconds.

        Raises RuntimeError when it does not connect.
        """
        self._server.mark()  # what was written about the association before is not this one's to read
        begun = time.monotonic()
        attempt = associate(
            _supplication(self._certificates),
            self._link,
            fragment_size=1398,
            random=self._random,
            source_host=self._sources.next(self._server.endpoint),
            known=lambda: (self._certificates.root,),
            record=True,
            stopped=lambda: False,
        )
        spent = time.monotonic() - begun
        if attempt.outcome.verdict is not Verdict.CONNECTED:
            raise RuntimeError(f"an association in a scenario did not connect: {attempt.outcome.explanation}")
        return spent

    def overhead(self, count: int) -> float:
        """Return the seconds of an association beyond the server's own time, over ``count`` of each kind."""
        samples = [(self.whole(), self.waiting()) for _ in range(count)]
        return median(whole for whole, _ in samples) - median(waiting for _, waiting in samples)


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
