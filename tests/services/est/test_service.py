"""The EST service with plain values: which request is answered with a certificate, and why another is not."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from harness.pki.csr_attributes import decode_csr_attributes
from harness.pki.est_messages import decode_certificates, encode_body, encode_request
from harness.pki.keys import KeyType, PrivateKey, generate
from harness.pki.signing_requests import common_name, make_request, spki
from harness.services.est.service import Careless
from harness.services.issuing.issuer import device_uri, identity_of
from harness.services.web.messages import Reply, Request
from tests.services.est.conftest import DEVICE_ID, OTHER_ID, Estate, request_body


def said(reply: Reply) -> str:
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    return f"{reply.status}: {reply.body.decode().rstrip()}"


def broken(body_of: PrivateKey) -> bytes:
    der = bytearray(make_request(body_of, common_name("")).public_bytes(Encoding.DER))
    der[-3] ^= 1
    return encode_body(bytes(der))


def test_cacerts_are_for_everybody(estate: Estate) -> None:
    reply = estate.ask("cacerts")
    assert (reply.status, reply.headers["content-type"]) == (
        200,
        "application/pkcs7-mime; smime-type=certs-only",
    )
    assert set(decode_certificates(reply.body)) == {estate.root.certificate, estate.issuing.certificate}


def test_csrattrs_name_the_preferred_key(estate: Estate) -> None:
    estate.service.keys = (KeyType.RSA_2048, KeyType.EC_P256)
    reply = estate.ask("csrattrs")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/csrattrs")
    assert decode_csr_attributes(reply.body).keys == (KeyType.RSA_2048,)


def test_first_enrolment_gives_the_device_its_names(estate: Estate, key: PrivateKey) -> None:
    reply = estate.post(estate.attested(), request_body(key))
    (issued,) = decode_certificates(reply.body)
    assert issued.subject == common_name(identity_of(DEVICE_ID))
    names = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [device_uri(DEVICE_ID)]
    assert spki(issued) == spki(make_request(key, common_name("")))
    issued.verify_directly_issued_by(estate.issuing.certificate)


@pytest.mark.parametrize("cn", [identity_of(DEVICE_ID), ""])
@pytest.mark.parametrize("uris", [(), (device_uri(DEVICE_ID),)])
def test_a_device_may_name_itself(estate: Estate, key: PrivateKey, cn: str, uris: tuple[str, ...]) -> None:
    reply = estate.post(estate.attested(), request_body(key, cn, *uris))
    assert reply.status == 200, reply.body


OWN, OTHER = identity_of(DEVICE_ID), identity_of(OTHER_ID)


@pytest.mark.parametrize(
    ("cn", "uris", "answer"),
    [
        (OTHER, (), f"403: the request is for 'CN={OTHER}', the device is 'CN={OWN}'"),
        (
            "",
            (device_uri(OTHER_ID),),
            "403: the request asks for alternative names that the device does not have",
        ),
        (
            OWN,
            (device_uri(OTHER_ID),),
            "403: the request asks for alternative names that the device does not have",
        ),
        (
            DEVICE_ID,
            (),
            f"403: the request is for 'CN={DEVICE_ID[:21]}...{DEVICE_ID[-8:]}', the device is 'CN={OWN}'",
        ),
    ],
)
def test_a_request_for_other_names_is_refused(
    estate: Estate, key: PrivateKey, cn: str, uris: tuple[str, ...], answer: str
) -> None:
    reply = estate.post(estate.attested(), request_body(key, cn, *uris))
    assert said(reply) == answer
    assert estate.service.issuer.count == 0


def test_a_careless_service_certifies_any_name(estate: Estate, key: PrivateKey) -> None:
    estate.service.careless = frozenset({Careless.ANY_NAME})
    reply = estate.post(estate.attested(), request_body(key, OTHER))
    assert decode_certificates(reply.body)[0].subject == common_name(OTHER)


def test_a_broken_signature_is_refused_unless_the_service_is_careless(
    estate: Estate, key: PrivateKey
) -> None:
    reply = estate.post(estate.attested(), broken(key))
    assert said(reply) == (
        "400: the signature of the request is not by the key that it names: no proof of possession"
    )
    estate.service.careless = frozenset({Careless.NO_PROOF})
    assert estate.post(estate.attested(), broken(key)).status == 200


@pytest.mark.parametrize(
    ("kind", "words"),
    [(KeyType.RSA_1024, "rsa-1024"), (KeyType.EC_P521, "ec-p521"), (KeyType.ED25519, "ed25519")],
)
def test_a_key_outside_the_policy_is_refused(estate: Estate, kind: KeyType, words: str) -> None:
    reply = estate.post(estate.attested(), request_body(generate(kind)))
    assert said(reply) == (
        f"400: the key of the request is {words}; this CA certifies ec-p256, ec-p384, rsa-2048, rsa-3072 (see csrattrs)"
    )


def test_a_request_signed_with_sha1_is_refused_for_that(estate: Estate) -> None:
    words = ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-sha1"]
    made = subprocess.run([*words, "-subj", "/CN=x", "-outform", "DER"], capture_output=True, check=True)
    reply = estate.post(estate.attested(), encode_body(made.stdout))
    assert said(reply) == "400: the request is signed with SHA-1; this CA wants SHA-256 or better"


def test_a_request_for_a_ca_is_refused(estate: Estate, key: PrivateKey) -> None:
    builder = x509.CertificateSigningRequestBuilder().subject_name(common_name(""))
    made = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    reply = estate.post(estate.attested(), encode_request(made.sign(key, hashes.SHA256())))
    assert said(reply) == "403: the request is for a CA, and this CA certifies devices"


@pytest.mark.parametrize(
    ("body", "content_type", "answer"),
    [
        (b"", "application/pkcs10", "400: the body is empty, not base64 of a PKCS #10 request"),
        (b"-----BEGIN CERTIFICATE REQUEST-----", "application/pkcs10", "400: the body is PEM, not base64 of a PKCS #10 request"),
        (b"AAAA", "application/x-x509", "400: the content type is 'application/x-x509'; a certification request is application/pkcs10"),
        (b"AAAA", "", "400: the content type is missing; a certification request is application/pkcs10"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_request_is_named(
    estate: Estate, body: bytes, content_type: str, answer: str
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    assert said(estate.post(estate.attested(), body, headers=headers)) == answer


def test_media_types_are_compared_without_case_and_parameters(estate: Estate, key: PrivateKey) -> None:
    headers = {"content-type": "Application/PKCS10; charset=us-ascii"}
    assert estate.post(estate.attested(), request_body(key), headers=headers).status == 200


def test_nobody_and_another_tenant_are_refused(estate: Estate, key: PrivateKey) -> None:
    reply = estate.post(None, request_body(key))
    assert said(reply) == "401: the client presented no certificate"
    assert reply.headers["www-authenticate"] == 'ClientCertificate realm="est"'
    reply = estate.post(estate.attested("ef" * 64, "fabrikam"), request_body(key))
    assert said(reply).startswith("403: the client is no device of this tenant: ")


def test_a_device_that_is_not_on_the_allow_list_neither_enrols_nor_renews(
    estate: Estate, key: PrivateKey
) -> None:
    own = estate.enrolled()
    estate.policy.allow = frozenset({OTHER_ID})
    text = f"403: device {DEVICE_ID[:8]}... is not on the allow list"
    assert said(estate.post(estate.attested(), request_body(key))) == text
    assert said(estate.post(own, request_body(key, OWN, device_uri(DEVICE_ID)), "simplereenroll")) == text


def test_only_certificates_count_against_the_rate_limit(estate: Estate, key: PrivateKey) -> None:
    for _ in range(5):
        assert estate.post(estate.attested(), broken(key)).status == 400
    for _ in range(3):
        assert estate.post(estate.attested(), request_body(key)).status == 200
    reply = estate.post(estate.attested(), request_body(key))
    assert said(reply) == f"429: device {DEVICE_ID[:8]}... had 3 certificates a moment ago"
    assert int(reply.headers["retry-after"]) > 3590


def test_renewal_takes_the_same_names_alone(estate: Estate, key: PrivateKey) -> None:
    own = estate.enrolled()
    reply = estate.post(own, request_body(key, OWN, device_uri(DEVICE_ID)), "simplereenroll")
    (renewed,) = decode_certificates(reply.body)
    assert renewed.subject == own.certificate.subject
    assert spki(renewed) != spki(own.certificate)
    reply = estate.post(own, request_body(key, OWN), "simplereenroll")
    assert said(reply) == (
        "403: the request asks for alternative names that the certificate presented does not have"
    )
    reply = estate.post(own, request_body(key), "simplereenroll")
    assert said(reply) == f"403: the request is for '', the certificate presented is 'CN={OWN}'"


def test_the_same_key_may_be_certified_again(estate: Estate) -> None:
    own = estate.enrolled()
    body = request_body(own.key, OWN, device_uri(DEVICE_ID))
    assert spki(decode_certificates(estate.post(own, body, "simplereenroll").body)[0]) == spki(
        own.certificate
    )


def test_an_expired_certificate_is_not_renewed_and_attestation_helps(estate: Estate, key: PrivateKey) -> None:
    own = estate.enrolled()
    estate.elapsed = timedelta(days=91)
    body = request_body(key, OWN, device_uri(DEVICE_ID))
    reply = estate.post(own, body, "simplereenroll")
    assert said(reply) == (
        "403: the certificate presented cannot be renewed: certificate has expired at depth 0"
    )
    assert estate.post(estate.attested(), body).status == 200


def test_an_attestation_certificate_renews_nothing(estate: Estate, key: PrivateKey) -> None:
    reply = estate.post(estate.attested(), request_body(key), "simplereenroll")
    assert said(reply) == "403: the certificate presented is not of this CA; there is nothing to renew"


def test_while_a_ca_is_renewed_a_certificate_of_the_old_one_is_good(estate: Estate, key: PrivateKey) -> None:
    own = estate.enrolled()
    estate.specs["next"] = replace(estate.specs["issuing"], name="next")
    old, estate.service.issuer.authority = estate.issuing.certificate, estate.issue("next")
    body = request_body(key, OWN, device_uri(DEVICE_ID))
    (renewed,) = decode_certificates(estate.post(own, body, "simplereenroll").body)
    renewed.verify_directly_issued_by(estate.issue("next").certificate)
    estate.service.cacerts = tuple(one for one in estate.service.cacerts if one != old)
    assert said(estate.post(own, body, "simplereenroll")).startswith("403: ")


def test_a_forged_certificate_of_the_cas_name_renews_nothing(estate: Estate, key: PrivateKey) -> None:
    forger = Estate(estate.start)
    own = forger.enrolled()
    reply = estate.post(own, request_body(key, OWN, device_uri(DEVICE_ID)), "simplereenroll")
    assert said(reply).startswith("403: the certificate presented cannot be renewed: ")


def test_a_request_that_waits_for_approval_is_answered_when_its_time_has_come(
    estate: Estate, key: PrivateKey
) -> None:
    estate.service.approval = timedelta(hours=2)
    body = request_body(key)
    reply = estate.post(estate.attested(), body)
    assert (reply.status, reply.headers["retry-after"]) == (202, "7200")
    assert said(reply) == "202: the request waits for approval; repeat it in 7200 s"
    estate.elapsed = timedelta(minutes=30)
    assert estate.post(estate.attested(), body).headers["retry-after"] == "5400"
    estate.elapsed = timedelta(hours=2)
    assert estate.post(estate.attested(), body).status == 200
    assert estate.post(estate.attested(), body).status == 202
    assert estate.service.issuer.count == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/.well-known/est/serverkeygen", 404),
        ("GET", "/.well-known/est/plant/cacerts", 404),
        ("GET", "/.well-known/est/", 404),
        ("GET", "/cacerts", 404),
        ("GET", "/", 404),
        ("GET", "/.well-known/est/simpleenroll", 405),
        ("POST", "/.well-known/est/cacerts", 405),
    ],
)
def test_other_paths_and_methods(estate: Estate, method: str, path: str, status: int) -> None:
    assert estate.service(Request(method, path)).status == status


def test_a_label_is_served_when_it_is_set(estate: Estate) -> None:
    estate.service.labels = frozenset({"", "plant"})
    assert estate.ask("plant/cacerts").status == 200
    assert estate.ask("cacerts").status == 200


def test_nothing_outlives_its_issuer(estate: Estate, key: PrivateKey) -> None:
    end = estate.issuing.certificate.not_valid_after_utc
    estate.elapsed = end - estate.start - timedelta(days=3)
    estate.security.create_tenant("later", estate.now())
    reply = estate.post(estate.attested(), request_body(key))
    assert decode_certificates(reply.body)[0].not_valid_after_utc == end
