"""Identities against the names of a certificate, and against RFC 7542."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from harness.diagnosis import chain, identities

UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(
    *subject: tuple[x509.ObjectIdentifier, str], names: Sequence[x509.GeneralName] = ()
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(*one) for one in subject])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")]))
        .public_key(KEY.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2035, 1, 1, tzinfo=UTC))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not subject)
    return builder.sign(KEY, hashes.SHA256())


PLAIN = certificate((NameOID.COMMON_NAME, "Thermostat-7"), (NameOID.ORGANIZATION_NAME, "Corp"))
HOST = certificate(names=[x509.DNSName("pc1.corp.example")])
MAIL = certificate(names=[x509.RFC822Name("joe@corp.example")])
USER = certificate(names=[x509.OtherName(UPN, b"\x0c\x10joe@corp.example")])
OTHERS = certificate(
    (NameOID.USER_ID, "u4711"),
    (NameOID.SERIAL_NUMBER, "SN-9"),
    (NameOID.EMAIL_ADDRESS, "ann@corp.example"),
    names=[
        x509.UniformResourceIdentifier("spiffe://corp.example/site/boiler"),
        x509.IPAddress(ip_address("192.0.2.7")),
        x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "inner")])),
        x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4")),
        x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x30\x08\x0c\x06hidden"),
    ],
)


@pytest.mark.parametrize(
    ("cert", "identity"),
    [
        (PLAIN, "thermostat-7"),
        (PLAIN, "THERMOSTAT-7"),
        (PLAIN, "thermostat-7@anywhere.example"),
        (PLAIN, "CORP\\thermostat-7"),
        (PLAIN, "CORP\\thermostat-7$"),
        (PLAIN, "host/thermostat-7"),
        (PLAIN, "host/thermostat-7.corp.example"),
        (HOST, "pc1.corp.example"),
        (HOST, "pc1"),
        (HOST, "pc1@corp.example"),
        (HOST, "host/pc1.corp.example"),
        (HOST, "host/pc1.corp.example@elsewhere.example"),
        (HOST, "pc1$"),
        (MAIL, "joe@corp.example"),
        (MAIL, "joe"),
        (MAIL, "CORP\\joe"),
        (USER, "joe@corp.example"),
        (USER, "joe"),
        (OTHERS, "u4711"),
        (OTHERS, "sn-9@corp.example"),
        (OTHERS, "ann@corp.example"),
        (OTHERS, "boiler"),
        (OTHERS, "spiffe://corp.example/site/boiler"),
        (OTHERS, "192.0.2.7"),
        (OTHERS, "inner"),
        (OTHERS, "1.2.3.4"),
        (OTHERS, "hidden"),
    ],
)
def test_a_name_in_any_form_is_in_the_certificate(cert: x509.Certificate, identity: str) -> None:
    assert identities.is_named(identity, cert)


@pytest.mark.parametrize(
    ("cert", "identity"),
    [
        (PLAIN, "head-of-finance"),
        (PLAIN, "thermostat-70"),
        (PLAIN, "thermostat"),
        (PLAIN, "host/thermostat-8.corp.example"),
        (PLAIN, "corp"),
        (PLAIN, "issuer"),
        (HOST, "pc1.other.example"),
        (HOST, "pc1@other.example"),
        (HOST, "host/pc1.other.example"),
        (HOST, "corp.example"),
        (MAIL, "joe@other.example"),
        (MAIL, "ann@corp.example"),
        (USER, "joe@other.example"),
        (OTHERS, "ann@other.example"),
        (OTHERS, "192.0.2.8"),
    ],
)
def test_a_name_of_somebody_else_is_not(cert: x509.Certificate, identity: str) -> None:
    assert not identities.is_named(identity, cert)


def test_a_certificate_that_cannot_be_read_accuses_nobody() -> None:
    broken = certificate(names=[x509.DNSName("pc1.corp.example")]).public_bytes(Encoding.DER)
    # The tag of the DNS name becomes one that no general name has.
    broken = broken.replace(b"\x82\x10pc1.corp.example", b"\x9f\x10pc1.corp.example")
    assert identities.is_named("anybody", x509.load_der_x509_certificate(broken))


@pytest.mark.parametrize(
    "identity", ["", "@corp.example", "anonymous", "Anonymous@corp.example", "anon@corp.example", "@"]
)
def test_who_names_nobody_claims_no_name(identity: str) -> None:
    assert identities.is_anonymous(identity)


@pytest.mark.parametrize("identity", ["anonymous-7", "joe@anonymous", "x"])
def test_whoever_names_somebody_is_not_anonymous(identity: str) -> None:
    assert not identities.is_anonymous(identity)


@pytest.mark.parametrize(
    "identity",
    [
        # RFC 7542 2.6: examples of valid identifiers.
        "bob",
        "joe@example.com",
        "fred@foo-9.example.com",
        "jack@3rd.depts.example.com",
        "fred.smith@example.com",
        "fred_smith@example.com",
        "fred$@example.com",
        "fred=?#$&*+-/^smith@example.com",
        "nancy@eng.example.net",
        "eng.example.net!nancy@example.net",
        "eng%nancy@example.net",
        "@privatecorp.example.net",
        "alice@xn--tmonesimerkki-bfbb.example.net",
        "\u7528\u6237@\u4f8b\u5b50.\u6d4b\u8bd5",
        "host/pc1.corp.example",
        "",
    ],
)
def test_what_rfc_7542_allows(identity: str) -> None:
    assert identities.nai_fault(identity) == ""


@pytest.mark.parametrize(
    ("identity", "fault"),
    [
        # RFC 7542 2.6: examples of invalid identifiers.
        ("fred@example", '"example" is no realm: that has labels of letters, digits and inner hyphens, and a dot between them'),
        ("fred@example_9.com", '"example_9.com" is no realm: that has labels of letters, digits and inner hyphens, and a dot between them'),
        ("fred@example.net@example.net", '"fred@example.net" is no user name'),
        ("fred.@example.net", '"fred." is no user name'),
        ("eng:nancy@example.net", '"eng:nancy" is no user name'),
        ("eng;nancy@example.net", '"eng;nancy" is no user name'),
        ("(user)@example.net", '"(user)" is no user name'),
        ("<nancy>@example.net", '"<nancy>" is no user name'),
        ("CORP\\joe", '"CORP\\joe" is no user name'),
        ("joe\n", '"joe\n" is no user name'),
        ("two words", '"two words" is no user name'),
        ("joe@-corp.example", '"-corp.example" is no realm: that has labels of letters, digits and inner hyphens, and a dot between them'),
        ("joe@", '"" is no realm: that has labels of letters, digits and inner hyphens, and a dot between them'),
    ],
)  # fmt: skip
def test_what_it_does_not_allow(identity: str, fault: str) -> None:
    assert identities.nai_fault(identity) == fault


@pytest.mark.parametrize(
    ("cert", "told"),
    [
        (PLAIN, "O=Corp,CN=Thermostat-7"),
        (HOST, "DNS:pc1.corp.example"),
        (MAIL, "email:joe@corp.example"),
        (USER, "a certificate without subject"),
        (certificate(), "a certificate without subject"),
    ],
)
def test_a_certificate_without_subject_is_told_by_its_first_alternative_name(
    cert: x509.Certificate, told: str
) -> None:
    assert chain.subject(cert) == told
