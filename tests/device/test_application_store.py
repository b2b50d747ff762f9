from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12

from harness.device.application_store import ApplicationStore
from harness.device.certstore import CertStore
from harness.device.entry_type import EntryType
from harness.device.manifest import Access, Capability, Manifest
from harness.device.profile import EARLY_OS, DeviceProfile
from harness.device.results import Answer, StoreResult
from harness.pki.credential import Credential
from harness.pki.keys import KeyForm, PrivateKey

Made = dict[str, Credential]


@dataclass
class Services:
    """Whether the device's services are up, decided by the test."""

    up: bool = True

    def __call__(self) -> bool:
        return self.up


def shell(store: CertStore) -> ApplicationStore:
    return ApplicationStore(store, Access(lambda: True))


@pytest.fixture
def store() -> CertStore:
    return CertStore()


@pytest.fixture
def certificates(store: CertStore) -> ApplicationStore:
    return shell(store)


def everything(certificates: ApplicationStore, made: Made) -> list[StoreResult | Answer[object]]:
    """Call every function once, each in a way that succeeds on an empty store or answers ENOENT."""
    pem, key = made["pump"].certificate_pem(), made["pump"].key_pem()
    questions: list[Callable[[], Answer[object]]] = [
        lambda: Answer(*_fields(certificates.get_certificate_count())),
        lambda: Answer(*_fields(certificates.get_certificate_identifier_at(0))),
        lambda: Answer(*_fields(certificates.get_available_space())),
        lambda: Answer(*_fields(certificates.get_certificate_subject_name("a"))),
        lambda: Answer(*_fields(certificates.get_certificate_issuer_name("a"))),
        lambda: Answer(*_fields(certificates.get_certificate_not_before("a"))),
        lambda: Answer(*_fields(certificates.get_certificate_not_after("a"))),
    ]
    return [
        certificates.install_client_certificate("a", pem, key),
        certificates.install_root_ca_certificate("b", pem),
        certificates.install("b", "rootca", pem),
        certificates.move_certificate("b", "c"),
        *(ask() for ask in questions),
        certificates.delete_certificate("a"),
    ]


def _fields(answer: Answer[int] | Answer[str] | Answer[datetime]) -> tuple[object, str, str, int]:
    return answer.value, answer.errno, answer.text, answer.number


def test_every_function_succeeds_without_a_manifest(certificates: ApplicationStore, made: Made) -> None:
    assert [result.ok for result in everything(certificates, made)] == [True] * 12


@pytest.mark.catalogue("A27")
def test_without_the_capability_every_function_is_eacces(store: CertStore, made: Made) -> None:
    others = frozenset(Capability) - {Capability.CERT_STORE}
    application = ApplicationStore(store, Access(lambda: True, Manifest(others)))
    answers = everything(application, made)
    assert {(answer.errno, answer.number) for answer in answers} == {("EACCES", 10485778)}
    assert store.identifiers() == ()
    assert shell(store).install_root_ca_certificate("a", made["root"].certificate_pem()).ok


@pytest.mark.catalogue("A28")
def test_before_the_service_is_up_every_function_is_eagain(store: CertStore, made: Made) -> None:
    services = Services(up=False)
    manifest = Manifest(frozenset({Capability.CERT_STORE}))
    application = ApplicationStore(store, Access(services, manifest))
    assert {answer.errno for answer in everything(application, made)} == {"EAGAIN"}
    assert store.identifiers() == ()
    services.up = True
    assert all(answer.ok for answer in everything(application, made))


def test_null_pointers_are_efault(certificates: ApplicationStore, made: Made) -> None:
    pem, key = made["pump"].certificate_pem(), made["pump"].key_pem()
    results = [
        certificates.install_client_certificate(None, pem, key),
        certificates.install_client_certificate("a", None, key),
        certificates.install_client_certificate("a", pem, None),
        certificates.install_root_ca_certificate(None, pem),
        certificates.install_root_ca_certificate("a", None),
        certificates.delete_certificate(None),
        certificates.move_certificate(None, "a"),
        certificates.move_certificate("a", None),
    ]
    assert [result.errno for result in results] == ["EFAULT"] * 8
    assert [result.text.split()[0] for result in results] == [
        "identifier",
        "certificate",
        "key",
        "identifier",
        "certificate",
        "identifier",
        "source",
        "destination",
    ]
    assert certificates.get_certificate_subject_name(None).errno == "EFAULT"
    assert certificates.get_certificate_not_after(None).text == "identifier is a null pointer"


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("ca", "C"), 12, "certificate type 'ca' is not known; use client or rootca"),
        (("", "C"), 12, "certificate type '' is not known; use client or rootca"),
        (("rootca", "C", "K"), 17, "a root CA is installed without private key; leave the key out"),
        (("rootca", "C", "K", "p"), 17, "a root CA is installed without private key; leave the key out"),
        (("rootca", "C", None, "p"), 19, "a root CA is installed without password; leave the password out"),
        (("client", "C"), 15, "a client certificate needs its private key"),
        (("client", "C", ""), 15, "a client certificate needs its private key"),
    ],
)
@pytest.mark.catalogue("A24", "A25", "A26")
def test_what_only_requests_can_get_wrong(
    certificates: ApplicationStore, arguments: tuple[str, ...], code: int, text: str
) -> None:
    expected = StoreResult(ok=False, errno="EINVAL", code=code, text=text, number=(37 << 20) + code)
    assert certificates.install("a", *arguments) == expected


