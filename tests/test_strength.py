from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.pki.keys import KeyPool, KeyType
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.strength import enough_for


@pytest.fixture(scope="module")
def mint() -> Mint:
    return Mint(KeyPool(), datetime.now(UTC))


@pytest.mark.parametrize(
    ("key", "enough"),
    [
        (KeyType.RSA_1024, "RSA of 2048 bits, P-256 or Ed25519"),
        (KeyType.RSA_2048, "RSA of 3072 bits, P-256 or Ed25519"),
        (KeyType.RSA_3072, "RSA of 7680 bits or P-384"),
        (KeyType.EC_P256, "RSA of 7680 bits or P-384"),
        (KeyType.ED25519, "RSA of 7680 bits or P-384"),
        (KeyType.EC_P384, "RSA of 15360 bits or P-521"),
        (KeyType.EC_P521, "a stronger key than any common one"),
    ],
)
def test_what_was_refused_is_never_recommended(mint: Mint, key: KeyType, enough: str) -> None:
    spec = CertificateSpec("root", Profile.ROOT_CA, key=key)
    certificate = mint.issue("root", {"root": spec}).certificate
    assert enough_for(certificate, digest=False, level=None) == enough


def test_a_digest_above_the_one_that_was_refused(mint: Mint) -> None:
    spec = CertificateSpec("root", Profile.ROOT_CA, key=KeyType.EC_P256)
    certificate = mint.issue("root", {"root": spec}).certificate
    assert enough_for(certificate, digest=True, level=None) == "a signature with SHA-384"
