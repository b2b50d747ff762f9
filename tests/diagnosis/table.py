"""What both ends have to show for each cause that an association can end with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from cryptography import x509

from harness.observation import (
    Alert,
    Discard,
    DiscardKind,
    EapResult,
    FourWay,
    Keys,
    Observation,
    Overtime,
    RadiusResult,
    Silence,
    Stage,
    Standstill,
    VerifyFailure,
    Violation,
)
from harness.outcome import Cause, Verdict
from harness.server.records import LogEvent, LoggedCertificate, LogKind, ServerEvidence

Certificates = Mapping[str, x509.Certificate]
Ends = tuple[Observation, ServerEvidence, tuple[x509.Certificate, ...]]
Case = Callable[[Observation, ServerEvidence, Certificates], Ends]


def with_tls(near: Observation, **changes: object) -> Observation:
    assert near.tls is not None
    return replace(near, tls=replace(near.tls, **changes))  # type: ignore[arg-type]


def reject(near: Observation, **tls: object) -> Observation:
    ended = replace(
        near,
        stage=Stage.RESULT,
        radius_result=RadiusResult.REJECT,
        eap_result=EapResult.FAILURE,
        keys=Keys.NOT_COMPARED,
        four_way=FourWay.NOT_RUN,
        server_session_id=b"",
    )
    return with_tls(ended, **{"protected_success": False, **tls})


def silence(near: Observation, **changes: object) -> Observation:
    quiet = replace(
        reject(near),
        stage=Stage.IDENTITY,
        radius_result=None,
        eap_result=None,
        requests=1,
        replies=0,
        retransmissions=5,
        proposed_methods=(),
        tls=None,
    )
    return replace(quiet, **changes)  # type: ignore[arg-type]


def saying(far: ServerEvidence, kind: LogKind, text: str = "a line", number: int = 0) -> ServerEvidence:
    return replace(far, events=(*far.events, LogEvent(kind, text, number=number)))


def rejected_with(kind: LogKind, number: int = 0) -> Case:
    return lambda near, far, _: (reject(near), saying(far, kind, f"line about {kind}", number), ())


def verification(number: int, depth: int = 0, subject: str = "CN=radius.corp.example") -> Case:
    failure = VerifyFailure(number, "words of the library", depth, subject)
    alert = Alert(sent=True, level=2, description=46, name="certificate_unknown")
    return lambda near, far, _: (reject(near, verify_failure=failure, alerts=(alert,)), far, ())


def silence_with(kind: LogKind) -> Case:
    return lambda near, far, _: (silence(near), saying(far, kind, f"line about {kind}"), ())


def device_with(name: str, number: int, *trusted: str) -> Case:
    """Return a case in which the device ``name`` is refused with an OpenSSL error."""

    def case(near: Observation, far: ServerEvidence, made: Certificates) -> Ends:
        refusing = saying(far, LogKind.VERIFY_ERROR, "error", number)
        refusing = replace(refusing, trusted=tuple(made[one] for one in trusted))
        return reject(near, sent_chain=(made[name],)), refusing, (made["intermediate"],)

    return case


def server_with(number: int, depth: int, chain: tuple[str, ...], anchor: str) -> Case:
    """Return a case in which the device refuses a server's chain with an OpenSSL error."""

    def case(near: Observation, far: ServerEvidence, made: Certificates) -> Ends:
        failure = VerifyFailure(number, "words", depth, "")
        peer = tuple(made[name] for name in chain)
        refusing = reject(near, verify_failure=failure, peer_chain=peer, trust_anchor=made[anchor])
        return refusing, far, (made["intermediate"],)

    return case


