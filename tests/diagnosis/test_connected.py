from __future__ import annotations

from dataclasses import replace

from harness.diagnosis.diagnose import diagnose
from harness.observation import Observation
from harness.outcome import Cause, Proof
from harness.server.records import ServerEvidence
from harness.trace import Actor


def test_mutual_authentication_needs_no_log(connected: Observation, no_log: ServerEvidence) -> None:
    outcome = diagnose(connected, no_log)

    assert outcome.mutual_authentication
    assert outcome.findings == ()
    assert outcome.explanation == (
        "The device verified the server against CN=root, the server accepted the device, and the link is up."
    )
    assert outcome.proof[1:] == (
        Proof(Actor.DEVICE, "verified the server against CN=root"),
        Proof(Actor.DEVICE, "MSK and MS-MPPE keys agree, the 4-way handshake is complete"),
    )


def test_a_resumed_session_was_verified_at_its_beginning(
    connected: Observation, no_log: ServerEvidence
) -> None:
    assert connected.tls is not None
    shown = connected.tls.sent_chain
    resumed = replace(connected.tls, resumed=True, peer_chain=(), sent_chain=(), session_chain=shown)
    near = replace(connected, tls=resumed)

    outcome = diagnose(near, no_log)

    assert outcome.cause is Cause.MUTUAL_AUTHENTICATION
    assert outcome.proof[1].text == "verified the server against CN=root in the session that it resumed"
    assert outcome.findings == ()
