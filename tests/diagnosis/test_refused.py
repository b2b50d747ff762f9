from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509

from harness.diagnosis.diagnose import diagnose
from harness.observation import Alert, Observation, RadiusResult, VerifyFailure
from harness.outcome import Cause, Proof, Verdict
from harness.pki.keys import KeyPool, KeyType
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.server.records import LogEvent, LogKind, ServerEvidence
from harness.trace import Actor

Certificates = Mapping[str, x509.Certificate]


def failing(near: Observation, number: int, depth: int = 0, subject: str = "", **tls: object) -> Observation:
    assert near.tls is not None
    failure = VerifyFailure(number, "words", depth, subject)
    return replace(near, tls=replace(near.tls, verify_failure=failure, **tls))  # type: ignore[arg-type]


def alerting(near: Observation, description: int, error: str = "", level: int = 2) -> Observation:
    assert near.tls is not None
    alert = Alert(sent=True, level=level, description=description, name="name")
    return replace(near, tls=replace(near.tls, alerts=(alert,), error=error))


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (0, Cause.SERVER_NAME_MISMATCH),
        (9, Cause.SERVER_CERTIFICATE_NOT_YET_VALID),
        (10, Cause.SERVER_CERTIFICATE_EXPIRED),
        (18, Cause.SERVER_CERTIFICATE_SELF_SIGNED),
        (19, Cause.SERVER_ISSUER_UNKNOWN),
        (20, Cause.SERVER_ISSUER_UNKNOWN),
        (23, Cause.SERVER_CERTIFICATE_UNACCEPTABLE),
        (26, Cause.SERVER_CERTIFICATE_WRONG_PURPOSE),
        (62, Cause.SERVER_NAME_MISMATCH),
        (66, Cause.SERVER_KEY_TOO_WEAK),
        (67, Cause.SERVER_KEY_TOO_WEAK),
        (79, Cause.SERVER_CERTIFICATE_UNACCEPTABLE),
        (17, Cause.UNDETERMINED),
    ],
)
def test_openssl_numbers(number: int, cause: Cause, rejected: Observation, no_log: ServerEvidence) -> None:
    outcome = diagnose(failing(rejected, number, subject="CN=radius.corp.example"), no_log)

    assert (outcome.verdict, outcome.cause) == (Verdict.REFUSED, cause)


def test_the_device_is_quoted_and_the_server_that_heard_it(
    rejected: Observation, log: ServerEvidence
) -> None:
    near = alerting(failing(rejected, 10, 0, "CN=radius.corp.example"), 45)
    heard = replace(log, events=(LogEvent(LogKind.ALERT_RECEIVED, "Alert read:fatal:certificate expired"),))

    outcome = diagnose(near, heard)

    assert outcome.proof == (
        Proof(Actor.DEVICE, "sent the fatal TLS alert name (45)"),
        Proof(
            Actor.DEVICE,
            "verification failed for CN=radius.corp.example at depth 0: OpenSSL error 10, words",
        ),
        Proof(Actor.SERVER, 'log: "Alert read:fatal:certificate expired"'),
    )
    assert (
        outcome.explanation
        == "The server's certificate CN=radius.corp.example has expired by the device's clock."
    )


@pytest.mark.parametrize(
    ("depth", "cause"),
    [
        (0, Cause.SERVER_CERTIFICATE_EXPIRED),
        (1, Cause.ISSUING_CA_EXPIRED),
        (2, Cause.ROOT_CA_EXPIRED),
    ],
)
def test_the_depth_tells_root_from_chain(
    depth: int, cause: Cause, rejected: Observation, no_log: ServerEvidence
) -> None:
    assert diagnose(failing(rejected, 10, depth), no_log).cause is cause


@pytest.mark.parametrize(
    ("subject", "cause"), [("CN=root", Cause.ROOT_CA_EXPIRED), ("CN=x", Cause.ISSUING_CA_EXPIRED)]
)
def test_the_name_tells_the_root_when_the_chain_was_not_kept(
    subject: str, cause: Cause, rejected: Observation, no_log: ServerEvidence
) -> None:
    assert diagnose(failing(rejected, 10, 1, subject, peer_chain=()), no_log).cause is cause


def test_a_missing_intermediate_is_named(
    rejected: Observation, no_log: ServerEvidence, certificates: Certificates
) -> None:
    near = failing(rejected, 20, peer_chain=(certificates["server"],))

    outcome = diagnose(near, no_log, [certificates["intermediate"]])

    assert outcome.cause is Cause.SERVER_CHAIN_INCOMPLETE
    assert outcome.explanation == (
        "The server did not send the intermediate CN=intermediate, without which the device finds no path from "
        "CN=radius.corp.example to its root CA CN=root."
    )


def test_with_the_wrong_root_no_intermediate_is_missing(
    rejected: Observation, no_log: ServerEvidence, certificates: Certificates
) -> None:
    near = failing(
        rejected, 20, peer_chain=(certificates["server"],), trust_anchor=certificates["other-root"]
    )

    assert diagnose(near, no_log, [certificates["intermediate"]]).cause is Cause.SERVER_ISSUER_UNKNOWN


def test_a_name_mismatch_tells_the_name_that_was_expected(
    rejected: Observation, no_log: ServerEvidence
) -> None:
    outcome = diagnose(failing(rejected, 0, subject="CN=other"), no_log)

    assert outcome.explanation == (
        'The device expects a server named "radius.corp.example", and CN=other does not carry that name: words.'
    )
    assert outcome.proof == (
        Proof(Actor.DEVICE, "verification failed for CN=other at depth 0: name check, words"),
    )


