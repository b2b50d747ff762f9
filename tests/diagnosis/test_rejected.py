"""Rules whose evidence needs more than one line of the server's log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509

from harness.diagnosis.diagnose import diagnose
from harness.observation import Alert, EapResult, Observation
from harness.outcome import Cause, Proof, Verdict
from harness.server.records import LogEvent, LoggedCertificate, LogKind, ServerEvidence, VerdictRecord
from harness.trace import Actor, Endpoint

Certificates = Mapping[str, x509.Certificate]


def saying(
    far: ServerEvidence, kind: LogKind, text: str = "", detail: str = "", number: int = 0
) -> ServerEvidence:
    return replace(far, events=(*far.events, LogEvent(kind, text or f"line: {detail}", detail, number)))


def sending(near: Observation, *chain: x509.Certificate) -> Observation:
    assert near.tls is not None
    return replace(near, tls=replace(near.tls, sent_chain=chain))


def hearing(near: Observation, description: int, name: str, level: int = 2) -> Observation:
    assert near.tls is not None
    alert = Alert(sent=False, level=level, description=description, name=name)
    return replace(near, tls=replace(near.tls, alerts=(alert,)))


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (3, Cause.CRL_MISSING),
        (8, Cause.CRL_MISSING),
        (9, Cause.CLIENT_CERTIFICATE_NOT_YET_VALID),
        (10, Cause.CLIENT_CERTIFICATE_EXPIRED),
        (11, Cause.CRL_NOT_YET_VALID),
        (12, Cause.CRL_EXPIRED),
        (18, Cause.CLIENT_CERTIFICATE_SELF_SIGNED),
        (19, Cause.CLIENT_ISSUER_UNKNOWN),
        (20, Cause.CLIENT_ISSUER_UNKNOWN),
        (21, Cause.CLIENT_ISSUER_UNKNOWN),
        (23, Cause.CLIENT_CERTIFICATE_REVOKED),
        (24, Cause.CLIENT_CERTIFICATE_UNACCEPTABLE),
        (26, Cause.CLIENT_CERTIFICATE_WRONG_PURPOSE),
        (34, Cause.CLIENT_CERTIFICATE_UNACCEPTABLE),
        (62, Cause.IDENTITY_MISMATCH),
        (66, Cause.CLIENT_KEY_TOO_WEAK),
        (67, Cause.CLIENT_KEY_TOO_WEAK),
        (68, Cause.CLIENT_KEY_TOO_WEAK),
        (79, Cause.CLIENT_CERTIFICATE_UNACCEPTABLE),
        (17, Cause.UNDETERMINED),
    ],
)
def test_openssl_numbers(number: int, cause: Cause, rejected: Observation, log: ServerEvidence) -> None:
    far = saying(log, LogKind.VERIFY_ERROR, f"OpenSSL says error {number}", number=number)

    assert diagnose(rejected, far).cause is cause


@pytest.mark.parametrize(
    ("number", "alert", "cause"),
    [(12, "certificate expired", Cause.CRL_EXPIRED), (3, "unknown CA", Cause.CRL_MISSING)],
)
def test_the_alert_does_not_mislead_about_a_crl(
    number: int, alert: str, cause: Cause, rejected: Observation, log: ServerEvidence
) -> None:
    far = saying(log, LogKind.ALERT_SENT, f"Alert write:fatal:{alert}", alert)

    assert diagnose(rejected, saying(far, LogKind.VERIFY_ERROR, "error", number=number)).cause is cause


def test_the_missing_intermediate_is_named(
    rejected: Observation, log: ServerEvidence, certificates: Certificates
) -> None:
    near = sending(rejected, certificates["device"])
    far = saying(log, LogKind.VERIFY_ERROR, "error 20", number=20)

    outcome = diagnose(near, far, [certificates["intermediate"]])

    assert outcome.cause is Cause.CLIENT_CHAIN_INCOMPLETE
    assert outcome.explanation == (
        "The device did not send the intermediate CN=intermediate, without which the server finds no path from "
        "CN=thermostat-7 to a CA that it trusts."
    )
    assert (
        Proof(Actor.DEVICE, "did not send CN=intermediate, which leads to a CA in the server's list")
        in outcome.proof
    )


def test_an_intermediate_of_a_ca_that_the_server_does_not_trust_is_not_missing(
    rejected: Observation, log: ServerEvidence, certificates: Certificates
) -> None:
    near = sending(rejected, certificates["device"])
    far = replace(
        saying(log, LogKind.VERIFY_ERROR, "error 20", number=20), trusted=(certificates["other-root"],)
    )

    assert diagnose(near, far, [certificates["intermediate"]]).cause is Cause.CLIENT_ISSUER_UNKNOWN


@pytest.mark.parametrize(
    ("number", "name", "root", "cause"),
    [
        (10, "short-device", "short-root", Cause.ROOT_CA_EXPIRED),
        (10, "direct-device", "root", Cause.CLIENT_CERTIFICATE_EXPIRED),
        (9, "late-device", "late-root", Cause.ROOT_CA_NOT_YET_VALID),
        (9, "direct-device", "root", Cause.CLIENT_CERTIFICATE_NOT_YET_VALID),
    ],
)
def test_dates_along_the_path_tell_whose_validity_it_is(
    number: int,
    name: str,
    root: str,
    cause: Cause,
    rejected: Observation,
    log: ServerEvidence,
    certificates: Certificates,
) -> None:
    far = replace(saying(log, LogKind.VERIFY_ERROR, "error", number=number), trusted=(certificates[root],))

    outcome = diagnose(sending(rejected, certificates[name]), far)

    assert (outcome.verdict, outcome.cause) == (Verdict.REJECTED, cause)


@pytest.mark.parametrize(
    ("number", "name", "issuer", "cause"),
    [
        (10, "below-short", "short-intermediate", Cause.ISSUING_CA_EXPIRED),
        (9, "below-late", "late-intermediate", Cause.ISSUING_CA_NOT_YET_VALID),
    ],
)
def test_an_intermediate_that_the_server_holds_is_no_root(
    number: int,
    name: str,
    issuer: str,
    cause: Cause,
    rejected: Observation,
    log: ServerEvidence,
    certificates: Certificates,
) -> None:
    trusted = (certificates["root"], certificates[issuer])
    far = replace(saying(log, LogKind.VERIFY_ERROR, "error", number=number), trusted=trusted)

    outcome = diagnose(sending(rejected, certificates[name]), far)

    assert outcome.cause is cause
    assert f"CN={issuer} " in outcome.explanation


def test_the_first_failure_stands_when_the_log_has_several(
    rejected: Observation, log: ServerEvidence
) -> None:
    far = saying(log, LogKind.VERIFY_ERROR, "error 26", number=26)
    far = saying(far, LogKind.VERIFY_ERROR, "error 10", number=10)
    far = saying(far, LogKind.UNKNOWN_STATE, "No EAP session matching state")

    assert diagnose(rejected, far).cause is Cause.CLIENT_CERTIFICATE_WRONG_PURPOSE


def test_a_version_mismatch_tells_what_the_device_offers(rejected: Observation, log: ServerEvidence) -> None:
    far = saying(log, LogKind.ALERT_SENT, "Alert write:fatal:protocol version", "protocol version")

    outcome = diagnose(rejected, far)

    assert outcome.cause is Cause.TLS_VERSION_MISMATCH
    assert outcome.explanation == (
        "The device offers TLS 1.2 to 1.3, and the server does not speak a version in that range."
    )


@pytest.mark.parametrize(
    ("description", "cause"),
    [
        (70, Cause.TLS_VERSION_MISMATCH),
        (44, Cause.CLIENT_CERTIFICATE_REVOKED),
        (116, Cause.UNDETERMINED),  # the device did send one
        # The server that says so may be the one that is wrong.
        (51, Cause.UNDETERMINED),
        (45, Cause.UNDETERMINED),
        (48, Cause.UNDETERMINED),
        (40, Cause.UNDETERMINED),
    ],
)
def test_an_alert_with_one_meaning_needs_no_log(
    description: int, cause: Cause, rejected: Observation, no_log: ServerEvidence
) -> None:
    assert diagnose(hearing(rejected, description, "name"), no_log).cause is cause


@pytest.mark.parametrize("description", [44, 116])
def test_an_alert_about_a_certificate_that_nobody_has_shown_proves_nothing(
    description: int, rejected: Observation, no_log: ServerEvidence
) -> None:
    near = hearing(rejected, description, "name")
    assert near.tls is not None
    early = replace(near, tls=replace(near.tls, handshake_complete=False, peer_chain=(), version=""))
    assert diagnose(early, no_log).cause is Cause.UNDETERMINED


def test_a_reject_with_eap_success_before_any_handshake_is_no_policy(
    rejected: Observation, no_log: ServerEvidence
) -> None:
    near = replace(rejected, eap_result=EapResult.SUCCESS, tls=None, proposed_methods=())
    assert diagnose(near, no_log).cause is Cause.UNDETERMINED
    assert diagnose(replace(rejected, eap_result=EapResult.SUCCESS), no_log).cause is Cause.POLICY_REJECTED


def test_the_servers_alert_is_a_reject_even_when_the_access_reject_got_lost(
    rejected: Observation, no_log: ServerEvidence
) -> None:
    near = replace(hearing(rejected, 44, "certificate revoked"), radius_result=None, eap_result=None)

    outcome = diagnose(near, no_log)

    assert (outcome.verdict, outcome.cause) == (Verdict.REJECTED, Cause.CLIENT_CERTIFICATE_REVOKED)
    assert outcome.proof == (Proof(Actor.DEVICE, "received the fatal TLS alert certificate revoked (44)"),)


def test_decrypt_error_in_the_log_is_a_breach_of_tls(rejected: Observation, log: ServerEvidence) -> None:
    outcome = diagnose(
        rejected, saying(log, LogKind.ALERT_SENT, "Alert write:fatal:decrypt error", "decrypt error")
    )

    assert outcome.cause is Cause.TLS_PROTOCOL
    assert outcome.explanation == (
        "The device broke the rules of TLS as EAP-TLS uses it (RFC 8446 6.2): decrypt error."
    )


def test_a_malformed_packet_is_told_in_the_servers_words(rejected: Observation, log: ServerEvidence) -> None:
    outcome = diagnose(rejected, saying(log, LogKind.MALFORMED, detail="Length does not match"))

    assert outcome.cause is Cause.EAP_FRAMING
    assert outcome.explanation.endswith("(RFC 3748 4): Length does not match.")


def test_eap_success_in_a_reject_proves_a_policy(rejected: Observation, log: ServerEvidence) -> None:
    accepted = replace(log, verdict=VerdictRecord("Access-Accept", Endpoint("127.0.0.1", 40000), "x"))

    outcome = diagnose(replace(rejected, eap_result=EapResult.SUCCESS), accepted)

    assert outcome.cause is Cause.POLICY_REJECTED
    assert "reject-with-eap-success" in [finding.id for finding in outcome.findings]


def test_a_verification_error_excludes_eap_success(rejected: Observation, log: ServerEvidence) -> None:
    far = saying(log, LogKind.VERIFY_ERROR, "error 26", number=26)

    outcome = diagnose(replace(rejected, eap_result=EapResult.SUCCESS), far)

    assert outcome.cause is Cause.UNDETERMINED
    assert 'the server logged "error 26", its Access-Reject carried EAP-Success' in outcome.explanation


def test_an_alert_that_the_device_never_sent_proves_nothing(
    rejected: Observation, log: ServerEvidence
) -> None:
    far = saying(log, LogKind.ALERT_RECEIVED, "Alert read:fatal:unknown CA", "unknown CA")

    assert diagnose(rejected, saying(far, LogKind.POLICY_REJECTED)).cause is Cause.UNDETERMINED


def test_close_notify_is_no_refusal(rejected: Observation, log: ServerEvidence) -> None:
    far = saying(log, LogKind.ALERT_RECEIVED, "Alert read:warning:close notify", "close notify")

    assert diagnose(rejected, saying(far, LogKind.POLICY_REJECTED)).cause is Cause.POLICY_REJECTED


@pytest.mark.parametrize(
    ("methods", "eap", "cause"),
    [
        ((25, 4), EapResult.FAILURE, Cause.NO_COMMON_EAP_METHOD),
        ((25, 13), EapResult.FAILURE, Cause.UNDETERMINED),
        ((), EapResult.FAILURE, Cause.UNDETERMINED),
        ((25,), None, Cause.UNDETERMINED),
    ],
)
def test_eap_tls_was_never_offered(
    methods: tuple[int, ...],
    eap: EapResult | None,
    cause: Cause,
    rejected: Observation,
    no_log: ServerEvidence,
) -> None:
    near = replace(rejected, proposed_methods=methods, eap_result=eap, tls=None)

    assert diagnose(near, no_log).cause is cause


@pytest.mark.parametrize(
    ("methods", "detail", "cause"),
    [
        ((), "The identity is not known", Cause.IDENTITY_UNKNOWN),
        ((), "eap: EAP-Identity Unknown", Cause.IDENTITY_UNKNOWN),
        ((13,), "The identity is not known", Cause.UNDETERMINED),
        ((), "eap: The identity is not known", Cause.UNDETERMINED),
    ],
)
def test_an_unknown_identity_is_proven_by_the_log_and_by_no_method_proposed(
    rejected: Observation, log: ServerEvidence, methods: tuple[int, ...], detail: str, cause: Cause
) -> None:
    event = LogEvent(LogKind.LOGIN_INCORRECT, f"Login incorrect ({detail}): [x]", detail)
    seen = replace(rejected, proposed_methods=methods, tls=None)

    assert diagnose(seen, replace(log, events=(event,))).cause is cause


def test_the_methods_that_were_offered_are_named(rejected: Observation, no_log: ServerEvidence) -> None:
    outcome = diagnose(replace(rejected, proposed_methods=(25, 4), tls=None), no_log)

    assert outcome.explanation == (
        "The device speaks EAP-TLS only, and the server proposed PEAP, EAP-MD5 and ended there."
    )


def test_a_reject_without_eap_message_alone_proves_no_lost_session(
    rejected: Observation, log: ServerEvidence
) -> None:
    assert diagnose(replace(rejected, eap_result=None), log).cause is Cause.UNDETERMINED


@pytest.mark.parametrize(
    ("detail", "cause"),
    [
        ("No EAP session matching state 0x01", Cause.EAP_SESSION_LOST),
        ("EAP requires the State attribute to work", Cause.EAP_FRAMING),
    ],
)
def test_a_state_that_is_unknown_is_not_one_that_is_missing(
    detail: str, cause: Cause, rejected: Observation, log: ServerEvidence
) -> None:
    assert diagnose(rejected, saying(log, LogKind.UNKNOWN_STATE, detail=detail)).cause is cause


def test_a_device_certificate_that_the_server_trusts_by_itself_is_no_root(
    rejected: Observation, log: ServerEvidence, certificates: Certificates
) -> None:
    far = saying(log, LogKind.VERIFY_ERROR, "error 10", number=10)
    far = replace(far, trusted=(certificates["own-device"],))

    outcome = diagnose(sending(rejected, certificates["own-device"]), far)

    assert outcome.cause is Cause.CLIENT_CERTIFICATE_EXPIRED


def test_a_certificate_that_was_sent_and_not_seen_is_a_contradiction(
    rejected: Observation, log: ServerEvidence
) -> None:
    event = LogEvent(LogKind.NO_CLIENT_CERTIFICATE, "peer did not return a certificate")

    outcome = diagnose(rejected, replace(log, events=(event,)))

    assert outcome.cause is Cause.UNDETERMINED
    assert (
        'the server logged "peer did not return a certificate", the device sent its certificate'
        in outcome.explanation
    )


@pytest.mark.parametrize(
    ("level", "cure"),
    [
        (
            4,
            "Give the device a certificate with RSA of 7680 bits or P-384, as the server's security level 4 asks for",
        ),
        (
            None,
            "Give the device a certificate with another kind of key or a stronger one, or let the server accept",
        ),
    ],
)
def test_a_certificate_that_was_withheld_is_not_to_be_installed_again(
    level: int | None,
    cure: str,
    rejected: Observation,
    log: ServerEvidence,
) -> None:
    assert rejected.tls is not None
    near = replace(rejected, tls=replace(rejected.tls, own_chain=rejected.tls.sent_chain, sent_chain=()))
    event = LogEvent(LogKind.NO_CLIENT_CERTIFICATE, "peer did not return a certificate")

    outcome = diagnose(near, replace(log, events=(event,), security_level=level))

    assert outcome.cause is Cause.CLIENT_CERTIFICATE_WITHHELD
    assert outcome.remedy.startswith(cure)
    assert "sent the chain" not in " ".join(proof.text for proof in outcome.proof)


@pytest.mark.parametrize(
    ("level", "enough"),
    [
        (4, "with RSA of 7680 bits or P-384; lower"),
        (
            None,
            "with at least RSA of 7680 bits or P-384 (how much more, the server's own level decides); lower",
        ),
    ],
)
def test_what_a_server_of_a_level_asks_for(
    level: int | None,
    enough: str,
    rejected: Observation,
    log: ServerEvidence,
    certificates: Mapping[str, x509.Certificate],
) -> None:
    own = certificates["device"]
    logged = LoggedCertificate(leaf=True, serial=f"{own.serial_number:x}")
    event = LogEvent(LogKind.VERIFY_ERROR, "error", "words", 66, certificate=logged)

    outcome = diagnose(rejected, replace(log, events=(event,), security_level=level))

    assert outcome.cause is Cause.CLIENT_KEY_TOO_WEAK
    assert outcome.remedy.startswith("Replace CN=thermostat-7 on the device by a certificate with ")
    assert enough in outcome.remedy


def test_a_weak_issuing_ca_is_cured_by_no_certificate_from_it(
    rejected: Observation, log: ServerEvidence, certificates: Mapping[str, x509.Certificate]
) -> None:
    issuing = certificates["intermediate"]
    logged = LoggedCertificate(leaf=False, serial=f"{issuing.serial_number:x}", subject="/CN=intermediate")
    event = LogEvent(LogKind.VERIFY_ERROR, "error", "words", 67, certificate=logged)
    far = replace(log, events=(event,), security_level=4, trusted=(issuing,))

    outcome = diagnose(rejected, far)

    assert outcome.remedy.startswith(
        "Have the device's certificate issued under a CA with RSA of 7680 bits or P-384, in place of CN=intermediate "
        "in the server's ca_file and in the chain that the device sends: a new one from it would be refused as well; "
    )


def test_an_identity_that_fits_is_not_called_too_long(rejected: Observation, log: ServerEvidence) -> None:
    far = saying(log, LogKind.IDENTITY_IS_NOT_USER_NAME, "eap: Identity does not match User-Name")

    outcome = diagnose(replace(rejected, identity="x" * 254), far)
    assert outcome.cause is Cause.IDENTITY_TOO_LONG
    assert outcome.explanation == (
        "The identity has 254 octets, and User-Name holds 253: the server got two different names in one request and "
        "refused it before it saw a certificate."
    )
    assert outcome.proof[1] == Proof(
        Actor.ACCESS_POINT, "cut the identity of 254 octets to 253 for User-Name"
    )
    assert diagnose(replace(rejected, identity="x" * 253), far).cause is Cause.USER_NAME_CHANGED
    assert diagnose(replace(rejected, identity="x" * 254), log).cause is Cause.UNDETERMINED


def test_a_certificate_without_common_name_is_not_told_to_set_the_identity_to_it(
    rejected: Observation, log: ServerEvidence, nameless: x509.Certificate
) -> None:
    """FreeRADIUS 3.2.1 compares the issuer's common name where the certificate has none."""
    line = "Certificate CN (corp-root) does not match specified value (thermostat-7)"
    far = saying(log, LogKind.NAME_CHECK_FAILED, f"tls: {line}!", line)

    outcome = diagnose(sending(replace(rejected, identity="thermostat-7"), nameless), far)

    assert outcome.cause is Cause.IDENTITY_MISMATCH
    assert "DNS:thermostat-7.corp.example" in outcome.explanation
    assert "this one has none, and FreeRADIUS then compares that of its issuer" in outcome.remedy
    assert "client-id" not in outcome.remedy


