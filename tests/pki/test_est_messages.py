"""The messages of EST, judged by the openssl command where it can judge them."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from textwrap import wrap

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from harness.pki.credential import Credential
from harness.pki.csr_attributes import decode_csr_attributes, encode_csr_attributes
from harness.pki.est_messages import (
    LONGEST_BODY,
    UnreadableBody,
    decode_certificates,
    decode_request,
    encode_body,
    encode_certificates,
    encode_request,
)
from harness.pki.keys import KeyPool, KeyType, generate
from harness.pki.mint import Mint
from harness.pki.signing_requests import (
    alternative_names,
    common_name,
    issue_client_certificate,
    make_request,
    proves_possession,
    spki,
)
from harness.pki.spec import CertificateSpec, Profile

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALL_KEYS = tuple(KeyType)


def openssl(*words: str, given: bytes) -> str:
    done = subprocess.run(["openssl", *words], input=given, capture_output=True, check=False)
    return (done.stdout + done.stderr).decode()


@pytest.fixture(scope="module")
def root() -> Credential:
    spec = CertificateSpec("root", Profile.ROOT_CA, key=KeyType.EC_P256)
    return Mint(KeyPool(), NOW).issue("root", {"root": spec})


def pem(kind: str, body: bytes) -> bytes:
    return f"-----BEGIN {kind}-----\n".encode() + body + f"-----END {kind}-----\n".encode()


def test_openssl_reads_a_certs_only_message(root: Credential) -> None:
    body = encode_certificates([root.certificate])
    shown = openssl("pkcs7", "-print_certs", given=pem("PKCS7", body))
    assert root.certificate_pem().decode() in shown
    assert "CN = root" in shown or "CN=root" in shown
    again = openssl("cms", "-cmsout", "-noout", "-print", "-inform", "PEM", given=pem("CMS", body))
    assert "pkcs7-signedData" in again
    assert "signerInfos:\n      <EMPTY>" in again


def test_a_message_of_openssl_is_read(root: Credential) -> None:
    made = openssl("crl2pkcs7", "-nocrl", "-certfile", "/dev/stdin", given=root.certificate_pem())
    body = "".join(line for line in made.splitlines() if not line.startswith("---")).encode()
    assert decode_certificates(body) == (root.certificate,)


@pytest.mark.parametrize("kind", [KeyType.EC_P256, KeyType.EC_P384, KeyType.RSA_2048, KeyType.ED25519])
def test_openssl_verifies_a_request(kind: KeyType) -> None:
    names = x509.SubjectAlternativeName([x509.DNSName("thermostat-7.corp.example")])
    request = make_request(generate(kind), common_name("thermostat-7"), names)
    body = encode_request(request)
    shown = openssl("req", "-verify", "-noout", "-text", given=pem("CERTIFICATE REQUEST", body))
    assert "verify OK" in shown
    assert "DNS:thermostat-7.corp.example" in shown
    read = decode_request(body)
    assert proves_possession(read)
    assert alternative_names(read) == names


def test_a_request_of_openssl_is_read(tmp_path: object) -> None:
    made = openssl(
        "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null",
        "-subj", "/CN=thermostat-7", "-outform", "PEM", given=b"",
    )  # fmt: skip
    body = made[made.index("\n", made.index("BEGIN CERT")) + 1 : made.index("-----END CERT")].encode()
    read = decode_request(body)
    assert proves_possession(read)
    assert read.subject == common_name("thermostat-7")


def test_a_request_signed_with_another_key_proves_nothing() -> None:
    der = bytearray(make_request(generate(KeyType.EC_P256), common_name("x")).public_bytes(Encoding.DER))
    der[-3] ^= 1
    body = encode_body(bytes(der))
    assert not proves_possession(decode_request(body))
    assert "verify failure" in openssl(
        "req", "-verify", "-noout", given=pem("CERTIFICATE REQUEST", body)
    ).lower().replace("verification failure", "verify failure")


def test_a_device_id_of_128_characters_is_a_common_name() -> None:
    identifier = "ab12" * 32
    request = make_request(generate(KeyType.EC_P256), common_name(identifier))
    shown = openssl("req", "-noout", "-subject", given=request.public_bytes(Encoding.PEM))
    assert identifier in shown.replace("\\n", "")


def test_openssl_verifies_what_is_issued_for_a_request(root: Credential, tmp_path: object) -> None:
    key = generate(KeyType.EC_P256)
    names = [x509.DNSName("thermostat-7.corp.example")]
    issued = issue_client_certificate(
        key.public_key(),
        common_name("thermostat-7"),
        names,
        root,
        (NOW, NOW + timedelta(days=1)),
        bytes,
    )
    assert spki(issued) == spki(make_request(key, common_name("")))
    folder = __import__("pathlib").Path(str(tmp_path))
    (folder / "ca.pem").write_bytes(root.certificate_pem())
    (folder / "own.pem").write_bytes(issued.public_bytes(Encoding.PEM))
    moment = str(int((NOW + timedelta(hours=1)).timestamp()))
    judged = openssl(
        "verify", "-x509_strict", "-purpose", "sslclient", "-attime", moment,
        "-CAfile", str(folder / "ca.pem"), str(folder / "own.pem"), given=b"",
    )  # fmt: skip
    assert judged.strip().endswith("own.pem: OK")


@pytest.mark.parametrize("keys", [ALL_KEYS, (KeyType.EC_P384,), (KeyType.RSA_2048, KeyType.EC_P256), ()])
def test_csr_attributes_come_back_as_they_were_written(keys: tuple[KeyType, ...]) -> None:
    body = encode_csr_attributes(keys)
    assert decode_csr_attributes(body).keys == keys
    assert "error" not in openssl("asn1parse", given=pem("X", body)).lower()


def test_openssl_shows_the_csr_attributes() -> None:
    shown = openssl("asn1parse", given=pem("X", encode_csr_attributes([KeyType.EC_P384])))
    assert [line.rsplit(":", 1)[-1] for line in shown.splitlines() if "OBJECT" in line] == [
        "id-ecPublicKey",
        "secp384r1",
        "ecdsa-with-SHA384",
    ]


def test_the_example_of_the_rfc_is_read() -> None:
    # RFC 7030 4.5.2: challengePassword, a P-384 key, an attribute of somebody's own, ecdsa-with-SHA384.
    example = b"MEEGCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAiMBYGCSqGSIb3DQEJDjEJBgcrBgEBAQEWBggqhkjOPQQDAw=="
    read = decode_csr_attributes(example)
    assert read.keys == (KeyType.EC_P384,)
    assert [one.dotted_string for one in read.identifiers] == [
        "1.2.840.113549.1.9.7",
        "1.2.840.10045.2.1",
        "1.2.840.113549.1.9.14",
        "1.2.840.10045.4.3.3",
    ]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"", b" \t"])
def test_whitespace_inside_base64_says_nothing(root: Credential, ending: bytes) -> None:
    text = b"".join(encode_certificates([root.certificate]).split())
    body = ending.join(part.encode() for part in wrap(text.decode(), 60)) + ending
    assert decode_certificates(body) == (root.certificate,)


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        (b"", "empty", "the body is empty, not base64 of a PKCS #7 message"),
        (b"-----BEGIN CERTIFICATE-----\n", "pem", "the body is PEM, not base64 of a PKCS #7 message"),
        (b"<html>", "html", "the body is an HTML or XML page, not base64 of a PKCS #7 message"),
        (b'{"error": 1}', "json", "the body is JSON, not base64 of a PKCS #7 message"),
        (b"0\x82\x01\x00", "der", "the body is bare DER, not base64 of a PKCS #7 message"),
        (b"MIIB*", "not-base64", "the body is not base64 of a PKCS #7 message: Only base64 data is allowed"),
        (b"AAAA", "not-pkcs7", "the body is base64, but not of a PKCS #7 message: "),
        (b"A" * (LONGEST_BODY + 1), "too-long", "the body is 65537 octets long; at most 65536 are read"),
    ],
)
def test_what_is_no_message_is_named(body: bytes, kind: str, sentence: str) -> None:
    with pytest.raises(UnreadableBody) as caught:
        decode_certificates(body)
    assert caught.value.kind == kind
    assert str(caught.value).startswith(sentence)


def test_a_message_without_certificates_is_named() -> None:
    # ContentInfo { signedData, { 1, {}, { data }, {} } }
    inner = bytes.fromhex("0201013100300b06092a864886f70d0107013100")
    signed = b"\x30" + bytes([len(inner)]) + inner
    content = bytes.fromhex("06092a864886f70d010702") + b"\xa0" + bytes([len(signed)]) + signed
    body = encode_body(b"\x30" + bytes([len(content)]) + content)
    with pytest.raises(UnreadableBody) as caught:
        decode_certificates(body)
    assert caught.value.kind == "no-certificate"


@given(st.binary(max_size=400), st.integers(0, 500), st.booleans())
def test_whatever_comes_is_read_or_named(noise: bytes, at: int, pure: bool) -> None:  # noqa: FBT001
    request = make_request(_KEY, common_name("x")).public_bytes(Encoding.DER)
    der = noise if pure else request[: at % len(request)] + noise + request[at % len(request) + len(noise) :]
    for read in (decode_request, decode_certificates, decode_csr_attributes):
        try:
            read(encode_body(der))
        except UnreadableBody as error:
            assert error.kind  # noqa: PT017 - both ways are right


_KEY = generate(KeyType.EC_P256)