@pytest.mark.parametrize(
    ("description", "error", "cause"),
    [
        (70, "unsupported protocol", Cause.TLS_VERSION_MISMATCH),
        (40, "dh key too small", Cause.SERVER_KEY_TOO_WEAK),
        (40, "no shared cipher", Cause.TLS_NO_SHARED_CIPHER),
        (47, "", Cause.TLS_PROTOCOL),
        (51, "bad signature", Cause.TLS_PROTOCOL),
        (48, "", Cause.UNDETERMINED),
    ],
)
def test_an_alert_of_its_own_is_the_devices_refusal(
    description: int, error: str, cause: Cause, rejected: Observation, no_log: ServerEvidence
) -> None:
    outcome = diagnose(alerting(rejected, description, error), no_log)

    assert (outcome.verdict, outcome.cause) == (Verdict.REFUSED, cause)
    assert outcome.proof[0] == Proof(Actor.DEVICE, f"sent the fatal TLS alert name ({description})")


@pytest.mark.parametrize(("description", "level"), [(0, 2), (90, 2), (46, 1)])
def test_a_warning_is_no_refusal(
    description: int, level: int, rejected: Observation, no_log: ServerEvidence
) -> None:
    assert diagnose(alerting(rejected, description, level=level), no_log).verdict is Verdict.REJECTED


def test_a_server_that_accepts_a_device_that_refused_it_changes_nothing(
    connected: Observation, no_log: ServerEvidence
) -> None:
    near = replace(failing(connected, 18), radius_result=RadiusResult.ACCEPT)

    outcome = diagnose(near, no_log)

    assert (outcome.verdict, outcome.cause) == (Verdict.REFUSED, Cause.SERVER_CERTIFICATE_SELF_SIGNED)
    assert "accepted-after-refusal" in [finding.id for finding in outcome.findings]


@pytest.mark.parametrize(
    ("anchor", "peer", "held"),
    [
        ("root", ("short-server", "short-intermediate"), "in the server's certificate_file"),
        (
            "short-intermediate",
            ("short-server", "short-intermediate"),
            "under the device's root CA ID and in the server's certificate_file",
        ),
        ("short-intermediate", ("short-server",), "under the device's root CA ID"),
    ],
)
def test_where_an_expired_issuing_ca_is_held(
    anchor: str,
    peer: tuple[str, ...],
    held: str,
    rejected: Observation,
    no_log: ServerEvidence,
    certificates: Mapping[str, x509.Certificate],
) -> None:
    assert rejected.tls is not None
    expired = certificates["short-intermediate"]
    failure = VerifyFailure(10, "words", 1, "CN=short-intermediate", expired)
    tls = replace(
        rejected.tls,
        verify_failure=failure,
        trust_anchor=certificates[anchor],
        peer_chain=tuple(certificates[name] for name in peer),
    )

    outcome = diagnose(replace(rejected, tls=tls), no_log)

    assert outcome.cause is Cause.ISSUING_CA_EXPIRED
    assert f"replace the old one {held};" in outcome.remedy


@pytest.mark.parametrize(
    ("number", "depth", "name", "cure"),
    [
        (66, 0, "weak", "issue CN=weak with RSA of 7680 bits or P-384"),
        (
            67,
            1,
            "weak",
            (
                "replace the CA CN=weak by one with RSA of 7680 bits or P-384; a new server certificate from it does "
                "not help"
            ),
        ),
        (68, 0, "weak", "issue CN=weak with a signature with SHA-384"),
    ],
)
def test_the_device_names_its_level_and_whose_certificate_falls_short(
    number: int, depth: int, name: str, cure: str, rejected: Observation, no_log: ServerEvidence
) -> None:
    assert rejected.tls is not None
    mint = Mint(KeyPool(), datetime.now(UTC))
    spec = CertificateSpec(name, Profile.ROOT_CA, key=KeyType.EC_P256)
    failure = VerifyFailure(number, "words", depth, f"CN={name}", mint.issue(name, {name: spec}).certificate)

    outcome = diagnose(
        replace(rejected, tls=replace(rejected.tls, verify_failure=failure, security_level=4)), no_log
    )

    assert outcome.cause is Cause.SERVER_KEY_TOO_WEAK
    assert "below the device's security level 4" in outcome.explanation
    assert outcome.remedy == f"To satisfy the device's security level 4, {cure}."


def test_a_group_that_is_too_small_is_cured_by_no_certificate(
    rejected: Observation, no_log: ServerEvidence
) -> None:
    outcome = diagnose(alerting(rejected, 40, "dh key too small"), no_log)

    assert outcome.remedy == (
        "To satisfy the device's security level 2, let the server offer a Diffie-Hellman group of 2048 bits or more, "
        "or cipher suites with ECDHE alone."
    )


@pytest.mark.parametrize("error", ["ca key too small", "ee key too small", "ca md too weak"])
def test_what_openssl_says_of_the_own_chain_is_never_said_of_the_server(
    error: str, rejected: Observation, no_log: ServerEvidence
) -> None:
    outcome = diagnose(alerting(rejected, 80, error), no_log)

    assert outcome.verdict is Verdict.NOT_ATTEMPTED
    assert outcome.cause is not Cause.SERVER_KEY_TOO_WEAK
