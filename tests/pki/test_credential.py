from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness.pki.credential import Credential
from harness.pki.keys import KeyForm, KeyType, generate
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile

SPECS = {
    "root": CertificateSpec("root", Profile.ROOT_CA),
    "middle": CertificateSpec("middle", Profile.INTERMEDIATE_CA, "root"),
    "leaf": CertificateSpec("leaf", Profile.CLIENT, "middle"),
}


@pytest.fixture
def leaf(mint: Mint) -> Credential:
    return mint.issue("leaf", SPECS)


def test_pem_is_the_certificate_and_the_chain_after_it(leaf: Credential) -> None:
    assert x509.load_pem_x509_certificates(leaf.certificate_pem()) == [leaf.certificate]
    assert x509.load_pem_x509_certificates(leaf.chain_pem()) == [leaf.certificate, *leaf.chain]


@pytest.mark.parametrize("form", list(KeyForm))
def test_the_key_can_be_written_with_a_password(leaf: Credential, form: KeyForm) -> None:
    pem = leaf.key_pem("s3cret", form)
    assert load_pem_private_key(pem, b"s3cret").public_key() == leaf.key.public_key()
    with pytest.raises(TypeError):
        load_pem_private_key(pem, None)


def test_a_copy_is_equal_and_hashes_alike(leaf: Credential) -> None:
    key = load_pem_private_key(leaf.key_pem(), None)
    copy = Credential(leaf.certificate, key, leaf.chain)  # type: ignore[arg-type]
    assert copy == leaf
    assert hash(copy) == hash(leaf)


def test_certificate_chain_and_key_all_count(leaf: Credential, mint: Mint) -> None:
    middle = mint.issue("middle", SPECS)
    assert Credential(leaf.certificate, leaf.key) != leaf
    assert Credential(middle.certificate, leaf.key, leaf.chain) != leaf
    assert Credential(leaf.certificate, generate(KeyType.EC_P256), leaf.chain) != leaf


def test_the_key_is_not_in_the_repr(leaf: Credential) -> None:
    assert "key" not in repr(leaf).lower()
    assert "CN=leaf" in repr(leaf)
