from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness.pki.credential import Credential
from harness.services.issuing.gallery import FIELDS, Careless, Tampering
from harness.services.issuing.issuer import Again, Issuer, device_uri
from harness.services.web.caller import call
from harness.services.web.messages import Reply
from tests.services.issuing.conftest import BOTH, URL, Corp, device_id


def _get(corp: Corp, url: str = BOTH, credential: Credential | None = None, **more: str) -> Reply:
    answer = call(corp.caller(corp.listen(), credential), url, **more)  # type: ignore[arg-type]
    assert isinstance(answer, Reply), answer
    return answer


def _fields(corp: Corp, url: str = BOTH, credential: Credential | None = None) -> dict[str, str]:
    reply = _get(corp, url, credential or corp.device())
    assert reply.status == 200, reply.body
    found = json.loads(reply.body)
    assert isinstance(found, dict)
    return found


def test_the_answer_has_seven_texts_and_a_certificate_of_that_device(corp: Corp) -> None:
    fields = _fields(corp)
    assert tuple(fields) == FIELDS
    assert all(isinstance(value, str) for value in fields.values())
    certificate = x509.load_pem_x509_certificate(fields["clientPublicCertificate"].encode())
    key = load_pem_private_key(fields["clientPrivateKey"].encode(), None)
    assert key.public_key() == certificate.public_key()
    certificate.verify_directly_issued_by(corp.root.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [device_uri(device_id("dev"))]
    assert certificate.subject.rfc4514_string() == f"CN={fields['clientIdentity']}"
    assert fields["rootCACertificate"] == corp.root.certificate_pem().decode()
    assert fields["eapTlsNetworkSsid"] == "CORP"
    assert datetime.fromisoformat(fields["timestamp"]) == corp.now


def test_what_is_not_asked_for_is_empty_and_not_null(corp: Corp) -> None:
    fields = _fields(corp, f"{URL}?needRootCACertificate=true")
    assert [name for name, value in fields.items() if not value] == list(FIELDS[3:])
    assert {fields[name] for name in FIELDS[3:]} == {""}
    assert corp.issuer.count == 0
    corp.service.careless = frozenset({Careless.NULLS})
    fields = _fields(corp, f"{URL}?needRootCACertificate=true")
    assert {fields[name] for name in FIELDS[3:]} == {None}


@pytest.mark.parametrize(
    ("method", "url", "status", "word"),
    [
        ("GET", f"{URL}?needRootCACertificate=yes", 400, "query-malformed"),
        ("GET", f"{URL}?a=1?needRootCACertificate=true", 400, "query-malformed"),
        ("GET", "https://certs.corp.example/elsewhere", 404, "not-found"),
        ("POST", BOTH, 405, "method-not-allowed"),
    ],
)
def test_what_is_no_request_of_this_service_is_answered_as_that(
    corp: Corp, method: str, url: str, status: int, word: str
) -> None:
    reply = _get(corp, url, corp.device(), method=method)
    assert (reply.status, json.loads(reply.body)["error"]) == (status, word)


def test_a_refusal_has_status_and_reason_and_issues_nothing(corp: Corp) -> None:
    reply = _get(corp)
    assert (reply.status, reply.reason) == (401, "Unauthorized")
    assert json.loads(reply.body) == {
        "error": "no-client-certificate",
        "reason": "the client presented no certificate",
    }
    reply = _get(corp, credential=corp.device("theirs", "fabrikam"))
    assert (reply.status, json.loads(reply.body)["error"]) == (403, "certificate-untrusted")
    assert corp.issuer.count == 0
    corp.service.careless = frozenset({Careless.ALWAYS_200})
    reply = _get(corp)
    assert (reply.status, set(json.loads(reply.body).values())) == (200, {None})


def test_a_rate_limit_says_when_to_come_back(corp: Corp) -> None:
    device = corp.device()
    for _ in range(3):
        assert _get(corp, credential=device).status == 200
    reply = _get(corp, credential=device)
    assert (reply.status, reply.headers["retry-after"]) == (429, "3601")


@pytest.mark.catalogue("device-J28")
def test_a_second_certificate_is_new_the_same_or_refused(corp: Corp) -> None:
    device = corp.device()
    first = _fields(corp, credential=device)
    assert _fields(corp, credential=device)["clientPrivateKey"] != first["clientPrivateKey"]
    corp.issuer.again = Again.SAME
    second = _fields(corp, credential=device)
    corp.policy.most = None
    assert _fields(corp, credential=device)["clientPublicCertificate"] == second["clientPublicCertificate"]
    corp.issuer.again = Again.REFUSE
    reply = _get(corp, credential=device)
    assert (reply.status, json.loads(reply.body)["error"]) == (409, "already-issued")
    # The one that is to stay the same ends like any other, and then there is a new one.
    corp.issuer.again = Again.SAME
    corp.clock[0] = corp.now + timedelta(days=91)
    late = corp.device()
    assert _fields(corp, credential=late)["clientPublicCertificate"] != second["clientPublicCertificate"]


def test_careless_services_do_what_they_are_named_after(corp: Corp) -> None:
    corp.service.careless = frozenset({Careless.ONE_CERTIFICATE})
    one = _fields(corp, credential=corp.device("a"))
    assert _fields(corp, credential=corp.device("b"))["clientPrivateKey"] == one["clientPrivateKey"]
    corp.service.careless = frozenset({Careless.CHAIN})
    assert _fields(corp)["clientPublicCertificate"].count("BEGIN CERTIFICATE") == 2
    corp.service.careless = frozenset({Careless.PASSWORD_NEEDLESS})
    fields = _fields(corp, credential=corp.device("c"))
    assert "ENCRYPTED" not in fields["clientPrivateKey"]
    assert fields["clientPrivateKeyPass"]
    corp.service.careless = frozenset({Careless.PASSWORD_MISSING})
    fields = _fields(corp, credential=corp.device("c"))
    assert "ENCRYPTED" in fields["clientPrivateKey"]
    assert not fields["clientPrivateKeyPass"]
    corp.service.careless = frozenset()
    corp.service.issuer = Issuer(corp.root, bytes, encrypts=True)
    fields = _fields(corp, credential=corp.device("c"))
    password = fields["clientPrivateKeyPass"].encode()
    key = load_pem_private_key(fields["clientPrivateKey"].encode(), password)
    certificate = x509.load_pem_x509_certificate(fields["clientPublicCertificate"].encode())
    assert key.public_key() == certificate.public_key()


@pytest.mark.catalogue("device-J08")
def test_a_service_that_always_says_true_believes_a_self_signed_certificate(corp: Corp) -> None:
    import warnings

    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        attribute = x509.NameAttribute(x509.NameOID.COMMON_NAME, device_id("dev"), _validate=False)
    name = x509.Name([attribute])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, corp.now, corp.now + timedelta(1))
    forged = Credential(made.sign(key, hashes.SHA256()), key)
    reply = _get(corp, credential=forged)
    assert (reply.status, json.loads(reply.body)["error"]) == (403, "certificate-untrusted")
    corp.policy.believes_anybody = True
    fields = _fields(corp, credential=forged)
    certificate = x509.load_pem_x509_certificate(fields["clientPublicCertificate"].encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [device_uri(device_id("dev"))]


def test_answers_are_spoilt_field_by_field(corp: Corp) -> None:
    corp.service.tampering = Tampering(
        drop=("timestamp",), put={"clientIdentity": 7}, pad={"rootCACertificate": 9000}, reverse=True
    )
    fields = _fields(corp)
    assert tuple(fields) == tuple(reversed(FIELDS[1:]))
    assert str(fields["clientIdentity"]) == "7"
    assert len(fields["rootCACertificate"]) == 9000
    corp.service.tampering = Tampering(status=503, body="<html>", content_type="text/html")
    reply = _get(corp, credential=corp.device())
    assert (reply.status, reply.content_type, reply.body) == (503, "text/html", b"<html>")
