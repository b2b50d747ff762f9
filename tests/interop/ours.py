"""Runs the harness's own client, so that its result can be held against eapol_test's."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.diagnosis.diagnose import diagnose
from harness.diagnosis.not_attempted import not_attempted
from harness.drivers import blocking
from harness.observation import Observation
from harness.outcome import Outcome
from harness.protocol.association import Association
from harness.protocol.authenticator import AccessPoint
from harness.protocol.radius_client import RetryPolicy
from harness.protocol.station import Station
from harness.protocol.tls import PolicyUnusable, TlsContext
from harness.protocol.tls_policy import TlsPolicy
from harness.server.backend import Server
from harness.trace import Endpoint
from tests.interop.case import Case, Material

_IMPATIENT = RetryPolicy(initial=0.3, maximum=0.3, count=2)
_DEVICE = bytes.fromhex("020000000001")
_ACCESS_POINT = bytes.fromhex("020000000002")


@dataclass(frozen=True, slots=True)
class Ours:
    """What the harness made of a case; ``msk`` is the device's, empty when there is none."""

    outcome: Outcome
    msk: bytes = b""

    @property
    def seen(self) -> Observation | None:
        """What the near end saw."""
        return self.outcome.observation

    def in_words(self) -> str:
        """Return verdict and cause for the table."""
        return f"{self.outcome.verdict}, {self.outcome.cause}"


def associate(
    case: Case,
    material: Material,
    server: Server,
    send_to: Endpoint,
    seen_from: Endpoint | None,
    secret: bytes,
) -> Ours:
    """Run one association; ``seen_from`` is where the server sees it come from, behind a relay."""
    try:
        context = TlsContext(_policy(case, material))
    except PolicyUnusable as error:
        return Ours(not_attempted(error.cause, str(error), own_chain=error.own_chain, level=error.level))
    station = Station("CORP", _DEVICE, case.identity, context, case.fragment_size)
    # As eapol_test does: it takes a reject without Message-Authenticator where no EAP-Message is in it.
    point = AccessPoint(
        "CORP",
        _ACCESS_POINT,
        secret,
        akm=case.akm,
        retry=_IMPATIENT,
        require_message_authenticator=False,
    )
    association = Association(station, point, send_to, os.urandom)
    mark = server.mark()
    observation = blocking.run(association)
    assert observation is not None, association.join_failure
    evidence = server.evidence(mark, seen_from or observation.source)
    keys = association._supplicant.keys
    return Ours(diagnose(observation, evidence, material.authorities()), keys.msk if keys else b"")


def _policy(case: Case, material: Material) -> TlsPolicy:
    return TlsPolicy(
        credential=material.credential(case.device),
        root_ca=material.certificate(case.root) if case.root else None,
        time=datetime.now(UTC),
        tls_min=case.tls[0],
        tls_max=case.tls[1],
        ciphers=case.ciphers,
        server_name=case.server_name,
        # As in OpenSSL, which eapol_test uses.
        any_ca_is_anchor=False,
    )
