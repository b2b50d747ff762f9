"""Run one association of a case against a real server, and judge it."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography import x509

from harness import memory
from harness.device.supplication import NotReady, Supplication
from harness.diagnosis.diagnose import diagnose
from harness.diagnosis.not_attempted import not_attempted
from harness.drivers import blocking
from harness.observation import Observation
from harness.outcome import Cause, Outcome
from harness.protocol.association import Association
from harness.protocol.authenticator import AccessPoint
from harness.protocol.impairment import Path
from harness.protocol.progress import LONGEST
from harness.protocol.station import Station
from harness.protocol.tls import PolicyUnusable, TlsContext
from harness.protocol.tls_policy import TlsPolicy
from harness.protocol.tls_session import TlsSession
from harness.server.journal import Mark
from harness.server.recording import require_complete
from harness.server.records import ServerEvidence
from harness.trace import Endpoint, Recorder


@dataclass(frozen=True, slots=True)
class Attempt:
    """One association that was tried: its outcome and what backs it.

    ``evidence`` and ``recorder`` are absent where the device could not start. ``session`` is the TLS session that
    the device has from it for the next one; whatever it had before is used up, if the association began.
    """

    outcome: Outcome
    evidence: ServerEvidence | None = None
    recorder: Recorder | None = None
    session: object | None = None


class Witness(Protocol):
    """Tells what the far end said about an association; a server whose journal cannot be read says nothing."""

    def mark(self) -> Mark:
        """Return the present end of its journal; taken before an association."""

    def evidence(self, mark: Mark, source: Endpoint | None) -> ServerEvidence:
        """Return what it said since ``mark`` about the association that sent from ``source``."""


@dataclass(frozen=True, slots=True)
class Link:
    """An access point and the way to its server; ``endpoint`` differs from the server's where nobody listens."""

    point: AccessPoint
    server: Witness
    endpoint: Endpoint
    path: Path | None = None


class SourceAddresses:
    """Local addresses for associations, one each, so that a server's log lines can be told apart.

    On Linux all of 127.0.0.0/8 is local. Elsewhere, and for IPv6, the system chooses.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def next(self, server: Endpoint) -> str:
        """Return the address to send from; empty: the system's choice."""
        if ":" in server.host or not sys.platform.startswith("linux"):
            return ""
        # 127.64.0.0/10: away from 127.0.0.1 and from 127.0.1.1, which Debian gives the host name.
        number = next(self._numbers) % (2**22 - 2) + 1
        return f"127.{64 + (number >> 16)}.{number >> 8 & 0xFF}.{number & 0xFF}"


def refused_start(cause: Cause, text: str) -> Attempt:
    """Return the attempt of a device that could not start."""
    return Attempt(not_attempted(cause, text))


@dataclass(frozen=True, slots=True)
class Begun:
    """An association that a driver can run, and the point in the server's journal where it begins."""

    association: Association
    link: Link
    mark: Mark
    recorder: Recorder | None


def associate(
    ready: Supplication | NotReady,
    link: Link,
    *,
    fragment_size: int,
    random: Callable[[int], bytes],
    source_host: str,
    known: Callable[[], Sequence[x509.Certificate]],
    record: bool,
    stopped: Callable[[], bool],
    patience: float = LONGEST,
) -> Attempt:
    """Run one association and join both ends' evidence to an outcome.

    ``known`` are the CA certificates of the case. Raises blocking.Stopped when the run is stopped,
    EnvironmentUnavailable when the network of this machine does not work, memory runs out, or the server cannot
    write its log.
    """
    begun = begin(ready, link, fragment_size=fragment_size, random=random, record=record, patience=patience)
    if isinstance(begun, Attempt):
        return begun
    # While the server works on a request, its journal is read up to there.
    observation = blocking.run(
        begun.association, source_host=source_host, stopped=stopped, meanwhile=link.server.mark
    )
    return finish(begun, observation, known)


def begin(
    ready: Supplication | NotReady,
    link: Link,
    *,
    fragment_size: int,
    random: Callable[[int], bytes],
    record: bool,
    patience: float = LONGEST,
) -> Attempt | Begun:
    """Return the association for a driver to run, or how it ended where the device cannot start."""
    if isinstance(ready, NotReady):
        return refused_start(ready.cause, ready.text)
    policy = _policy(ready)
    memory.require(memory.FOR_A_CASE)
    try:
        context = TlsContext(policy, key_log=record)
    except PolicyUnusable as error:
        return Attempt(not_attempted(error.cause, str(error), own_chain=error.own_chain, level=error.level))
    recorder = Recorder() if record else None
    kept = ready.session
    session = kept if isinstance(kept, TlsSession) and kept.may_be_offered(policy) else None
    station = Station(
        ready.ssid,
        ready.mac,
        ready.identity,
        context,
        fragment_size,
        patience=patience,
        session=session,
    )
    association = Association(station, link.point, link.endpoint, random, path=link.path, recorder=recorder)
    return Begun(association, link, link.server.mark(), recorder)


def finish(
    begun: Begun, observation: Observation | None, known: Callable[[], Sequence[x509.Certificate]]
) -> Attempt:
    """Join both ends' evidence to an outcome, once a driver has run the association; raises as associate."""
    association, recorder = begun.association, begun.recorder
    # Where there is little left now there may have been none meanwhile, and OpenSSL does not always say so.
    memory.require(memory.FOR_A_CASE)
    if observation is None:
        failure = association.join_failure
        assert failure is not None
        return Attempt(not_attempted(failure.cause, failure.text), recorder=recorder)
    evidence = begun.link.server.evidence(begun.mark, observation.source)
    require_complete(evidence, replies=observation.replies, final=observation.radius_result is not None)
    outcome = diagnose(observation, evidence, known())
    return Attempt(outcome, evidence, recorder, association.session(observation.reply_attributes))


def _policy(ready: Supplication) -> TlsPolicy:
    return TlsPolicy(
        credential=ready.credential,
        root_ca=ready.root_ca,
        time=ready.time,
        tls_min=ready.tls_min,
        tls_max=ready.tls_max,
        ciphers=ready.ciphers,
        server_name=ready.server_name,
        check_server_purpose=ready.check_server_purpose,
        any_ca_is_anchor=ready.any_ca_is_anchor,
        ignore_all_without_root=ready.ignore_server_errors_without_root,
    )
