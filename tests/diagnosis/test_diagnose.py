"""One case for every cause, what is said when nothing is proven, and what holds for any evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.diagnosis import causes
from harness.diagnosis.diagnose import RULES, diagnose
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
    ReplyAttribute,
    Silence,
    Stage,
    Standstill,
    TlsObservation,
    VerifyFailure,
    Violation,
)
from harness.outcome import Cause, Outcome, Proof, Verdict
from harness.server.records import LogEvent, LoggedCertificate, LogKind, ServerEvidence, VerdictRecord
from harness.trace import Actor, Endpoint

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


def test_the_table_has_every_cause_an_association_can_end_with() -> None:
    startless = {cause for cause in Cause if causes.CATALOGUE[cause].verdicts == {Verdict.NOT_ATTEMPTED}}

    assert set(TABLE) == set(Cause) - startless - {Cause.UNDETERMINED}


@pytest.mark.parametrize("cause", TABLE, ids=str)
def test_cause(cause: Cause, connected: Observation, log: ServerEvidence, certificates: Certificates) -> None:
    verdict, case = TABLE[cause]
    near, far, known = case(connected, log, certificates)

    outcome = diagnose(near, far, known)

    assert (outcome.verdict, outcome.cause) == (verdict, cause)
    assert outcome.proof
    assert outcome.observation is near
    assert "{" not in outcome.explanation + outcome.remedy
    assert outcome.explanation.endswith(".")


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

_texts = st.sampled_from(
    ["", "unknown CA", "decrypt error", "close notify", "{braces} %s", "a\nb", "protocol version"]
)
_clauses = st.sampled_from(["RFC 9190 2.5", "RFC 5216 3.1", "RFC 3579 2.6.3", "IEEE 802.11", "", "RFC 51"])
_names = st.sampled_from(
    [
        "root",
        "intermediate",
        "device",
        "own-device",
        "short-device",
        "late-device",
        "server",
        "other-root",
        "late-root",
    ]
)
_chains = st.lists(_names, max_size=3)
_discards = st.builds(
    Discard, st.just(0.5), _texts, _clauses, st.sampled_from(DiscardKind), st.integers(0, 3)
)
_small = st.integers(0, 3)
_alerts = st.builds(
    Alert, sent=st.booleans(), level=st.integers(0, 3), description=st.integers(0, 255), name=_texts
)
_events = st.builds(
    LogEvent, kind=st.sampled_from(LogKind), text=_texts, detail=_texts, number=st.integers(-1, 120)
)
_records = st.builds(
    VerdictRecord,
    reply=st.sampled_from(["Access-Accept", "Access-Reject", ""]),
    source=st.just(Endpoint("127.0.0.1", 1)),
    user=_texts,
    failures=st.lists(_texts, max_size=2).map(tuple),
)


_held = st.none() | st.floats(0, 60)


@st.composite
def observations(draw: st.DrawFn, made: Certificates) -> Observation:
    def chain() -> tuple[x509.Certificate, ...]:
        return tuple(made[name] for name in draw(_chains))

    tls = TlsObservation(
        offered=draw(st.sampled_from([("1.2", "1.3"), ("1.3", "1.3"), ("", "")])),
        version=draw(st.sampled_from(["", "1.2", "1.3"])),
        handshake_complete=draw(st.booleans()),
        protected_success=draw(st.booleans()),
        resumed=draw(st.booleans()),
        alerts=tuple(draw(st.lists(_alerts, max_size=2))),
        verify_failure=draw(
            st.none() | st.builds(VerifyFailure, st.integers(-1, 120), _texts, st.integers(0, 4), _texts)
        ),
        error=draw(st.sampled_from(["", "ee key too small", "no ciphers available", "other"])),
        peer_chain=chain(),
        sent_chain=chain(),
        trust_anchor=draw(st.none() | _names.map(lambda name: made[name])),
    )
    return Observation(
        stage=draw(st.sampled_from(Stage)),
        ssid="CORP",
        identity=draw(st.sampled_from(["", "thermostat-7", "@corp", "thermostat-7@corp"])),
        source=draw(st.none() | st.just(Endpoint("::1", 4))),
        server=Endpoint("127.0.0.1", 1812),
        started=0.0,
        ended=1.0,
        radius_result=draw(st.none() | st.sampled_from(RadiusResult)),
        eap_result=draw(st.none() | st.sampled_from(EapResult)),
        requests=draw(_small),
        replies=draw(_small),
        retransmissions=draw(_small),
        unreachable=draw(_small),
        lost_on_purpose=(draw(_small), draw(_small)),
        silence=draw(st.none() | st.builds(Silence, _small, _small, st.tuples(_small, _small), _held, _held)),
        waited=draw(_held),
        proposed_methods=tuple(draw(st.lists(st.sampled_from([4, 13, 25, 254]), max_size=2))),
        tls=draw(st.sampled_from([None, tls])),
        keys=draw(st.sampled_from(Keys)),
        session_id=draw(st.sampled_from([b"", b"\x0d1"])),
        server_session_id=draw(st.sampled_from([b"", b"\x0d1", b"\x0d2"])),
        four_way=draw(st.sampled_from(FourWay)),
        reply_attributes=tuple(draw(st.lists(st.builds(ReplyAttribute, st.just("Reply-Message"), _texts)))),
        discards=tuple(draw(st.lists(_discards, max_size=2))),
        discards_left_out=draw(_small),
        unsigned_replies=draw(_small),
        standstill=draw(st.none() | st.just(Standstill(50, (("repeated its last Request", 50),)))),
        violations=tuple(draw(st.lists(st.builds(Violation, _clauses, _texts, st.booleans()), max_size=2))),
    )


def sound(outcome: Outcome) -> None:
    """Assert what holds for every outcome."""
    assert causes.allows(outcome.cause, outcome.verdict)
    assert outcome.proof or outcome.cause is Cause.UNDETERMINED
    assert outcome.explanation
    assert outcome.remedy or outcome.cause is Cause.MUTUAL_AUTHENTICATION
    assert (
        len(
            {finding.id for finding in outcome.findings}
            - {"packets-discarded", "protocol-violation", "would-fail-next"}
        )
        <= 14
    )


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_evidence_gives_a_sound_outcome(certificates: Certificates, data: st.DataObject) -> None:
    far = ServerEvidence(
        available=data.draw(st.booleans()),
        server="any",
        running=data.draw(st.none() | st.booleans()),
        verdict=data.draw(st.none() | _records),
        events=tuple(data.draw(st.lists(_events, max_size=3))),
        trusted=tuple(certificates[name] for name in data.draw(_chains)),
    )
    known = [certificates[name] for name in data.draw(_chains)]

    sound(diagnose(data.draw(observations(certificates)), far, known))


def test_every_rule_says_in_its_docstring_when_it_applies() -> None:
    undocumented = [
        rule.__name__
        for rules in RULES.values()
        for rule in rules
        if not (rule.__doc__ or "").startswith("Apply ")
    ]

    assert undocumented == []