TABLE: dict[Cause, tuple[Verdict, Case]] = {
    Cause.MUTUAL_AUTHENTICATION: (Verdict.CONNECTED, lambda near, far, _: (near, far, ())),
    Cause.SERVER_NOT_AUTHENTICATED: (
        Verdict.CONNECTED,
        lambda near, far, _: (with_tls(near, trust_anchor=None), far, ()),
    ),
    Cause.CLIENT_CERTIFICATE_EXPIRED: (Verdict.REJECTED, device_with("direct-device", 10, "root")),
    Cause.CLIENT_CERTIFICATE_NOT_YET_VALID: (Verdict.REJECTED, device_with("direct-device", 9, "root")),
    Cause.CLIENT_ISSUER_UNKNOWN: (Verdict.REJECTED, device_with("foreign-device", 20, "root")),
    Cause.CLIENT_ISSUER_AMBIGUOUS: (Verdict.REJECTED, device_with("direct-device", 7, "root-again", "root")),
    Cause.CLIENT_CERTIFICATE_SELF_SIGNED: (Verdict.REJECTED, device_with("own-device", 18, "root")),
    Cause.CLIENT_CHAIN_INCOMPLETE: (Verdict.REJECTED, device_with("device", 20, "root")),
    Cause.CLIENT_CERTIFICATE_WRONG_PURPOSE: (Verdict.REJECTED, rejected_with(LogKind.VERIFY_ERROR, 26)),
    Cause.CLIENT_CERTIFICATE_REVOKED: (Verdict.REJECTED, rejected_with(LogKind.VERIFY_ERROR, 23)),
    Cause.CLIENT_CERTIFICATE_UNACCEPTABLE: (Verdict.REJECTED, rejected_with(LogKind.VERIFY_ERROR, 79)),
    Cause.CLIENT_INTERMEDIATE_NOT_LISTED: (Verdict.REJECTED, rejected_with(LogKind.UNTRUSTED_IN_CHAIN)),
    Cause.OCSP_UNUSABLE: (Verdict.REJECTED, rejected_with(LogKind.OCSP_FAILED)),
    Cause.USER_NAME_CHANGED: (Verdict.REJECTED, rejected_with(LogKind.IDENTITY_IS_NOT_USER_NAME)),
    Cause.CLIENT_KEY_TOO_WEAK: (Verdict.REJECTED, rejected_with(LogKind.VERIFY_ERROR, 66)),
    Cause.CLIENT_CERTIFICATE_NOT_SENT: (
        Verdict.REJECTED,
        lambda near, far, _: (
            reject(near, sent_chain=(), own_chain=()),
            saying(far, LogKind.NO_CLIENT_CERTIFICATE),
            (),
        ),
    ),
    Cause.CLIENT_CERTIFICATE_WITHHELD: (
        Verdict.REJECTED,
        lambda near, far, made: (
            reject(near, sent_chain=(), own_chain=(made["device"],)),
            saying(far, LogKind.NO_CLIENT_CERTIFICATE),
            (),
        ),
    ),
    Cause.ROOT_CA_NOT_A_ROOT: (
        Verdict.REFUSED,
        server_with(2, 1, ("server", "intermediate"), "intermediate"),
    ),
    Cause.CRL_MISSING: (Verdict.REJECTED, rejected_with(LogKind.VERIFY_ERROR, 3)),
    Cause.CRL_EXPIRED: (Verdict.REJECTED, rejected_with(LogKind.VERIFY_ERROR, 12)),
    Cause.CRL_NOT_YET_VALID: (Verdict.REJECTED, rejected_with(LogKind.VERIFY_ERROR, 11)),
    Cause.IDENTITY_MISMATCH: (Verdict.REJECTED, rejected_with(LogKind.NAME_CHECK_FAILED)),
    Cause.IDENTITY_UNKNOWN: (
        Verdict.REJECTED,
        lambda near, far, _: (
            replace(reject(near), proposed_methods=()),
            saying(far, LogKind.LOGIN_INCORRECT, "The identity is not known"),
            (),
        ),
    ),
    Cause.POLICY_REJECTED: (Verdict.REJECTED, rejected_with(LogKind.POLICY_REJECTED)),
    Cause.POLICY_LACKS_CERTIFICATE: (
        Verdict.REJECTED,
        lambda near, far, _: (
            reject(near),
            saying(saying(far, LogKind.CERTIFICATE_NOT_KNOWN, "line"), LogKind.POLICY_REJECTED, "another"),
            (),
        ),
    ),
    Cause.NO_COMMON_EAP_METHOD: (Verdict.REJECTED, rejected_with(LogKind.NO_COMMON_METHOD)),
    Cause.IDENTITY_TOO_LONG: (
        Verdict.REJECTED,
        lambda near, far, _: (
            replace(reject(near), identity="x" * 254),
            saying(far, LogKind.IDENTITY_IS_NOT_USER_NAME, "Identity does not match User-Name"),
            (),
        ),
    ),
    Cause.EAP_ROUND_LIMIT: (Verdict.REJECTED, rejected_with(LogKind.ROUND_LIMIT)),
    Cause.EAP_SESSION_LOST: (Verdict.REJECTED, rejected_with(LogKind.UNKNOWN_STATE)),
    Cause.TLS_VERSION_MISMATCH: (Verdict.REJECTED, rejected_with(LogKind.UNSUPPORTED_PROTOCOL)),
    Cause.TLS_NO_SIGNATURE_ALGORITHM: (
        Verdict.REJECTED,
        rejected_with(LogKind.NO_SIGNATURE_ALGORITHM),
    ),
    Cause.TLS_NO_SHARED_CIPHER: (Verdict.REJECTED, rejected_with(LogKind.NO_SHARED_CIPHER)),
    Cause.SERVER_ISSUER_UNKNOWN: (Verdict.REFUSED, server_with(20, 0, ("server",), "other-root")),
    Cause.SERVER_CERTIFICATE_SELF_SIGNED: (Verdict.REFUSED, verification(18)),
    Cause.SERVER_CHAIN_INCOMPLETE: (Verdict.REFUSED, server_with(20, 0, ("server",), "root")),
    Cause.SERVER_CERTIFICATE_EXPIRED: (Verdict.REFUSED, verification(10)),
    Cause.SERVER_CERTIFICATE_NOT_YET_VALID: (Verdict.REFUSED, verification(9)),
    Cause.SERVER_CERTIFICATE_WRONG_PURPOSE: (Verdict.REFUSED, verification(26)),
    Cause.SERVER_CERTIFICATE_UNACCEPTABLE: (Verdict.REFUSED, verification(79, 1)),
    Cause.SERVER_KEY_TOO_WEAK: (Verdict.REFUSED, verification(66)),
    Cause.SERVER_NAME_MISMATCH: (Verdict.REFUSED, verification(0)),
    Cause.ISSUING_CA_EXPIRED: (Verdict.REFUSED, server_with(10, 1, ("server", "intermediate"), "root")),
    Cause.ISSUING_CA_NOT_YET_VALID: (Verdict.REFUSED, server_with(9, 1, ("server", "intermediate"), "root")),
    Cause.ISSUING_CA_REVOKED: (
        Verdict.REJECTED,
        lambda near, far, _: (
            reject(near),
            replace(
                far,
                events=(
                    LogEvent(
                        LogKind.VERIFY_ERROR,
                        "error 23",
                        number=23,
                        certificate=LoggedCertificate(
                            leaf=False, serial="7", subject="/CN=a", issuer="/CN=b"
                        ),
                    ),
                ),
            ),
            (),
        ),
    ),
    Cause.ROOT_CA_EXPIRED: (Verdict.REFUSED, server_with(10, 1, ("short-server",), "short-root")),
    Cause.ROOT_CA_NOT_YET_VALID: (
        Verdict.REFUSED,
        server_with(9, 2, ("server", "intermediate"), "root"),
    ),
    Cause.SHARED_SECRET_WRONG: (Verdict.UNANSWERED, silence_with(LogKind.SECRET_WRONG)),
    Cause.NAS_UNKNOWN: (Verdict.UNANSWERED, silence_with(LogKind.CLIENT_UNKNOWN)),
    Cause.SERVER_UNREACHABLE: (
        Verdict.UNANSWERED,
        lambda near, far, _: (silence(near, unreachable=2), far, ()),
    ),
    Cause.MESSAGE_AUTHENTICATOR_MISSING: (
        Verdict.UNANSWERED,
        silence_with(LogKind.MESSAGE_AUTHENTICATOR_MISSING),
    ),
    Cause.REPLIES_LOST: (
        Verdict.UNANSWERED,
        lambda near, far, _: (
            silence(near, silence=Silence(6, 6, (0, 6))),
            saying(far, LogKind.REQUEST, "Received Access-Request"),
            (),
        ),
    ),
    Cause.REQUESTS_LOST: (
        Verdict.UNANSWERED,
        lambda near, far, _: (silence(near, silence=Silence(6, 0, (6, 0))), far, ()),
    ),
    Cause.ANSWER_TOO_LATE: (
        Verdict.UNANSWERED,
        lambda near, far, _: (silence(near, silence=Silence(2, 2, answer_held=4.0), waited=0.9), far, ()),
    ),
    Cause.ANSWERED_FROM_ELSEWHERE: (
        Verdict.UNANSWERED,
        lambda near, far, _: (
            silence(near, discards=(Discard(1.0, "odd", "", DiscardKind.FROM_ELSEWHERE, 1),)),
            far,
            (),
        ),
    ),
    Cause.NO_PROGRESS: (
        Verdict.UNANSWERED,
        lambda near, far, _: (silence(near, standstill=Standstill(50, (("sent it", 50),))), far, ()),
    ),
    Cause.NO_DECISION_IN_TIME: (
        Verdict.UNANSWERED,
        lambda near, far, _: (silence(near, overtime=Overtime(609.0, 600.0, 21)), far, ()),
    ),
    Cause.KEYS_MISSING: (
        Verdict.UNUSABLE,
        lambda near, far, _: (replace(near, keys=Keys.MISSING, four_way=FourWay.NOT_RUN), far, ()),
    ),
    Cause.KEYS_MISMATCH: (
        Verdict.UNUSABLE,
        lambda near, far, _: (replace(near, keys=Keys.DIFFER, four_way=FourWay.MIC_FAILURE), far, ()),
    ),
    Cause.PROTECTED_SUCCESS_MISSING: (
        Verdict.VIOLATED,
        lambda near, far, _: (with_tls(near, protected_success=False), far, ()),
    ),
    Cause.EAP_SUCCESS_MISSING: (
        Verdict.VIOLATED,
        lambda near, far, _: (replace(near, eap_result=None), far, ()),
    ),
    Cause.ACCEPT_WITH_FAILURE: (
        Verdict.VIOLATED,
        lambda near, far, _: (replace(near, eap_result=EapResult.FAILURE), far, ()),
    ),
    Cause.EAP_FRAMING: (
        Verdict.VIOLATED,
        lambda near, far, _: (
            silence(near, violations=(Violation("RFC 5216 3.1", "no flags octet", fatal=True),)),
            far,
            (),
        ),
    ),
    Cause.TLS_PROTOCOL: (
        Verdict.VIOLATED,
        lambda near, far, _: (
            silence(near, violations=(Violation("RFC 9190 2.5", "the octet 0x01 came", fatal=True),)),
            far,
            (),
        ),
    ),
}
