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


def test_certificates_are_shown_without_keys(book: CertificateBook) -> None:
    book.credential("pump")
    assert "PRIVATE" not in "".join(book.pem().values())
    assert set(book.pem()) == {"pump"}
