from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.device.diagnostics import failure_of
from harness.device.failure_codes import CertError, NetworkError
from harness.device.links import Failure
from harness.device.profile import DEFAULT_PROFILE, EARLY_OS, DeviceProfile
from harness.observation import Observation, Stage, TlsObservation, VerifyFailure
from harness.outcome import Cause, Outcome, Verdict
from harness.trace import Endpoint

NOW = datetime(2000, 1, 1, 0, 5, tzinfo=UTC)


def observation(methods: tuple[int, ...] = (13,), failure: VerifyFailure | None = None) -> Observation:
    return Observation(
        stage=Stage.RESULT,
        ssid="CORP",
        identity="thermostat-7",
        source=None,
        server=Endpoint("127.0.0.1", 1812),
        started=0.0,
        ended=1.0,
        proposed_methods=methods,
        tls=TlsObservation(("1.2", "1.2"), verify_failure=failure) if methods else None,
    )


def code(
    verdict: Verdict, cause: Cause, profile: DeviceProfile = DEFAULT_PROFILE, seen: Observation | None = None
) -> tuple[int, int | None]:
    failure = failure_of(Outcome(verdict, cause, "x", observation=seen), profile, NOW)
    assert failure is not None
    return failure.error, failure.cert_error


@pytest.mark.parametrize(
    ("verdict", "cause", "expected"),
    [
        (Verdict.NOT_ATTEMPTED, Cause.CLIENT_CERTIFICATE_MISSING, (5, 100)),
        (Verdict.NOT_ATTEMPTED, Cause.CLIENT_KEY_TOO_WEAK_TO_SEND, (5, 102)),
        (Verdict.NOT_ATTEMPTED, Cause.CLIENT_CHAIN_TOO_WEAK_TO_SEND, (5, 102)),
        (Verdict.NOT_ATTEMPTED, Cause.TLS_SETTINGS_UNUSABLE, (5, None)),
        (Verdict.REJECTED, Cause.CLIENT_CERTIFICATE_WITHHELD, (5, 102)),
        (Verdict.REJECTED, Cause.TLS_NO_SIGNATURE_ALGORITHM, (5, None)),
        (Verdict.REFUSED, Cause.ROOT_CA_NOT_A_ROOT, (5, 101)),
        (Verdict.NOT_ATTEMPTED, Cause.ROOT_CA_MISSING, (5, 100)),
        (Verdict.NOT_ATTEMPTED, Cause.ACCESS_POINT_NOT_FOUND, (2, None)),
        (Verdict.NOT_ATTEMPTED, Cause.SECURITY_MISMATCH, (6, None)),
        (Verdict.NOT_ATTEMPTED, Cause.NETWORK_INCOMPLETE, (1, None)),
        (Verdict.REFUSED, Cause.SERVER_ISSUER_UNKNOWN, (5, 101)),
        (Verdict.REFUSED, Cause.SERVER_CHAIN_INCOMPLETE, (5, 1)),
        (Verdict.REFUSED, Cause.SERVER_CERTIFICATE_EXPIRED, (5, 4)),
        (Verdict.REFUSED, Cause.SERVER_CERTIFICATE_NOT_YET_VALID, (5, 3)),
        (Verdict.REFUSED, Cause.ROOT_CA_EXPIRED, (5, 101)),
        (Verdict.REFUSED, Cause.ROOT_CA_NOT_YET_VALID, (5, 101)),
        (Verdict.REFUSED, Cause.SERVER_KEY_TOO_WEAK, (5, 11)),
        (Verdict.REFUSED, Cause.SERVER_CERTIFICATE_UNACCEPTABLE, (5, 7)),
        (Verdict.REFUSED, Cause.SERVER_NAME_MISMATCH, (5, 10)),
        (Verdict.REFUSED, Cause.UNDETERMINED, (5, 0)),
        (Verdict.REJECTED, Cause.CLIENT_CERTIFICATE_EXPIRED, (5, 102)),
        (Verdict.REJECTED, Cause.CLIENT_ISSUER_UNKNOWN, (5, 102)),
        (Verdict.REJECTED, Cause.CLIENT_CERTIFICATE_REVOKED, (5, 102)),
        (Verdict.REJECTED, Cause.IDENTITY_MISMATCH, (5, 102)),
        (Verdict.REJECTED, Cause.POLICY_REJECTED, (5, 102)),
        (Verdict.REJECTED, Cause.CLIENT_CHAIN_INCOMPLETE, (5, 102)),
        (Verdict.REJECTED, Cause.ROOT_CA_EXPIRED, (5, 102)),
        (Verdict.REJECTED, Cause.ROOT_CA_NOT_YET_VALID, (5, 102)),
        (Verdict.REJECTED, Cause.TLS_VERSION_MISMATCH, (5, None)),
        (Verdict.REJECTED, Cause.NO_COMMON_EAP_METHOD, (5, None)),
        (Verdict.REJECTED, Cause.UNDETERMINED, (5, None)),
        (Verdict.UNANSWERED, Cause.SHARED_SECRET_WRONG, (1, None)),
        (Verdict.UNANSWERED, Cause.SERVER_UNREACHABLE, (1, None)),
        (Verdict.UNUSABLE, Cause.KEYS_MISSING, (1, None)),
        (Verdict.VIOLATED, Cause.ACCEPT_WITH_FAILURE, (1, None)),
    ],
)
def test_a_cause_has_its_code(verdict: Verdict, cause: Cause, expected: tuple[int, int | None]) -> None:
    assert code(verdict, cause, seen=observation()) == expected


