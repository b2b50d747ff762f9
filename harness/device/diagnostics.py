"""Turns what an association came to into what the device would say about it.

The maker does not publish where one code ends and the next begins; the table is the model of the behaviour
reference, section 3.4, with a switch wherever sources are silent. Codes that no setting can bring about
(revoked, subject and alternative subject mismatch) exist in :class:`CertError` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from harness.device.failure_codes import CertError, NetworkError
from harness.device.links import Failure
from harness.device.profile import DeviceProfile
from harness.outcome import Cause, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class _Code:
    error: NetworkError
    cert_error: CertError | None = None


def _certificate(cert_error: CertError) -> _Code:
    return _Code(NetworkError.AUTHENTICATION_FAILED, cert_error)


_NO_FAILURE = frozenset({Cause.NETWORK_UNKNOWN, Cause.NETWORK_DISABLED})
_CA_FAULTS = frozenset(
    {
        Cause.ROOT_CA_EXPIRED,
        Cause.ROOT_CA_NOT_YET_VALID,
        Cause.ISSUING_CA_EXPIRED,
        Cause.ISSUING_CA_NOT_YET_VALID,
        Cause.ISSUING_CA_REVOKED,
    }
)
_BY_VERDICT = {
    Verdict.REFUSED: _certificate(CertError.UNSPECIFIED),
    Verdict.UNANSWERED: _Code(NetworkError.CONNECTION_FAILED),
    Verdict.UNUSABLE: _Code(NetworkError.CONNECTION_FAILED),
    Verdict.VIOLATED: _Code(NetworkError.CONNECTION_FAILED),
    Verdict.NOT_ATTEMPTED: _Code(NetworkError.CONNECTION_FAILED),
}
_CLIENT_FAULTS = (
    Cause.CLIENT_CERTIFICATE_EXPIRED,
    Cause.CLIENT_CERTIFICATE_NOT_YET_VALID,
    Cause.CLIENT_ISSUER_UNKNOWN,
    Cause.CLIENT_CERTIFICATE_SELF_SIGNED,
    Cause.CLIENT_CHAIN_INCOMPLETE,
    Cause.CLIENT_CERTIFICATE_WRONG_PURPOSE,
    Cause.CLIENT_CERTIFICATE_REVOKED,
    Cause.CLIENT_CERTIFICATE_UNACCEPTABLE,
    Cause.CLIENT_KEY_TOO_WEAK,
    Cause.CLIENT_CERTIFICATE_NOT_SENT,
    Cause.CLIENT_CERTIFICATE_WITHHELD,
    Cause.CLIENT_KEY_TOO_WEAK_TO_SEND,
    Cause.CLIENT_CHAIN_TOO_WEAK_TO_SEND,
    Cause.CLIENT_KEY_MISMATCH,
    Cause.CRL_MISSING,
    Cause.CRL_EXPIRED,
    Cause.CRL_NOT_YET_VALID,
    Cause.IDENTITY_MISMATCH,
    Cause.POLICY_REJECTED,
)


def failure_of(outcome: Outcome, profile: DeviceProfile, timestamp: datetime) -> Failure | None:
    """Return the failure that a device records; ``None`` when it connected or never tried.

    ``timestamp`` is the device's own time.
    """
    if outcome.verdict is Verdict.CONNECTED or outcome.cause in _NO_FAILURE:
        return None
    code = _code(outcome, profile)
    depth, subject = _blamed(outcome, code)
    return Failure(code.error, timestamp, code.cert_error, depth, subject)


def _code(outcome: Outcome, profile: DeviceProfile) -> _Code:
    if _identity_refused(outcome):
        if profile.unknown_identity_as is None:
            return _Code(NetworkError.CONNECTION_FAILED)
        return _certificate(profile.unknown_identity_as)
    if outcome.verdict is Verdict.REJECTED and outcome.cause in _CA_FAULTS:
        # A CA above the client certificate, by the server's clock.
        return _certificate(CertError.INVALID_CLIENT_AUTH)
    code = _table(profile).get(outcome.cause)
    if code is None:
        code = _BY_VERDICT.get(outcome.verdict, _Code(profile.handshake_failure_as))
    return code


def _identity_refused(outcome: Outcome) -> bool:
    """Whether RADIUS refused the identity before it proposed any method."""
    seen = outcome.observation
    return outcome.verdict is Verdict.REJECTED and seen is not None and not seen.proposed_methods


@lru_cache(maxsize=64)
def _table(profile: DeviceProfile) -> Mapping[Cause, _Code]:
    handshake = _Code(profile.handshake_failure_as)
    return {
        **dict.fromkeys(_CLIENT_FAULTS, _certificate(CertError.INVALID_CLIENT_AUTH)),
        Cause.SERVER_ISSUER_UNKNOWN: _certificate(profile.wrong_root_as),
        Cause.SERVER_CERTIFICATE_SELF_SIGNED: _certificate(profile.wrong_root_as),
        Cause.ROOT_CA_NOT_A_ROOT: _certificate(profile.wrong_root_as),
        Cause.SERVER_CHAIN_INCOMPLETE: _certificate(profile.incomplete_chain_as),
        Cause.SERVER_CERTIFICATE_EXPIRED: _certificate(CertError.EXPIRED),
        Cause.SERVER_CERTIFICATE_NOT_YET_VALID: _certificate(CertError.NOT_YET_VALID),
        Cause.SERVER_CERTIFICATE_WRONG_PURPOSE: _certificate(profile.wrong_purpose_as),
        Cause.SERVER_CERTIFICATE_UNACCEPTABLE: _certificate(CertError.BAD_CERTIFICATE),
        Cause.SERVER_KEY_TOO_WEAK: _certificate(profile.weak_server_key_as),
        Cause.SERVER_NAME_MISMATCH: _certificate(CertError.DOMAIN_MISMATCH),
        Cause.ISSUING_CA_EXPIRED: _certificate(CertError.EXPIRED),
        Cause.ISSUING_CA_NOT_YET_VALID: _certificate(CertError.NOT_YET_VALID),
        Cause.ROOT_CA_EXPIRED: _certificate(profile.root_expired_as),
        Cause.ROOT_CA_NOT_YET_VALID: _certificate(profile.root_not_yet_valid_as),
        Cause.TLS_VERSION_MISMATCH: handshake,
        Cause.TLS_NO_SHARED_CIPHER: handshake,
        Cause.TLS_NO_SIGNATURE_ALGORITHM: handshake,
        Cause.TLS_SETTINGS_UNUSABLE: handshake,
        Cause.NO_COMMON_EAP_METHOD: handshake,
        Cause.CLIENT_CERTIFICATE_MISSING: _certificate(CertError.CERTIFICATE_NOT_FOUND),
        Cause.ROOT_CA_MISSING: _certificate(CertError.CERTIFICATE_NOT_FOUND),
        Cause.CLIENT_CERTIFICATE_WRONG_TYPE: _certificate(profile.crossed_client_as),
        Cause.ROOT_CA_WRONG_TYPE: _certificate(profile.crossed_root_as),
        Cause.ACCESS_POINT_NOT_FOUND: _Code(NetworkError.NETWORK_NOT_FOUND),
        Cause.SECURITY_MISMATCH: _Code(NetworkError.SECURITY_TYPE_MISMATCH),
    }


def _blamed(outcome: Outcome, code: _Code) -> tuple[int, str]:
    """Return depth and subject of the certificate that the device itself refused."""
    tls = outcome.observation.tls if outcome.observation else None
    if code.cert_error is None or outcome.verdict is not Verdict.REFUSED or not (tls and tls.verify_failure):
        return -1, ""
    return tls.verify_failure.depth, tls.verify_failure.subject