@pytest.mark.parametrize(
    ("number", "year", "blamed"),
    [(10, 2022, "short-root"), (10, 2019, ""), (9, 2030, "late-root"), (9, 2036, "")],
)
def test_no_date_is_blamed_that_the_servers_clock_has_not_passed(
    number: int,
    year: int,
    blamed: str,
    rejected: Observation,
    log: ServerEvidence,
    certificates: Certificates,
) -> None:
    """Where the log does not tell which certificate it was: only one whose date fits the clock that decided."""
    root = "short-root" if number == 10 else "late-root"
    near = sending(rejected, certificates[root.replace("root", "device")])
    clock = datetime(year, 5, 1, tzinfo=UTC)
    far = replace(log, trusted=(certificates[root],), clock=clock)

    outcome = diagnose(near, saying(far, LogKind.VERIFY_ERROR, "error", number=number))

    dated = [proof.text for proof in outcome.proof if " is valid from " in proof.text]
    assert [text.partition(" ")[0] for text in dated] == ([f"CN={blamed}"] if blamed else [])
    shown = Proof(Actor.SERVER, f"its clock showed {year}-05-01 00:00:00 UTC")
    assert (shown in outcome.proof) is bool(blamed)


def test_the_wrong_one_of_two_cas_of_one_name_was_tried(
    rejected: Observation, log: ServerEvidence, certificates: Certificates, again: x509.Certificate
) -> None:
    far = replace(
        saying(log, LogKind.VERIFY_ERROR, "OpenSSL says error 7 : certificate signature failure", number=7),
        trusted=(again, certificates["root"]),
    )

    outcome = diagnose(sending(rejected, certificates["direct-device"]), far)

    assert outcome.cause is Cause.CLIENT_ISSUER_AMBIGUOUS
    assert "trusts several CAs named CN=root" in outcome.explanation
    assert "wrong one" in outcome.explanation
    assert Proof(Actor.SERVER, "trusts 2 CAs named CN=root") in outcome.proof


def test_a_namesake_alone_is_an_unknown_issuer(
    rejected: Observation, log: ServerEvidence, certificates: Certificates, again: x509.Certificate
) -> None:
    far = replace(saying(log, LogKind.VERIFY_ERROR, "OpenSSL says error 7", number=7), trusted=(again,))

    outcome = diagnose(sending(rejected, certificates["direct-device"]), far)

    assert outcome.cause is Cause.CLIENT_ISSUER_UNKNOWN
    assert "trusts a CA of the issuer's name (CN=root) with another key" in outcome.explanation


def test_a_wrong_signature_without_a_namesake_stays_one(
    rejected: Observation, log: ServerEvidence, certificates: Certificates
) -> None:
    far = replace(
        saying(log, LogKind.VERIFY_ERROR, "OpenSSL says error 7", number=7), trusted=(certificates["root"],)
    )

    outcome = diagnose(sending(rejected, certificates["direct-device"]), far)

    assert outcome.cause is Cause.CLIENT_CERTIFICATE_UNACCEPTABLE