@pytest.mark.parametrize(
    ("profile", "verdict", "cause", "expected"),
    [
        (DeviceProfile(wrong_root_as=CertError.UNTRUSTED), Verdict.REFUSED, Cause.SERVER_ISSUER_UNKNOWN, 1),
        (
            DeviceProfile(incomplete_chain_as=CertError.INVALID_ROOT_CA),
            Verdict.REFUSED,
            Cause.SERVER_CHAIN_INCOMPLETE,
            101,
        ),
        (DeviceProfile(root_expired_as=CertError.EXPIRED), Verdict.REFUSED, Cause.ROOT_CA_EXPIRED, 4),
        (
            DeviceProfile(root_not_yet_valid_as=CertError.NOT_YET_VALID),
            Verdict.REFUSED,
            Cause.ROOT_CA_NOT_YET_VALID,
            3,
        ),
        (
            DeviceProfile(weak_server_key_as=CertError.UNSPECIFIED),
            Verdict.REFUSED,
            Cause.SERVER_KEY_TOO_WEAK,
            0,
        ),
        (
            DeviceProfile(wrong_purpose_as=CertError.BAD_CERTIFICATE),
            Verdict.REFUSED,
            Cause.SERVER_CERTIFICATE_WRONG_PURPOSE,
            7,
        ),
        (
            DeviceProfile(crossed_client_as=CertError.INVALID_CLIENT_AUTH),
            Verdict.NOT_ATTEMPTED,
            Cause.CLIENT_CERTIFICATE_WRONG_TYPE,
            102,
        ),
        (
            DeviceProfile(crossed_root_as=CertError.INVALID_ROOT_CA),
            Verdict.NOT_ATTEMPTED,
            Cause.ROOT_CA_WRONG_TYPE,
            101,
        ),
    ],
)
@pytest.mark.catalogue("F03", "F13", "F15")
def test_a_doubtful_code_is_a_switch(
    profile: DeviceProfile, verdict: Verdict, cause: Cause, expected: int
) -> None:
    assert code(verdict, cause, profile) == (5, expected)
    assert code(verdict, cause) != (5, expected)


@pytest.mark.catalogue("F19")
def test_an_identity_that_is_refused_at_once() -> None:
    seen = observation(methods=())
    assert code(Verdict.REJECTED, Cause.POLICY_REJECTED, seen=seen) == (5, 103)
    assert code(Verdict.REJECTED, Cause.UNDETERMINED, seen=seen) == (5, 103)
    assert code(Verdict.REJECTED, Cause.POLICY_REJECTED, EARLY_OS, seen) == (1, None)
    assert code(Verdict.REJECTED, Cause.POLICY_REJECTED, EARLY_OS, observation()) == (5, 102)


def test_a_handshake_that_fails_without_a_certificates_fault_is_a_switch() -> None:
    profile = DeviceProfile(handshake_failure_as=NetworkError.CONNECTION_FAILED)
    for cause in (Cause.NO_COMMON_EAP_METHOD, Cause.TLS_VERSION_MISMATCH, Cause.TLS_NO_SHARED_CIPHER):
        assert code(Verdict.REJECTED, cause, profile, observation()) == (1, None)


@pytest.mark.catalogue("F11", "F12")
def test_depth_and_subject_are_those_of_the_certificate_that_the_device_refused() -> None:
    seen = observation(failure=VerifyFailure(10, "certificate has expired", 1, "CN=middle"))
    outcome = Outcome(Verdict.REFUSED, Cause.SERVER_CERTIFICATE_EXPIRED, "x", observation=seen)
    expected = Failure(NetworkError.AUTHENTICATION_FAILED, NOW, CertError.EXPIRED, 1, "CN=middle")
    assert failure_of(outcome, DEFAULT_PROFILE, NOW) == expected


def test_what_the_server_refused_has_no_depth() -> None:
    outcome = Outcome(Verdict.REJECTED, Cause.CLIENT_CERTIFICATE_EXPIRED, "x", observation=observation())
    expected = Failure(NetworkError.AUTHENTICATION_FAILED, NOW, CertError.INVALID_CLIENT_AUTH)
    assert failure_of(outcome, DEFAULT_PROFILE, NOW) == expected


@pytest.mark.parametrize(
    ("verdict", "cause"),
    [
        (Verdict.CONNECTED, Cause.MUTUAL_AUTHENTICATION),
        (Verdict.CONNECTED, Cause.SERVER_NOT_AUTHENTICATED),
        (Verdict.NOT_ATTEMPTED, Cause.NETWORK_UNKNOWN),
        (Verdict.NOT_ATTEMPTED, Cause.NETWORK_DISABLED),
    ],
)
def test_no_failure(verdict: Verdict, cause: Cause) -> None:
    assert failure_of(Outcome(verdict, cause, "x"), DEFAULT_PROFILE, NOW) is None


def test_every_cause_has_a_code() -> None:
    for cause in Cause:
        for verdict in Verdict:
            failure = failure_of(Outcome(verdict, cause, "x"), DEFAULT_PROFILE, NOW)
            assert failure is None or failure.cert_error is None or failure.error == 5
