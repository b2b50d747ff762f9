"""What is said, and what is said when nothing is proven."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.diagnosis.diagnose import RULES, diagnose
from harness.observation import (
    Alert,
    Observation,
)
from harness.outcome import Cause, Proof, Verdict
from harness.server.records import LogKind, ServerEvidence, VerdictRecord
from harness.trace import Actor, Endpoint
from tests.diagnosis.table import TABLE, Certificates, reject, saying, silence


def test_both_ends_are_quoted(connected: Observation, log: ServerEvidence) -> None:
    line = "(TLS) OpenSSL says error 26 : unsuitable certificate purpose"
    record = VerdictRecord(
        "Access-Reject", Endpoint("127.0.0.1", 40000), "@corp.example", failures=("(TLS) Alert write:fatal",)
    )

    outcome = diagnose(
        reject(connected), saying(replace(log, verdict=record), LogKind.VERIFY_ERROR, line, 26)
    )

    assert outcome.proof == (
        Proof(Actor.ACCESS_POINT, "received Access-Reject with EAP-Failure after 7 requests"),
        Proof(Actor.SERVER, f'log: "{line}"'),
        Proof(Actor.DEVICE, "sent the chain CN=thermostat-7 < CN=intermediate"),
        Proof(Actor.SERVER, 'recorded Access-Reject: "(TLS) Alert write:fatal"'),
    )
    assert outcome.explanation == (
        "The extended key usage of CN=thermostat-7 does not allow TLS client authentication."
    )
    assert outcome.remedy == (
        "Issue the client certificate with extended key usage clientAuth (1.3.6.1.5.5.7.3.2)."
    )


@pytest.mark.parametrize(
    "cause", [cause for cause, (verdict, _) in TABLE.items() if verdict is Verdict.REJECTED]
)
def test_a_reject_is_undetermined_without_the_servers_log(
    cause: Cause, connected: Observation, log: ServerEvidence, certificates: Certificates
) -> None:
    near, _, known = TABLE[cause][1](connected, log, certificates)

    outcome = diagnose(near, ServerEvidence(available=False, server="radius.corp.example"), known)

    assert outcome.cause is Cause.UNDETERMINED
    assert (
        "Missing: the server's log, the only place where the reason of a reject is named."
        in outcome.explanation
    )


def test_an_unanswered_association_is_undetermined_without_evidence(connected: Observation) -> None:
    outcome = diagnose(silence(connected), ServerEvidence(available=False, server="mine"))

    assert outcome.cause is Cause.UNDETERMINED
    assert outcome.explanation == (
        "The cause is not proven: At the access point, 1 request and 5 retransmissions sent, 0 authentic answers "
        "received, none of them final. The association came as far as identity. The server's log is not available. "
        "Missing: the server's log, which alone tells a wrong shared secret, an unknown client and a lost packet "
        "apart."
    )


def test_the_dates_of_a_certificate_are_told_and_prove_nothing(
    connected: Observation, certificates: Certificates
) -> None:
    near = reject(connected, sent_chain=(certificates["short-root"],))

    outcome = diagnose(near, ServerEvidence(available=False, server="mine"))

    assert outcome.cause is Cause.UNDETERMINED
    assert (
        "Compare with the server's clock: CN=short-root is valid from 2020-01-01 00:00:00 to 2021-01-01 00:00:00 UTC."
        in outcome.explanation
    )
    assert outcome.explanation.endswith("Likely, not proven: the client certificate is self-signed.")


@pytest.mark.parametrize(
    ("tls", "likely"),
    [
        ({"sent_chain": ()}, "the server demands a client certificate, and the device has none"),
        (
            {"protected_success": True},
            "a policy of the server, because the protected success had come before the reject",
        ),
        ({"version": "", "handshake_complete": False}, "no TLS version or cipher suite in common"),
        (
            {"alerts": (Alert(sent=False, level=2, description=45, name="certificate_expired"),)},
            "a client certificate or a CRL that has expired",
        ),
    ],
)
def test_what_is_likely_stands_in_the_sentence_alone(
    connected: Observation, tls: dict[str, object], likely: str
) -> None:
    outcome = diagnose(reject(connected, **tls), ServerEvidence(available=False, server="mine"))

    assert outcome.cause is Cause.UNDETERMINED
    assert f"Likely, not proven: {likely}." in outcome.explanation


def test_an_undetermined_reject_quotes_what_the_server_said(
    connected: Observation, log: ServerEvidence
) -> None:
    record = VerdictRecord(
        "Access-Reject", Endpoint("127.0.0.1", 1), "x", failures=("ocsp: Cert status: unknown",)
    )
    far = saying(replace(log, verdict=record), LogKind.LOGIN_INCORRECT, "Login incorrect (eap_tls)")

    outcome = diagnose(reject(connected), far)

    assert outcome.cause is Cause.UNDETERMINED
    assert (
        'The server said: "Login incorrect (eap_tls)"; "ocsp: Cert status: unknown".' in outcome.explanation
    )
    assert Proof(Actor.SERVER, 'log: "Login incorrect (eap_tls)"') in outcome.proof


def test_a_server_that_recorded_the_opposite_proves_nothing(
    connected: Observation, log: ServerEvidence
) -> None:
    record = VerdictRecord("Access-Accept", Endpoint("127.0.0.1", 40000), "x")
    far = saying(replace(log, verdict=record), LogKind.VERIFY_ERROR, "error 26", 26)

    outcome = diagnose(reject(connected), far)

    assert (outcome.verdict, outcome.cause) == (Verdict.REJECTED, Cause.UNDETERMINED)
    assert (
        "The two ends contradict each other: the server recorded Access-Accept, "
        "the access point received Access-Reject." in outcome.explanation
    )


def test_what_the_device_saw_decides_a_connection_against_the_log(
    connected: Observation, log: ServerEvidence
) -> None:
    outcome = diagnose(connected, saying(log, LogKind.VERIFY_ERROR, "error 26", 26))

    assert outcome.cause is Cause.MUTUAL_AUTHENTICATION
    assert [finding.id for finding in outcome.findings] == ["ends-disagree"]


# What holds for any evidence.


def test_every_rule_says_in_its_docstring_when_it_applies() -> None:
    undocumented = [
        rule.__name__
        for rules in RULES.values()
        for rule in rules
        if not (rule.__doc__ or "").startswith("Apply ")
    ]

    assert undocumented == []
