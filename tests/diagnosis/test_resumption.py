"""What is said of resumed sessions: by the near end's view, the server's log, and what is known of the server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from harness.diagnosis.diagnose import diagnose
from harness.observation import Observation, RadiusResult, ReplyAttribute, TlsObservation
from harness.outcome import Cause, Outcome, Severity, Verdict
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.server.records import LogEvent, LogKind, ServerEvidence

NOW = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)
RECHECK = "resumed-without-recheck"
LACKS = LogEvent(
    LogKind.CERTIFICATE_NOT_KNOWN,
    "ERROR: Failed retrieving values required to evaluate condition",
    "&TLS-Client-Cert-Common-Name == &User-Name",
)
REFUSED = LogEvent(LogKind.POLICY_REJECTED, "eap_tls: Certificate rejected by the virtual server")


def tls_of(near: Observation) -> TlsObservation:
    assert near.tls is not None
    return near.tls


@pytest.fixture(scope="module")
def mint() -> Mint:
    return Mint(KeyPool(), NOW)


@pytest.fixture(scope="module")
def pki(mint: Mint) -> dict[str, x509.Certificate]:
    names = {spec.name: mint.issue(spec.name, _SPECS).certificate for spec in _SPECS.values()}
    return dict(names)


_SPECS = {
    "root": CertificateSpec("root", Profile.ROOT_CA),
    "other": CertificateSpec("other", Profile.ROOT_CA),
    "device": CertificateSpec("device", Profile.CLIENT, "root", cn="thermostat-7"),
}


@pytest.fixture
def resumed(connected: Observation, pki: Mapping[str, x509.Certificate]) -> Observation:
    tls = replace(
        tls_of(connected),
        session_offered=True,
        resumed=True,
        peer_chain=(),
        sent_chain=(),
        session_chain=(pki["device"],),
        version="1.3",
    )
    return replace(connected, tls=tls, identity="thermostat-7")


def ids(outcome: Outcome) -> set[str]:
    return {finding.id for finding in outcome.findings}


def told(outcome: Outcome, kind: str = RECHECK) -> list[str]:
    return [finding.text for finding in outcome.findings if finding.id == kind]


def test_a_session_that_the_server_would_still_take_is_nothing_to_tell(
    resumed: Observation, no_log: ServerEvidence, pki: Mapping[str, x509.Certificate], mint: Mint
) -> None:
    crl = mint.crl("root", _SPECS)
    far = replace(no_log, trusted=(pki["root"],), crls=(crl,), required_cn="thermostat-7", clock=NOW)
    outcome = diagnose(resumed, far)
    assert (outcome.verdict, outcome.cause) == (Verdict.CONNECTED, Cause.MUTUAL_AUTHENTICATION)
    assert RECHECK not in ids(outcome)
    assert RECHECK not in ids(diagnose(resumed, no_log))
    assert RECHECK not in ids(diagnose(resumed, replace(far, required_cn="")))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"trusted": "other"}, "none of the CAs that it trusts issued that certificate"),
        ({"required_cn": "thermostat-8"}, 'its check_cert_cn wants the common name "thermostat-8"'),
        ({"clock": "late"}, "that certificate has expired on 2030-08-15 11:00 UTC"),
        ({"crls": "revoked"}, "its own CRL revokes that certificate"),
    ],
)
def test_what_has_changed_meanwhile_and_was_not_looked_at(
    resumed: Observation,
    no_log: ServerEvidence,
    pki: Mapping[str, x509.Certificate],
    mint: Mint,
    changes: dict[str, Any],
    reason: str,
) -> None:
    values: dict[str, Any] = {
        "other": (pki["other"],),
        "late": NOW + timedelta(days=4000),
        "revoked": (mint.crl("root", _SPECS, revoked=("device",)),),
    }
    far = replace(no_log, **{name: values.get(value, value) for name, value in changes.items()})
    outcome = diagnose(resumed, far)
    assert outcome.verdict is Verdict.CONNECTED
    assert told(outcome) == [
        f"The server resumed a session of CN=thermostat-7 and accepted the device, although {reason}."
    ]
    [found] = [finding for finding in outcome.findings if finding.id == RECHECK]
    assert (found.severity, found.requirement) == (Severity.SECURITY, "RFC 9190 5.7")
    # Neither in a full handshake, which the server has judged, nor after a reject is there anything to tell.
    full = replace(resumed, tls=replace(tls_of(resumed), resumed=False, session_chain=()))
    assert RECHECK not in ids(diagnose(full, far))
    assert RECHECK not in ids(diagnose(replace(resumed, radius_result=RadiusResult.REJECT), far))


@pytest.mark.catalogue("check-H09")
@pytest.mark.parametrize(
    ("version", "lifetime", "found"),
    [("1.3", 604800, False), ("1.3", 604801, True), ("1.3", 0, False), ("1.2", 9_000_000, False)],
)
def test_a_ticket_that_lasts_too_long(
    connected: Observation, no_log: ServerEvidence, version: str, lifetime: int, *, found: bool
) -> None:
    near = replace(connected, tls=replace(tls_of(connected), version=version, ticket_lifetime=lifetime))
    texts = told(diagnose(near, no_log), "session-lifetime-too-long")
    wanted = "The session ticket says that it lasts 604801 s; 604800 s are allowed."
    assert texts == ([wanted] if found else [])


def test_what_the_resumed_session_is_not_granted(resumed: Observation, no_log: ServerEvidence) -> None:
    vlan, other = ReplyAttribute("Tunnel-Private-Group-Id", "42"), ReplyAttribute("User-Name", "x")
    near = replace(resumed, session_reply=(vlan, other), reply_attributes=())
    assert told(diagnose(near, no_log), "lost-on-resumption") == [
        "The full handshake of this session was granted Tunnel-Private-Group-Id = 42; the resumed one was not."
    ]
    new = ReplyAttribute("Tunnel-Private-Group-Id", "43")
    assert not told(diagnose(replace(near, reply_attributes=(new,)), no_log), "lost-on-resumption")


def test_the_identity_in_clear_names_the_certificate_of_the_session(
    resumed: Observation, no_log: ServerEvidence
) -> None:
    near = replace(resumed, tls=replace(tls_of(resumed), offered=("1.2", "1.3")))
    assert "identity-in-clear" in ids(diagnose(near, no_log))
    assert "identity-in-clear" not in ids(diagnose(replace(near, identity="anonymous"), no_log))


def rejected(near: Observation) -> Observation:
    return replace(
        near, radius_result=RadiusResult.REJECT, eap_result=None, keys=type(near.keys).NOT_COMPARED
    )


def test_a_policy_that_lacks_the_certificate_of_a_resumed_session(
    resumed: Observation, no_log: ServerEvidence
) -> None:
    outcome = diagnose(rejected(resumed), replace(no_log, available=True, events=(LACKS, REFUSED)))
    assert outcome.cause is Cause.POLICY_LACKS_CERTIFICATE
    assert outcome.explanation == (
        "The server's policy asks for &TLS-Client-Cert-Common-Name == &User-Name, and the server had nothing of the "
        "certificate of the session that the device resumed: it refused a certificate that it did not look at."
    )
    assert outcome.remedy == (
        "Let the policy ask for nothing of the certificate, or switch the session cache off; the device's next "
        "association is a full handshake in any case."
    )
    assert "resumed a session, so it sent no certificate" in {proof.text for proof in outcome.proof}
    assert outcome.certificate is None


def test_the_same_without_a_session(connected: Observation, no_log: ServerEvidence) -> None:
    outcome = diagnose(rejected(connected), replace(no_log, available=True, events=(LACKS, REFUSED)))
    assert outcome.cause is Cause.POLICY_LACKS_CERTIFICATE
    assert "in this conversation" in outcome.explanation
    assert "resumed a session" not in " ".join(proof.text for proof in outcome.proof)


@pytest.mark.parametrize("events", [(REFUSED,), (LACKS,)])
def test_either_line_alone_does_not_prove_it(
    resumed: Observation, no_log: ServerEvidence, events: tuple[LogEvent, ...]
) -> None:
    outcome = diagnose(rejected(resumed), replace(no_log, available=True, events=events))
    assert outcome.cause is (Cause.POLICY_REJECTED if REFUSED in events else Cause.UNDETERMINED)
