"""Registered CAs: every answer of the portals' two steps, with certificates of a real tenant."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from harness.services.backend.answers import Reason
from harness.services.backend.registrations import UNVERIFIED, VERIFIED, Registrations
from tests.services.backend.conftest import DAY, END, Estate

pytestmark = pytest.mark.filterwarnings("ignore:Attribute's length")
NOW = END - 80 * DAY
MINUTE = timedelta(minutes=1)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


@pytest.fixture
def portal(estate: Estate) -> Registrations:
    """A portal in which B is registered and a code is due."""
    made = Registrations(random.Random(1).randbytes)
    assert made.upload("b", der(estate.ca("B")), NOW).ok
    return made


@pytest.mark.catalogue("device-L01")
@pytest.mark.parametrize("encoded", [pem, der])
def test_an_upload_is_unverified_until_its_proof_comes(estate: Estate, encoded: object) -> None:
    portal = Registrations(random.Random(1).randbytes)
    assert callable(encoded)
    assert portal.upload("b", encoded(estate.ca("B")), NOW).status == UNVERIFIED

    code = portal.new_code("b").code
    assert len(code) == 48
    assert set(code) <= set("0123456789ABCDEF")
    assert portal.all()[0].status == UNVERIFIED

    assert portal.prove("b", der(estate.proof(NOW, code, 2)), NOW + MINUTE).status == VERIFIED
    assert portal.all()[0].status == VERIFIED


def test_verified_on_upload_is_a_switch(estate: Estate) -> None:
    portal = Registrations(random.Random(1).randbytes, verified_on_upload=True)

    assert portal.upload("b", pem(estate.ca("B")), NOW).status == VERIFIED
    assert portal.new_code("b").reason is Reason.ALREADY_VERIFIED


def test_what_is_no_ca_is_not_registered(estate: Estate) -> None:
    portal = Registrations(random.Random(1).randbytes)
    leaf = estate.device(NOW)[0]
    chain = estate.service.chain("contoso", NOW)
    bundle = pem(estate.ca("A")) + pem(estate.ca("B"))

    answers = [portal.upload("x", content, NOW) for content in (b"", b"hello", chain, bundle, pem(leaf))]

    assert [(answer.reason, answer.detail) for answer in answers] == [
        (Reason.NOT_A_CERTIFICATE, "the file is empty"),
        (Reason.NOT_A_CERTIFICATE, "the file is neither PEM nor DER of a certificate"),
        (
            Reason.NOT_A_CERTIFICATE,
            "the file is a PKCS#7 chain where one certificate in PEM or DER is due",
        ),
        (Reason.NOT_A_CERTIFICATE, "the file is a bundle of 2 certificates where one is due"),
        (Reason.NOT_A_CA, "the certificate is none of a CA"),
    ]
    assert portal.all() == ()


def test_an_ended_ca_a_second_time_and_a_full_portal(estate: Estate) -> None:
    portal = Registrations(random.Random(1).randbytes, slots=1)

    assert portal.upload("a", pem(estate.ca("A")), END + DAY).reason is Reason.CA_EXPIRED
    assert portal.upload("a", pem(estate.ca("A")), NOW).ok
    assert portal.upload("a2", der(estate.ca("A")), NOW).reason is Reason.ALREADY_REGISTERED
    assert portal.upload("b", der(estate.ca("B")), NOW).reason is Reason.NO_SLOT_FREE
    assert portal.remove("a").ok
    assert portal.upload("b", der(estate.ca("B")), NOW).ok


def test_there_is_nothing_to_prove(estate: Estate, portal: Registrations) -> None:
    proof = der(estate.proof(NOW, "00" * 24, 2))

    assert portal.prove("z", proof, NOW).reason is Reason.NOT_REGISTERED
    assert portal.new_code("z").reason is Reason.NOT_REGISTERED
    assert portal.prove("b", proof, NOW).reason is Reason.CODE_MISSING


@pytest.mark.catalogue("device-L03", "device-L04")
def test_a_wrong_and_an_old_code(estate: Estate, portal: Registrations) -> None:
    first = portal.new_code("b").code
    second = portal.new_code("b").code

    for code in ("00" * 24, first, second.lower()):
        answer = portal.prove("b", der(estate.proof(NOW, code, 2)), NOW)
        assert (answer.reason, answer.status) == (Reason.CODE_DIFFERS, UNVERIFIED)
    assert portal.prove("b", der(estate.proof(NOW, second, 2)), NOW).ok


@pytest.mark.catalogue("device-L05")
@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (-6 * MINUTE, Reason.PROOF_NOT_YET_VALID),
        (-5 * MINUTE, None),
        (timedelta(), None),
        (60 * MINUTE, None),
        (61 * MINUTE, Reason.PROOF_EXPIRED),
    ],
)
def test_a_proof_serves_for_65_minutes(
    estate: Estate, portal: Registrations, later: timedelta, reason: Reason | None
) -> None:
    proof = estate.proof(NOW, portal.new_code("b").code, 2)

    assert portal.prove("b", der(proof), NOW + later).reason is reason


@pytest.mark.catalogue("device-L06", "device-L02")
def test_a_proof_of_another_ca(estate: Estate, portal: Registrations) -> None:
    code = portal.new_code("b").code
    of_a = estate.proof(NOW, code, 1)
    of_the_active = estate.service.proof("contoso", NOW, code)
    of_a_stranger = estate.proof(NOW, code, 1, "fabrikam")
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, code)])
    by_itself = signed(key, name, name)
    under_the_name = signed(key, name, estate.ca("B").subject)

    for proof in (of_a, of_the_active, of_a_stranger, by_itself, under_the_name):
        assert portal.prove("b", der(proof), NOW).reason is Reason.PROOF_OF_ANOTHER_CA
    assert portal.prove("b", der(estate.proof(NOW, code, 2)), NOW).ok


@pytest.mark.catalogue("device-L07")
def test_the_code_has_to_be_the_common_name(estate: Estate) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a CA")])
    portal = Registrations(random.Random(1).randbytes)
    assert portal.upload("b", pem(signed(key, ca_name, ca_name, ca=True)), NOW).ok
    code = portal.new_code("b").code
    in_ou = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "proof"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, code),
        ]
    )
    plain = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "proof")])
    right = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, code)])

    assert portal.prove("b", pem(signed(key, in_ou, ca_name)), NOW).reason is Reason.CODE_DIFFERS
    assert portal.prove("b", pem(signed(key, plain, ca_name, dns=code)), NOW).reason is Reason.CODE_DIFFERS
    assert portal.prove("b", pem(signed(key, right, ca_name)), NOW).ok


@pytest.mark.catalogue("device-L09")
def test_a_proof_serves_once(estate: Estate, portal: Registrations) -> None:
    proof = der(estate.proof(NOW, portal.new_code("b").code, 2))
    assert portal.prove("b", proof, NOW).ok

    assert portal.prove("b", proof, NOW).reason is Reason.CODE_MISSING
    portal.remove("b")
    portal.upload("b", pem(estate.ca("B")), NOW)
    assert portal.prove("b", proof, NOW).reason is Reason.CODE_MISSING
    portal.new_code("b")
    assert portal.prove("b", proof, NOW).reason is Reason.CODE_DIFFERS


def signed(
    key: ec.EllipticCurvePrivateKey, subject: x509.Name, issuer: x509.Name, *, ca: bool = False, dns: str = ""
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if dns:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(dns)]), critical=False)
    return builder.sign(key, hashes.SHA384())
