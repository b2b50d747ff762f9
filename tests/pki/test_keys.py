from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness.pki.keys import KeyForm, KeyPool, KeyType, generate, private_key_pem, public_key_der
from harness.pki.once import OncePerKey


@pytest.mark.parametrize("key_type", [KeyType.RSA_1024, KeyType.RSA_2048, KeyType.RSA_3072])
def test_rsa_keys_have_the_size_they_say(key_type: KeyType) -> None:
    key = generate(key_type)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert f"rsa-{key.key_size}" == key_type


@pytest.mark.parametrize("key_type", [KeyType.EC_P256, KeyType.EC_P384, KeyType.EC_P521])
def test_curve_keys_have_the_curve_they_say(key_type: KeyType) -> None:
    key = generate(key_type)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert f"ec-p{key.curve.key_size}" == key_type


def test_ed25519_is_made() -> None:
    assert isinstance(generate(KeyType.ED25519), ed25519.Ed25519PrivateKey)


def test_a_pool_gives_one_key_per_type_and_label() -> None:
    pool = KeyPool()
    key = pool.get(KeyType.EC_P256, "a")
    assert pool.get(KeyType.EC_P256, "a") is key
    assert pool.get(KeyType.EC_P256, "b") is not key
    assert pool.get(KeyType.EC_P384, "a") is not key


def test_threads_get_the_same_key() -> None:
    pool = KeyPool()
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda _: pool.get(KeyType.EC_P256, "a"), range(64)))
    assert len({id(key) for key in keys}) == 1


def test_a_slow_value_holds_up_nobody_else() -> None:
    cache: OncePerKey[str, int] = OncePerKey()
    entered, release = Event(), Event()

    def slow() -> int:
        entered.set()
        assert release.wait(10)
        return 1

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(cache.get, "slow", slow)
        assert entered.wait(10)
        assert cache.get("quick", lambda: 2) == 2
        assert not first.done()
        release.set()
        assert first.result(10) == 1


def test_a_failed_make_is_not_kept() -> None:
    cache: OncePerKey[str, int] = OncePerKey()

    def fail() -> int:
        raise OSError("no")

    with pytest.raises(OSError, match=r"^no$"):
        cache.get("a", fail)
    assert cache.get("a", lambda: 3) == 3


@pytest.mark.parametrize(
    ("key_type", "form", "password", "first_lines"),
    [
        (KeyType.EC_P256, KeyForm.PKCS8, None, ["-----BEGIN PRIVATE KEY-----"]),
        (KeyType.EC_P256, KeyForm.PKCS8, "s3cret", ["-----BEGIN ENCRYPTED PRIVATE KEY-----"]),
        (KeyType.EC_P256, KeyForm.TRADITIONAL, None, ["-----BEGIN EC PRIVATE KEY-----"]),
        (
            KeyType.EC_P256,
            KeyForm.TRADITIONAL,
            "s3cret",
            ["-----BEGIN EC PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-256-CBC,"],
        ),
        (KeyType.RSA_1024, KeyForm.TRADITIONAL, None, ["-----BEGIN RSA PRIVATE KEY-----"]),
        (KeyType.ED25519, KeyForm.PKCS8, "pässwörd", ["-----BEGIN ENCRYPTED PRIVATE KEY-----"]),
    ],
)
def test_pem_forms_can_be_read_back(
    key_type: KeyType, form: KeyForm, password: str | None, first_lines: list[str]
) -> None:
    key = generate(key_type)
    pem = private_key_pem(key, password, form)
    for line, start in zip(pem.decode().splitlines(), first_lines, strict=False):
        assert line.startswith(start)
    again = load_pem_private_key(pem, password.encode() if password else None)
    assert again.public_key() == key.public_key()


def test_ed25519_has_no_traditional_form() -> None:
    with pytest.raises(ValueError, match=r"^an Ed25519 key has no traditional PEM form; write it as pkcs8$"):
        private_key_pem(generate(KeyType.ED25519), form=KeyForm.TRADITIONAL)


def test_an_empty_password_is_no_password() -> None:
    text = r"^the password of a private key is empty; leave it out to write the key unencrypted$"
    with pytest.raises(ValueError, match=text):
        private_key_pem(generate(KeyType.EC_P256), "")


def test_public_key_is_that_of_the_pair() -> None:
    key = generate(KeyType.EC_P256)
    assert public_key_der(key) == public_key_der(key)
    assert public_key_der(key) != public_key_der(generate(KeyType.EC_P256))
