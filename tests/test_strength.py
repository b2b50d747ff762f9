from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from harness.pki.keys import KeyPool, KeyType
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile
from harness.strength import enough_for, key_for, level_of, too_weak

if TYPE_CHECKING:
    from pathlib import Path


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


@pytest.mark.parametrize(
    ("ciphers", "level"),
    [("", None), ("DEFAULT", None), ("DEFAULT@SECLEVEL=3", 3), ("A:@SECLEVEL=1:B:@SECLEVEL=4", 4)],
)
def test_the_level_that_a_cipher_list_names(ciphers: str, level: int | None) -> None:
    assert level_of(ciphers) == level


@pytest.mark.parametrize(
    ("key", "level", "enough"),
    [
        (KeyType.RSA_2048, 3, "RSA of 3072 bits, P-256 or Ed25519"),
        (KeyType.RSA_2048, 4, "RSA of 7680 bits or P-384"),
        (KeyType.EC_P256, 4, "RSA of 7680 bits or P-384"),
        (KeyType.EC_P256, 5, "RSA of 15360 bits or P-521"),
        (KeyType.RSA_1024, 1, "RSA of 2048 bits, P-256 or Ed25519"),
    ],
)
def test_a_known_level_is_satisfied_by_what_is_recommended(
    mint: Mint, key: KeyType, level: int, enough: str
) -> None:
    spec = CertificateSpec("root", Profile.ROOT_CA, key=key)
    certificate = mint.issue("root", {"root": spec}).certificate
    assert enough_for(certificate, digest=False, level=level) == enough
    assert key_for(level) == enough or level == 1


_KEYS = (KeyType.RSA_1024, KeyType.RSA_2048, KeyType.EC_P256, KeyType.EC_P384, KeyType.ED25519)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl; install the package openssl")
@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "keys", [(leaf, ca, root) for leaf in _KEYS for ca in _KEYS[:3] for root in _KEYS[:4:3]]
)
def test_openssl_finds_the_same_certificate_too_weak(
    mint: Mint, tmp_path: Path, keys: tuple[KeyType, KeyType, KeyType], level: int
) -> None:
    specs = {
        "root": CertificateSpec("root", Profile.ROOT_CA, key=keys[2]),
        "ca": CertificateSpec("ca", Profile.INTERMEDIATE_CA, "root", key=keys[1]),
        "leaf": CertificateSpec("leaf", Profile.CLIENT, "ca", key=keys[0]),
    }
    path = [mint.issue(name, specs).certificate for name in ("leaf", "ca", "root")]
    files = [tmp_path / name for name in specs]
    for file, certificate in zip(files, reversed(path), strict=True):
        file.write_bytes(certificate.public_bytes(Encoding.PEM))
    root, ca, leaf = map(str, files)
    command = ["openssl", "verify", "-auth_level", str(level), "-trusted", root, "-untrusted", ca, leaf]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    found = re.search(r"error (\d+) at (\d+) depth", done.stderr)
    assert too_weak(path, level) == ((int(found[1]), int(found[2])) if found else None)
