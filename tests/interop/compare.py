"""Runs both clients against one server and tells where they do not agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

from benchmarks.eapol_test import EapolTest, Target
from harness.observation import Keys, Observation, RadiusResult
from harness.outcome import Verdict
from harness.server.backend import Server
from harness.server.records import ServerEvidence, VerdictRecord
from harness.trace import Endpoint
from tests.interop.case import Case, Material
from tests.interop.judge import Ending, Judgement, judge
from tests.interop.ours import Ours, associate
from tests.interop.relay import MppeKeys, relay

CLOSED_PORT = Endpoint("127.0.0.1", 1)
_WRONG_SECRET = b"not-the-servers-secret"
_ENDINGS = {
    Verdict.CONNECTED: Ending.ACCEPTED,
    Verdict.REJECTED: Ending.REJECTED,
    Verdict.REFUSED: Ending.REFUSED,
    Verdict.UNANSWERED: Ending.TIMEOUT,
    Verdict.UNUSABLE: Ending.NO_KEYS,
    Verdict.NOT_ATTEMPTED: Ending.NOT_STARTED,
}
_STATE = re.compile(r"\b0x[0-9a-f]{16}\b")
"""Every session has a State of its own, and FreeRADIUS tells it in one of its failures."""
_KEY_MGMT = {1: "WPA-EAP", 5: "WPA-EAP-SHA256", 12: "WPA-EAP-SUITE-B-192"}


@dataclass(frozen=True, slots=True)
class Session:
    """What was seen of one client's session from outside: on the relay, and by the server."""

    mppe: MppeKeys | None
    evidence: ServerEvidence

    @property
    def record(self) -> VerdictRecord | None:
        """The server's own account."""
        return self.evidence.verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both results of a case and every point on which they differ."""

    case: Case
    ours: Ours
    judgement: Judgement
    disagreements: tuple[str, ...]


def compare(case: Case, material: Material, server: Server) -> Comparison:
    """Run both clients of a case, one after the other."""
    secret = server.secret if case.right_secret else _WRONG_SECRET
    ours, our_session = _run_ours(case, material, server, secret)
    judgement, its_session = _run_judge(case, material, server, secret)
    found = [
        *_against_table(case, ours),
        *_endings(case, ours, judgement),
        *_its_keys(judgement, its_session),
        *_our_keys(ours, our_session),
    ]
    if not case.known_difference:
        found += [*_refusals(ours, judgement), *_records(our_session.record, its_session.record)]
    return Comparison(case, ours, judgement, tuple(found))


def _run_ours(case: Case, material: Material, server: Server, secret: bytes) -> tuple[Ours, Session]:
    with ExitStack() as stack:
        mark = server.mark()
        if not case.listening:
            ours = associate(case, material, server, CLOSED_PORT, None, secret)
            return ours, Session(None, server.evidence(mark, None))
        between = stack.enter_context(relay(server.endpoint, "127.88.0.1"))
        ours = associate(case, material, server, between.listens, between.sends_from, secret)
        return ours, Session(between.mppe_keys(secret), server.evidence(mark, between.sends_from))


def _run_judge(case: Case, material: Material, server: Server, secret: bytes) -> tuple[Judgement, Session]:
    client = EapolTest(
        identity=case.identity,
        credential=material.credential(case.device),
        root_ca=material.certificate(case.root) if case.root else None,
        tls=case.tls,
        server_name=case.server_name,
        ciphers=case.ciphers,
        fragment_size=case.fragment_size,
        key_mgmt=_KEY_MGMT[case.akm],
    )
    if case.device == "weak-key-device":
        # The client has to offer its weak key, or the server cannot refuse it.
        client = replace(client, ciphers="DEFAULT@SECLEVEL=0")
    with ExitStack() as stack:
        mark = server.mark()
        if not case.listening:
            return judge(client, Target(CLOSED_PORT, secret)), Session(None, server.evidence(mark, None))
        between = stack.enter_context(relay(server.endpoint, "127.88.0.2"))
        judgement = judge(client, Target(between.listens, secret))
        return judgement, Session(between.mppe_keys(secret), server.evidence(mark, between.sends_from))


def _against_table(case: Case, ours: Ours) -> Iterator[str]:
    outcome = ours.outcome
    if (outcome.verdict, outcome.cause) != (case.verdict, case.cause):
        yield f"ours is {outcome.verdict}, {outcome.cause}; the table says {case.verdict}, {case.cause}"


def _endings(case: Case, ours: Ours, judgement: Judgement) -> Iterator[str]:
    same = judgement.ending is _ENDINGS.get(ours.outcome.verdict)
    if same and case.known_difference:
        yield f"both are {ours.outcome.verdict}, which they never were: {case.known_difference}"
    elif not same and not case.known_difference:
        yield f"ours is {ours.outcome.verdict}, eapol_test's is {judgement.ending}"


def _refusals(ours: Ours, judgement: Judgement) -> Iterator[str]:
    """Compare why each client itself gave up, and what alerts went over the wire."""
    tls = ours.seen.tls if ours.seen else None
    if tls is None:
        return
    failure = tls.verify_failure
    mine = (failure.number, failure.depth) if failure and failure.number else None
    if mine != judgement.verify_error:
        yield f"verification failed with {mine} here and with {judgement.verify_error} there (number, depth)"
    sent = tuple(alert.name for alert in tls.alerts if alert.sent and alert.level == 2)
    received = tuple(alert.name for alert in tls.alerts if not alert.sent)
    # For a wrong name each has an alert of its own: RFC 8446 6.2 has none that fits.
    if mine and sent != judgement.alerts_sent:
        yield f"alerts sent: {sent} here, {judgement.alerts_sent} there"
    if received != judgement.alerts_received:
        yield f"alerts received: {received} here, {judgement.alerts_received} there"


def _records(ours: VerdictRecord | None, its: VerdictRecord | None) -> Iterator[str]:
    """Compare what the server wrote about both sessions, all but where they came from."""
    if ours is None or its is None:
        if ours is not its:
            yield f"the server has a record of {'eapol_test' if its else 'ours'} alone"
        return
    for field in ("reply", "user", "client_cn", "client_serial", "tls_version", "cipher", "failures"):
        mine, other = (_STATE.sub("<state>", str(getattr(record, field))) for record in (ours, its))
        if mine != other:
            yield f"the server's {field}: {mine!r} for ours, {other!r} for eapol_test"


def _its_keys(judgement: Judgement, session: Session) -> Iterator[str]:
    """Judge our decryption of MS-MPPE keys by eapol_test's own, and by the MSK it derived."""
    if judgement.ending is not Ending.ACCEPTED:
        return
    assert session.record is not None
    mppe = session.mppe
    if mppe is None:
        yield "no MS-MPPE keys on the wire although eapol_test found them"
    elif (mppe.recv, mppe.send) != (judgement.mppe_recv, judgement.mppe_send):
        yield "MS-MPPE keys decrypted from its capture are not those that eapol_test decrypted"
    elif mppe.recv + mppe.send != judgement.msk:
        yield "MS-MPPE keys decrypted from its capture are not the MSK that eapol_test derived"
    if not judgement.session_id_confirmed or judgement.session_id != session.record.session_id:
        yield "eapol_test's EAP Session-Id is not the server's"


def _our_keys(ours: Ours, session: Session) -> Iterator[str]:
    """Hold our MSK and Session-Id against what was on the wire, and what the server says."""
    seen = ours.seen
    if seen is None or ours.outcome.verdict is not Verdict.CONNECTED:
        return
    assert session.record is not None
    mppe = session.mppe
    if mppe is None or len(ours.msk) != 64 or mppe.recv + mppe.send != ours.msk:
        yield "MS-MPPE keys decrypted from our capture are not our MSK"
    if seen.keys is not Keys.AGREE or seen.radius_result is not RadiusResult.ACCEPT:
        yield f"ours says of the keys: {seen.keys}"
    yield from _our_session_id(seen, session.record)


def _our_session_id(seen: Observation, record: VerdictRecord) -> Iterator[str]:
    if not (seen.session_id == seen.server_session_id == record.session_id):
        yield "our EAP Session-Id is not the server's"
    if seen.tls is None or seen.tls.version != record.tls_version:
        yield f"the server says TLS {record.tls_version}, ours {seen.tls and seen.tls.version}"