def test_a_request_installs_both_types(certificates: ApplicationStore, made: Made) -> None:
    pem, key = made["rsa"].certificate_pem(), made["rsa"].key_pem("s3cret")
    assert certificates.install("a", "client", pem, key, "s3cret") == StoreResult(ok=True)
    expected = StoreResult(ok=True, replaced=EntryType.CLIENT)
    assert certificates.install("a", "rootca", pem, "", "") == expected


@pytest.mark.catalogue("B24")
def test_places_shift_while_another_deletes(certificates: ApplicationStore, made: Made) -> None:
    for name in "abc":
        certificates.install_root_ca_certificate(name, made["root"].certificate_pem())
    assert certificates.get_certificate_count() == Answer(3)
    assert certificates.get_certificate_identifier_at(1) == Answer("b")
    certificates.delete_certificate("a")
    assert certificates.get_certificate_identifier_at(1) == Answer("c")
    text = "there is no certificate at index 2; the store holds 2"
    expected: Answer[str] = Answer(None, "ERANGE", text, (37 << 20) + 10)
    assert certificates.get_certificate_identifier_at(2) == expected
    assert certificates.get_certificate_identifier_at(-1).errno == "ERANGE"


def test_an_entry_is_described(certificates: ApplicationStore, made: Made) -> None:
    certificates.install_root_ca_certificate("a", made["thermostat"].certificate_pem())
    certificate = made["thermostat"].certificate
    subject = certificates.get_certificate_subject_name("a")
    assert subject.value is not None
    assert subject.value.endswith("/CN=thermostat-7")
    assert certificates.get_certificate_issuer_name("a").ok
    assert certificates.get_certificate_not_before("a").value == certificate.not_valid_before_utc
    ends = certificates.get_certificate_not_after("a").value
    assert ends == certificate.not_valid_after_utc
    assert ends is not None
    assert ends.tzinfo is UTC


def test_long_names_are_cut(made: Made) -> None:
    certificates = shell(CertStore(DeviceProfile(name_length=3)))
    certificates.install_root_ca_certificate("a", made["pump"].certificate_pem())
    assert len(certificates.get_certificate_subject_name("a").value or "") == 3


def test_a_missing_entry_is_enoent(certificates: ApplicationStore) -> None:
    text = "there is no certificate 'a' in the store"
    expected: Answer[str] = Answer(None, "ENOENT", text, (37 << 20) + 7)
    assert certificates.get_certificate_subject_name("a") == expected


def test_a_damaged_entry_is_einval_until_it_is_installed_anew(
    store: CertStore, certificates: ApplicationStore, made: Made
) -> None:
    assert store.damage("a").errno == "ENOENT"
    certificates.install_root_ca_certificate("a", made["root"].certificate_pem())
    space = store.available_space()
    assert store.damage("a").ok
    text = "what is stored as 'a' cannot be read; install it anew"
    expected: Answer[str] = Answer(None, "EINVAL", text, (37 << 20) + 3)
    assert certificates.get_certificate_issuer_name("a") == expected
    assert store.available_space() == space
    certificates.install_root_ca_certificate("a", made["root"].certificate_pem())
    assert certificates.get_certificate_issuer_name("a").ok


@pytest.mark.catalogue("B26")
def test_an_id_is_looked_up_whole(certificates: ApplicationStore, made: Made) -> None:
    certificates.install_root_ca_certificate("Radius", made["root"].certificate_pem())
    assert certificates.get_certificate_subject_name("RadiusRootCA").errno == "ENOENT"
    assert certificates.get_certificate_subject_name("Radius").ok


@pytest.mark.catalogue("A02")
def test_early_systems_know_einval_alone_for_ids(made: Made) -> None:
    certificates = shell(CertStore(EARLY_OS))
    assert (
        certificates.install_root_ca_certificate("a" * 17, made["root"].certificate_pem()).errno == "EINVAL"
    )


@pytest.mark.catalogue("A16", "A17")
def test_der_and_pfx_are_no_pem(certificates: ApplicationStore, made: Made) -> None:
    rsa = made["rsa"]
    der = rsa.certificate.public_bytes(Encoding.DER)
    pfx = pkcs12.serialize_key_and_certificates(
        b"x", rsa.key, rsa.certificate, None, BestAvailableEncryption(b"s3cret")
    )
    for blob in (der, pfx):
        result = certificates.install_client_certificate("a", blob, rsa.key_pem())
        assert (result.errno, result.code, result.text) == ("EINVAL", 8, "the certificate is not PEM")


