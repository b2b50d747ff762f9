from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from harness.pki.keys import KeyType
from harness.pki.mint import Mint
from harness.run.book import CertificateBook

CHAIN = """
scenario: x
certificates:
  middle: {profile: intermediate-ca}
  pump: {profile: client, issuer: middle, password: s3cret}
  quiet: {profile: client, issuer: middle, send-chain: false}
steps: [reload]
"""


@pytest.fixture
def book(written: Any, mint: Mint) -> CertificateBook:
    return CertificateBook(mint, written.case(CHAIN).scenario.certificates)


def test_a_certificate_is_issued_once(book: CertificateBook) -> None:
    assert book.credential("thermostat") is book.credential("thermostat")


def test_equal_certificates_of_two_cases_are_one(written: Any, mint: Mint) -> None:
    books = [CertificateBook(mint, written.case(CHAIN).scenario.certificates) for _ in range(2)]
    assert books[0].credential("pump") == books[1].credential("pump")


def test_the_chain_is_sent_unless_told_otherwise(book: CertificateBook) -> None:
    assert book.credential("pump").chain == (book.certificate("middle"),)
    assert book.credential("quiet").chain == ()


def test_the_key_is_handed_out_encrypted_where_it_has_a_password(book: CertificateBook) -> None:
    assert "BEGIN ENCRYPTED PRIVATE KEY" in book.key_pem("pump")
    assert "BEGIN PRIVATE KEY" in book.key_pem("thermostat")


def test_renewal_changes_one_certificate_and_not_those_below_it(book: CertificateBook) -> None:
    root, leaf = book.credential("middle"), book.credential("pump")
    book.renew("middle", keep_key=False, key=None, valid_for=None)
    assert book.credential("middle") != root
    assert book.credential("pump") is leaf


def test_renewal_can_keep_the_key_or_change_its_type(book: CertificateBook) -> None:
    old = book.certificate("thermostat")
    book.renew("thermostat", keep_key=True, key=None, valid_for=None)
    kept = book.certificate("thermostat")
    assert kept.serial_number != old.serial_number
    assert kept.public_key() == old.public_key()
    book.renew("thermostat", keep_key=False, key=KeyType.ED25519, valid_for=None)
    assert book.certificate("thermostat").public_key() != old.public_key()
    assert book.certificate("thermostat").subject == old.subject


def test_a_revoked_certificate_is_on_its_issuers_next_list(book: CertificateBook) -> None:
    serial = book.certificate("pump").serial_number
    assert book.crl("middle", expired=False).get_revoked_certificate_by_serial_number(serial) is None
    book.revoke("pump")
    crl = book.crl("middle", expired=False)
    assert isinstance(crl, x509.CertificateRevocationList)
    assert crl.get_revoked_certificate_by_serial_number(serial) is not None


def subjects(pem: str) -> list[str]:
    return [one.subject.rfc4514_string() for one in x509.load_pem_x509_certificates(pem.encode())]


def test_certificates_are_shown_with_all_that_issued_them_and_without_keys(book: CertificateBook) -> None:
    book.credential("pump")
    shown = book.pem()
    assert {name: subjects(pem) for name, pem in shown.items()} == {
        "pump": ["CN=pump"],
        "middle": ["CN=middle"],
        "corp-root": ["CN=corp-root"],
    }
    assert "PRIVATE" not in "".join(shown.values())


def test_every_generation_is_shown_the_first_one_with_its_number(book: CertificateBook) -> None:
    made = []
    for _ in range(3):
        made.append(book.credential("middle").certificate_pem().decode())
        book.renew("middle", keep_key=True, key=None, valid_for=None)
    newest = book.credential("middle").certificate_pem().decode()
    shown = book.pem()
    assert [shown[name] for name in ("middle.1", "middle.2", "middle.3", "middle")] == [*made, newest]
    assert len({*shown.values()}) == len(shown)


def test_a_ca_that_was_renewed_before_anybody_asked_for_it_is_there_in_both_generations(
    book: CertificateBook,
) -> None:
    issued = book.credential("pump")
    book.renew("middle", keep_key=False, key=None, valid_for=None)
    assert issued.chain[0] in book.authorities()
    assert book.pem()["middle.1"].encode() in issued.chain_pem()
    assert book.pem()["middle"] != book.pem()["middle.1"]


def test_every_crl_that_was_published_is_shown_once(book: CertificateBook) -> None:
    first = book.crl("middle", expired=False)
    assert book.crl("middle", expired=False) == first
    book.revoke("pump")
    second = book.crl("middle", expired=False)
    shown = {name: pem for name, pem in book.pem().items() if ".crl" in name}
    assert list(shown) == ["middle.crl", "middle.crl.1"]
    assert x509.load_pem_x509_crl(shown["middle.crl"].encode()) == second
    assert x509.load_pem_x509_crl(shown["middle.crl.1"].encode()) == first


def test_a_certificate_that_bears_such_a_name_loses_it_to_nobody(written: Any, mint: Mint) -> None:
    text = """
scenario: x
certificates:
  thermostat.1: {profile: client}
  corp-root.crl: {profile: client}
steps: [reload]
"""
    book = CertificateBook(mint, written.case(text).scenario.certificates)
    for name in ("thermostat.1", "corp-root.crl", "thermostat"):
        book.credential(name)
    book.crl("corp-root", expired=False)
    book.renew("thermostat", keep_key=True, key=None, valid_for=None)
    shown = book.pem()
    assert subjects(shown["thermostat.1"]) == ["CN=thermostat.1"]
    assert subjects(shown["thermostat.1_"]) == ["CN=thermostat-7"]
    assert subjects(shown["corp-root.crl"]) == ["CN=corp-root.crl"]
    assert "X509 CRL" in shown["corp-root.crl_"]
