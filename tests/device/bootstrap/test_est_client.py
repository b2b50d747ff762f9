"""The EST client against the EST service, in memory; and against answers that no sound service gives."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness.device.bootstrap.est_client import Conversation, Enrolled, EstClient
from harness.device.bootstrap.est_messages import EstAnswer, EstCall, EstCause, EstFailure, Later
from harness.device.bootstrap.est_trust import root_for
from harness.pki.credential import Credential
from harness.pki.est_messages import CERTS_ONLY, encode_certificates
from harness.pki.keys import KeyType
from harness.pki.signing_requests import common_name, spki
from harness.pki.spec import CertificateSpec, Profile
from harness.services.est.service import Operation
from harness.services.issuing.issuer import identity_of
from harness.services.web.messages import Reply, Request
from tests.services.est.conftest import DEVICE_ID, Estate

NOBODY = common_name("")


@pytest.fixture
def estate() -> Estate:
    return Estate(datetime.now(UTC).replace(microsecond=0))


def talk(
    estate: Estate,
    conversation: Conversation,
    credential: Credential | None = None,
    change: Callable[[EstCall, Reply], Reply] = lambda _call, reply: reply,
) -> Enrolled | Later | EstFailure:
    """Lead a conversation with the service; ``change`` spoils answers on the way."""
    shown = credential or estate.attested()
    answer: EstAnswer | None = None
    try:
        while True:
            call = conversation.send(answer)  # type: ignore[arg-type]
            chain = (shown.certificate, *shown.chain)
            request = Request(call.method, call.path(), "", call.headers, call.body, chain)
            reply = change(call, estate.service(request))
            answer = EstAnswer(reply.status, reply.headers, reply.body, estate.now())
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def good(ended: Enrolled | Later | EstFailure) -> Enrolled:
    assert isinstance(ended, Enrolled), ended
    return ended


def failure(ended: Enrolled | Later | EstFailure) -> EstFailure:
    assert isinstance(ended, EstFailure), ended
    return ended


def certificate(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def test_first_enrolment_gives_what_the_store_takes(estate: Estate) -> None:
    ended = good(talk(estate, EstClient().enrol(NOBODY)))
    own = certificate(ended.certificate)
    key = load_pem_private_key(ended.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.public_key() == own.public_key()
    assert certificate(ended.root_ca) == estate.root.certificate
    assert ended.name == identity_of(DEVICE_ID)
    assert [pem.count(b"BEGIN CERTIFICATE") for pem in (ended.certificate, ended.root_ca)] == [1, 1]


def test_the_key_is_in_no_call_and_in_no_repr(estate: Estate) -> None:
    sent: list[bytes] = []

    def listen(call: EstCall, reply: Reply) -> Reply:
        sent.append(call.body)
        return reply

    client = EstClient()
    ended = good(talk(estate, client.enrol(NOBODY), change=listen))
    key = load_pem_private_key(ended.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    secret = key.private_numbers().private_value.to_bytes(32, "big")
    assert all(secret not in base64.b64decode(body) for body in sent)
    assert "PRIVATE" not in repr(ended) + repr(client)


def test_the_device_makes_the_key_that_the_service_wants(estate: Estate) -> None:
    estate.service.keys = (KeyType.EC_P384,)
    own = certificate(good(talk(estate, EstClient().enrol(NOBODY))).certificate)
    key = own.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp384r1"


def test_a_device_that_cannot_make_such_a_key_says_so(estate: Estate) -> None:
    estate.service.keys = (KeyType.EC_P521,)
    failed = failure(talk(estate, EstClient().enrol(NOBODY)))
    assert str(failed) == (
        "csrattrs: key-type-unknown: the service wants ec-p521;"
        " the device makes ec-p256, ec-p384, rsa-2048, rsa-3072, rsa-4096"
    )


@pytest.mark.parametrize("status", [204, 404])
def test_a_service_may_have_no_wishes(estate: Estate, status: int) -> None:
    estate.service.instead = {Operation.CSRATTRS: Reply(status)}
    good(talk(estate, EstClient().enrol(NOBODY)))


def test_renewal_has_a_new_key_and_the_same_names(estate: Estate) -> None:
    client = EstClient()
    first = good(talk(estate, client.enrol(NOBODY)))
    own = certificate(first.certificate)
    key = load_pem_private_key(first.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    second = certificate(good(talk(estate, client.renew(own), Credential(own, key))).certificate)
    assert second.subject == own.subject
    assert spki(second) != spki(own)


def test_a_request_that_waits_is_repeated_with_the_same_key(estate: Estate) -> None:
    estate.service.approval = timedelta(minutes=10)
    client = EstClient()
    assert talk(estate, client.enrol(NOBODY)) == Later(timedelta(minutes=10))
    waiting = client.pending
    assert waiting is not None
    estate.elapsed = timedelta(minutes=4)
    assert talk(estate, client.enrol(NOBODY)) == Later(timedelta(minutes=6))
    estate.elapsed = timedelta(minutes=10)
    own = certificate(good(talk(estate, client.enrol(NOBODY))).certificate)
    assert spki(own) == spki(waiting[1])
    assert client.pending is None


@pytest.mark.parametrize(
    ("value", "ended"),
    [
        ("120", Later(timedelta(minutes=2))),
        ("Sun, 01 Jan 1995 00:00:00 GMT", Later(timedelta())),
        ("soon", None),
        ("", None),
        ("9" * 40, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(estate: Estate, value: str, ended: Later | None) -> None:
    headers = {"retry-after": value} if value else {}
    estate.service.instead = {Operation.SIMPLEENROLL: Reply(202, "", headers)}
    got = talk(estate, EstClient().enrol(NOBODY))
    missing = EstFailure("simpleenroll", EstCause.RETRY_AFTER, "202 without a Retry-After that can be read")
    assert got == (ended or missing)


PEM = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(200, "", {"content-type": CERTS_ONLY}, PEM), "body-is-pem: the body is PEM, not base64 of a PKCS #7 message"),
        (Reply(200, "", {"content-type": "application/x-pem-file"}, PEM), "body-is-pem: the body is PEM of type application/x-pem-file"),
        (Reply(200, "", {"content-type": "text/html"}, b"<!doctype html>"), "body-is-html: the body is an HTML or XML page of type text/html"),
        (Reply(200, "", {"content-type": CERTS_ONLY}, b" <html>"), "body-is-html: the body is an HTML or XML page, not base64 of a PKCS #7 message"),
        (Reply(200, "", {"content-type": CERTS_ONLY}, b""), "certificate-not-received: the body is empty, not base64 of a PKCS #7 message"),
        (Reply(200, "", {"content-type": "text/plain"}, b"AAAA"), "content-type-wrong: the answer is of type text/plain, not application/pkcs7-mime"),
        (Reply(200, "", {}, b"MIIB"), "content-type-wrong: the answer is of type unknown, not application/pkcs7-mime"),
        (Reply(500, "", {"content-type": "text/html"}, b"<html>"), "refused-by-service: 500 with a body of type text/html"),
        (Reply(503, "", {}, b""), "refused-by-service: 503"),
        (Reply.text(403, "not you\x1b[31m\nat all"), "refused-by-service: 403: not you\\x1b[31m"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", [Operation.CACERTS, Operation.SIMPLEENROLL])
def test_other_answers_are_named_with_their_place(
    estate: Estate, reply: Reply, said: str, place: Operation
) -> None:
    estate.service.instead = {place: reply}
    assert str(failure(talk(estate, EstClient().enrol(NOBODY)))) == f"{place}: {said}"


def test_a_certificate_for_another_key_is_not_taken(estate: Estate) -> None:
    other = certificate(good(talk(estate, EstClient().enrol(NOBODY))).certificate)
    reply = Reply(200, "", {"content-type": CERTS_ONLY}, encode_certificates([other]))
    estate.service.instead = {Operation.SIMPLEENROLL: reply}
    assert failure(talk(estate, EstClient().enrol(NOBODY))).cause is EstCause.ANOTHER_KEY


def test_a_certificate_that_is_not_valid_at_the_devices_time_is_not_taken(estate: Estate) -> None:
    estate.service.now = lambda: estate.now() + timedelta(hours=1)
    failed = failure(talk(estate, EstClient().enrol(NOBODY)))
    assert failed.cause is EstCause.NOT_VALID_NOW
    assert f"the device's time is {estate.now():%Y-%m-%d %H:%M}" in failed.detail


def test_cacerts_without_the_issuing_ca_leave_no_root(estate: Estate) -> None:
    estate.service.cacerts = (estate.root.certificate,)
    failed = failure(talk(estate, EstClient().enrol(NOBODY)))
    assert (failed.place, failed.cause) == ("cacerts", EstCause.NO_ROOT)


def fetch_root(estate: Estate, client: EstClient) -> bytes | EstFailure:
    conversation = client.root_ca()
    next(conversation)
    reply = estate.ask("cacerts")
    try:
        conversation.send(EstAnswer(reply.status, reply.headers, reply.body, estate.now()))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    raise AssertionError


def test_where_the_root_does_not_verify_the_server_another_one_is_fetched(estate: Estate) -> None:
    client = EstClient()
    good(talk(estate, client.enrol(NOBODY)))
    assert fetch_root(estate, client) == EstFailure(
        "cacerts",
        EstCause.NO_ROOT,
        "cacerts holds no other root CA than the one that does not verify the network's server",
    )
    estate.specs["next"] = CertificateSpec("next", Profile.ROOT_CA, key=KeyType.EC_P256)
    estate.specs["ended"] = CertificateSpec(
        "ended", Profile.ROOT_CA, key=KeyType.EC_P256, valid_for=timedelta(hours=2)
    )
    found = estate.issue("next").certificate
    estate.service.cacerts += (found, estate.issue("ended").certificate)
    estate.elapsed = timedelta(hours=3)
    pem = fetch_root(estate, client)
    assert isinstance(pem, bytes)
    assert certificate(pem) == found
    assert client.root == found


def certify(name: str, key: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey, end: datetime) -> x509.Certificate:  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(common_name(name))
        .issuer_name(common_name(issuer))
        .public_key(key.public_key())
        .serial_number(int.from_bytes(os.urandom(8), "big") + 1)
        .not_valid_before(end - timedelta(days=3650))
        .not_valid_after(end)
        .add_extension(
            x509.BasicConstraints(ca=not name.startswith("device"), path_length=None), critical=True
        )
        .sign(signer, hashes.SHA256())
    )


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def test_of_a_root_and_its_successor_the_one_that_is_needed_is_chosen() -> None:
    """RFC 7030 4.1.3: OldWithOld, OldWithNew, NewWithOld and NewWithNew, all of one name."""
    now = datetime(2026, 3, 1, tzinfo=UTC)
    early, late = now + timedelta(days=30), now + timedelta(days=3000)
    old, new, issuing, device = (ec_key() for _ in range(4))
    authorities = [
        old_old := certify("root", old, "root", old, early),
        certify("root", old, "root", new, early),
        certify("root", new, "root", old, early),
        new_new := certify("root", new, "root", new, late),
    ]
    under_old = certify("issuing", issuing, "root", old, early)
    under_new = certify("issuing", issuing, "root", new, early)
    own = certify("device-1", device, "issuing", issuing, early)
    for order in (authorities, authorities[::-1]):
        assert root_for(own, [*order, under_new], now) == new_new
        # OldWithNew lets a path of the old CA end at the new root as well; no RADIUS server sends it.
        assert root_for(own, [*order, under_old], now) == old_old
        assert root_for(own, [old_old, new_new, under_old], now) == old_old
    assert root_for(own, [*authorities, under_new], early + timedelta(days=1)) is None
    assert root_for(own, [old_old, under_new], now) is None
    assert root_for(own, [], now) is None
    redated = certify("root", old, "root", old, late)
    assert root_for(own, [old_old, redated, under_old], now) == redated


def test_a_self_signed_certificate_that_is_no_ca_is_no_root() -> None:
    key = ec_key()
    now = datetime(2026, 3, 1, tzinfo=UTC)
    own = certify("device", key, "device", key, now + timedelta(days=1))
    assert root_for(own, [own], now) is None