@pytest.mark.catalogue("A17")
def test_a_converted_pfx_is_accepted(certificates: ApplicationStore, made: Made) -> None:
    pfx = pkcs12.serialize_key_and_certificates(
        b"x", made["rsa"].key, made["rsa"].certificate, None, BestAvailableEncryption(b"s3cret")
    )
    key, certificate, _ = pkcs12.load_key_and_certificates(pfx, b"s3cret")
    assert certificate is not None
    assert isinstance(key, PrivateKey)
    converted = Credential(certificate, key)
    assert certificates.install_client_certificate("a", converted.certificate_pem(), converted.key_pem()).ok


@pytest.mark.catalogue("A18")
def test_text_outside_the_object_is_a_switch(made: Made) -> None:
    pem = b"Bag Attributes\n" + made["root"].certificate_pem() + b"trailing\n"
    refused = shell(CertStore()).install_root_ca_certificate("a", pem)
    assert (refused.errno, refused.code) == ("EINVAL", 8)
    assert shell(CertStore(DeviceProfile(pem_text_outside=True))).install_root_ca_certificate("a", pem).ok


@pytest.mark.catalogue("A20")
def test_line_ends_are_a_switch(made: Made) -> None:
    pem = made["root"].certificate_pem()
    strict = shell(CertStore(DeviceProfile(pem_strict_lines=True)))
    for variant in (pem.replace(b"\n", b"\r\n"), pem.rstrip(b"\n")):
        assert shell(CertStore()).install_root_ca_certificate("a", variant).ok
        result = strict.install_root_ca_certificate("a", variant)
        assert result.text == "the certificate must have LF line ends, the last line too"
    assert strict.install_root_ca_certificate("a", pem).ok


@pytest.mark.catalogue("A20")
def test_lost_line_ends_are_not_taken_for_a_wrong_password(
    certificates: ApplicationStore, made: Made
) -> None:
    pem, key = made["rsa"].certificate_pem(), made["rsa"].key_pem("s3cret", KeyForm.TRADITIONAL)
    joined = certificates.install_client_certificate("a", pem, key.replace(b"\n\n", b"\n"), "s3cret")
    assert (joined.errno, joined.code) == ("EINVAL", 15)
    assert joined.text == (
        "the private key's header lines are not separated from its content by an empty line"
    )
    assert certificates.install_client_certificate("a", pem, key.replace(b"\n", b""), "s3cret").code == 8
    assert certificates.install_client_certificate("a", pem, key, "s3cret").ok


@pytest.mark.catalogue("A21")
def test_certificate_and_key_exchanged(certificates: ApplicationStore, made: Made) -> None:
    pem, key = made["rsa"].certificate_pem(), made["rsa"].key_pem()
    exchanged = certificates.install_client_certificate("a", key, pem)
    assert exchanged.text == "the certificate is a PEM PRIVATE KEY, not a CERTIFICATE"
    twice = certificates.install_client_certificate("a", pem, pem)
    assert twice.text == "the private key is a PEM CERTIFICATE, not a PKCS#8 or PKCS#1 key"


@pytest.mark.catalogue("F28")
@pytest.mark.parametrize(
    ("allowed", "text"),
    [
        (("rsa",), "the private key is not RSA"),
        (("rsa", "ed25519"), "the private key is neither RSA nor Ed25519"),
    ],
)
def test_key_algorithms_are_a_switch(made: Made, allowed: tuple[str, ...], text: str) -> None:
    certificates = shell(CertStore(DeviceProfile(client_key_types=allowed)))
    pem, key = made["pump"].certificate_pem(), made["pump"].key_pem()
    result = certificates.install_client_certificate("a", pem, key)
    assert (result.errno, result.code, result.text) == ("EINVAL", 15, text)
    rsa = made["rsa"]
    assert certificates.install_client_certificate("a", rsa.certificate_pem(), rsa.key_pem()).ok


@pytest.mark.catalogue("B11")
def test_moving_onto_itself_is_a_switch(made: Made) -> None:
    store = CertStore(DeviceProfile(move_onto_itself=False))
    certificates = shell(store)
    certificates.install_root_ca_certificate("a", made["root"].certificate_pem())
    result = certificates.move_certificate("a", "a")
    assert (result.errno, result.text) == ("EINVAL", "certificate 'a' cannot be moved onto itself")
    assert store.identifiers() == ("a",)


@pytest.mark.catalogue("B08")
def test_moving_over_an_entry_frees_its_space(
    store: CertStore, certificates: ApplicationStore, made: Made
) -> None:
    certificates.install_root_ca_certificate("A", made["root"].certificate_pem())
    certificates.install_root_ca_certificate("B", made["other-root"].certificate_pem())
    before = store.available_space()
    assert certificates.move_certificate("B", "A").replaced is EntryType.ROOT_CA
    assert certificates.get_certificate_count().value == 1
    assert store.available_space() > before
    assert certificates.get_certificate_subject_name("A").value == certificates_subject(made["other-root"])


def certificates_subject(credential: Credential) -> str | None:
    certificates = shell(CertStore())
    certificates.install_root_ca_certificate("x", credential.certificate_pem())
    return certificates.get_certificate_subject_name("x").value


def test_numbers_are_those_of_rest(certificates: ApplicationStore) -> None:
    result = certificates.delete_certificate("gone")
    assert result.number == 38797319
