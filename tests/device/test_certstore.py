from __future__ import annotations

import string
from base64 import encodebytes
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from harness.device.certstore import CertStore
from harness.device.entry_type import EntryType
from harness.device.profile import DeviceProfile
from harness.device.results import StoreResult
from harness.pki.credential import Credential
from harness.pki.keys import KeyForm

Made = dict[str, Credential]
ALPHABET = string.ascii_letters + string.digits + ".-_"


def refused(errno: str, code: int, text: str) -> StoreResult:
    return StoreResult(ok=False, errno=errno, code=code, text=text, number=(37 << 20) + code)


def install(store: CertStore, identifier: str, credential: Credential) -> StoreResult:
    return store.install_client(identifier, credential.certificate_pem(), credential.key_pem())


def padded(pem: bytes, size: int) -> bytes:
    """Make a PEM object that many bytes long, all inside its BEGIN and END lines."""
    return pem.replace(b"-----\n", b"-----\n" + b"\n" * (size - len(pem)), 1)


@pytest.fixture
def store() -> CertStore:
    return CertStore()


def test_a_client_certificate_is_installed(store: CertStore, made: Made) -> None:
    assert install(store, "client-1", made["thermostat"]) == StoreResult(ok=True)
    entry = store.get("client-1")
    assert entry is not None
    assert (entry.id, entry.type, entry.key_matches) == ("client-1", EntryType.CLIENT, True)
    assert entry.credential == made["thermostat"]
    assert entry.key is not None


def test_a_root_ca_is_installed(store: CertStore, made: Made) -> None:
    assert store.install_root_ca("root", made["root"].certificate_pem()) == StoreResult(ok=True)
    entry = store.get("root")
    assert entry is not None
    assert (entry.type, entry.certificate, entry.key) == (EntryType.ROOT_CA, made["root"].certificate, None)


def test_text_is_taken_as_well_as_bytes(store: CertStore, made: Made) -> None:
    pem, key = made["rsa"].certificate_pem().decode(), made["rsa"].key_pem().decode()
    assert store.install_client("client", pem, key).ok
    assert store.install_root_ca("root", pem).ok


@given(st.text(ALPHABET, min_size=1, max_size=16))
@pytest.mark.catalogue("A01", "A04")
def test_ids_of_the_allowed_alphabet_are_accepted(made: Made, identifier: str) -> None:
    store = CertStore()
    assert store.install_root_ca(identifier, made["root"].certificate_pem()).ok
    assert store.identifiers() == (identifier,)


@given(st.text(max_size=16).filter(lambda text: not set(text) <= set(ALPHABET)))
@pytest.mark.catalogue("A05")
def test_ids_of_other_characters_are_einval(made: Made, identifier: str) -> None:
    store = CertStore()
    text = f"certificate ID {identifier!r} is not made of A-Z, a-z, 0-9, '.', '-' and '_'"
    expected = refused("EINVAL", 2, text)
    assert store.install_root_ca(identifier, made["root"].certificate_pem()) == expected
    assert install(store, identifier, made["pump"]) == expected
    assert store.move(identifier, "a") == expected
    assert store.move("a", identifier) == expected
    assert store.identifiers() == ()


@given(st.text(ALPHABET, min_size=17, max_size=40))
@pytest.mark.catalogue("A02")
def test_ids_beyond_16_characters_are_erange(made: Made, identifier: str) -> None:
    store = CertStore()
    text = f"certificate ID {identifier!r} has {len(identifier)} characters; at most 16 are allowed"
    expected = refused("ERANGE", 4, text)
    assert store.install_root_ca(identifier, made["root"].certificate_pem()) == expected
    assert store.move("a", identifier) == expected


@pytest.mark.parametrize("identifier", ["abc\n", "a b", "é", "a\0"])
@pytest.mark.catalogue("A05")
def test_ids_that_almost_fit(store: CertStore, made: Made, identifier: str) -> None:
    assert store.install_root_ca(identifier, made["root"].certificate_pem()).errno == "EINVAL"


@pytest.mark.catalogue("A03")
def test_an_empty_id_is_einval(store: CertStore, made: Made) -> None:
    result = store.install_root_ca("", made["root"].certificate_pem())
    assert result == refused("EINVAL", 2, "certificate ID is empty")


@given(st.data())
def test_the_last_successful_install_wins_whatever_was_there(made: Made, data: st.DataObject) -> None:
    names = st.sampled_from(["a", "b", "c"])
    actions = data.draw(st.lists(st.tuples(names, st.sampled_from(["client", "rootca", "broken", "delete"]))))
    store, expected = CertStore(), dict[str, EntryType]()
    for identifier, action in actions:
        before = expected.get(identifier)
        if action == "client":
            assert install(store, identifier, made["pump"]) == StoreResult(ok=True, replaced=before)
            expected[identifier] = EntryType.CLIENT
        elif action == "rootca":
            result = store.install_root_ca(identifier, made["root"].certificate_pem())
            assert result == StoreResult(ok=True, replaced=before)
            expected[identifier] = EntryType.ROOT_CA
        elif action == "broken":
            assert install(store, identifier, made["crossed"]).errno == "EINVAL"
        else:
            assert store.delete(identifier).ok is (before is not None)
            expected.pop(identifier, None)
    assert {name: entry.type for name in "abc" if (entry := store.get(name))} == expected
    assert set(store.identifiers()) == set(expected)
    assert (store.available_space() == 24514) is (not expected)


@pytest.mark.catalogue("B05")
def test_a_failed_install_keeps_the_old_entry(store: CertStore, made: Made) -> None:
    install(store, "client", made["thermostat"])
    before = store.snapshot()
    assert not install(store, "client", made["crossed"]).ok
    assert not store.install_root_ca("client", b"nonsense").ok
    assert store.snapshot() is before


@pytest.mark.parametrize("name", ["expired", "future"])
@pytest.mark.catalogue("A23")
def test_dates_are_not_checked(store: CertStore, made: Made, name: str) -> None:
    assert install(store, name, made[name]).ok


def test_purpose_is_not_checked(store: CertStore, made: Made) -> None:
    assert store.install_root_ca("leaf-as-root", made["pump"].certificate_pem()).ok
    assert install(store, "ca-as-client", made["root"]).ok


@pytest.mark.parametrize("form", list(KeyForm))
@pytest.mark.parametrize("name", ["rsa", "thermostat"])
@pytest.mark.catalogue("A11", "A12", "A13")
def test_an_encrypted_key_needs_its_password(store: CertStore, made: Made, name: str, form: KeyForm) -> None:
    certificate, key = made[name].certificate_pem(), made[name].key_pem("s3cret", form)
    wrong = refused("EACCES", 15, "the private key cannot be decrypted with this password")
    none = refused("EACCES", 15, "the private key is encrypted and no password was given")
    assert store.install_client("a", certificate, key, "wrong") == wrong
    assert store.install_client("a", certificate, key) == none
    assert store.install_client("a", certificate, key, "") == none
    assert store.install_client("a", certificate, key, "s3cret").ok
    entry = store.get("a")
    assert entry is not None
    assert entry.credential == made[name]


@pytest.mark.catalogue("A14")
def test_a_plain_key_needs_no_password(store: CertStore, made: Made) -> None:
    certificate, key = made["rsa"].certificate_pem(), made["rsa"].key_pem()
    text = "a password was given, but the private key is not encrypted"
    assert store.install_client("a", certificate, key, "s3cret") == refused("EINVAL", 21, text)
    assert store.install_client("a", certificate, key, "").ok


@pytest.mark.catalogue("A15")
def test_a_key_of_another_certificate_is_refused(store: CertStore, made: Made) -> None:
    text = "the private key does not belong to the certificate"
    assert install(store, "a", made["crossed"]) == refused("EINVAL", 20, text)
    pair = (made["rsa"].certificate_pem(), made["pump"].key_pem())
    assert store.install_client("a", *pair) == refused("EINVAL", 20, text)


def test_a_device_that_does_not_check_takes_the_wrong_key(made: Made) -> None:
    store = CertStore(DeviceProfile(check_key_match=False))
    assert install(store, "a", made["crossed"]).ok
    entry = store.get("a")
    assert entry is not None
    assert not entry.key_matches


Mangle = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    ("mangle", "expected"),
    [
        (lambda _: b"", refused("ERANGE", 13, "the certificate is empty")),
        (
            lambda pem: padded(pem, 8193),
            refused("ERANGE", 14, "the certificate has 8193 bytes; at most 8192 are allowed"),
        ),
        (lambda _: b"x" * 100, refused("EINVAL", 8, "the certificate is not PEM")),
        (lambda pem: pem[:-30], refused("EINVAL", 8, "the certificate is not PEM")),
        (
            lambda pem: pem + pem,
            refused("EINVAL", 8, "the certificate holds 2 PEM objects; exactly one is allowed"),
        ),
        (
            lambda pem: b"subject=CN=x\n" + pem,
            refused("EINVAL", 8, "the certificate has text outside its BEGIN and END lines"),
        ),
        (
            lambda pem: pem.replace(b"CERTIFICATE", b"PUBLIC KEY"),
            refused("EINVAL", 13, "the certificate is a PEM PUBLIC KEY, not a CERTIFICATE"),
        ),
        (
            lambda pem: pem[:28] + b"AAAA" + pem[32:],
            refused("EINVAL", 13, "the certificate cannot be decoded"),
        ),
    ],
)
@pytest.mark.catalogue("A08", "A18", "A19")
def test_a_bad_certificate_is_refused(
    store: CertStore, made: Made, mangle: Mangle, expected: StoreResult
) -> None:
    pem = mangle(made["rsa"].certificate_pem())
    assert store.install_root_ca("a", pem) == expected
    assert store.install_client("a", pem, made["rsa"].key_pem()) == expected


@pytest.mark.parametrize(
    ("mangle", "expected"),
    [
        (lambda _: b"", refused("ERANGE", 15, "the private key is empty")),
        (
            lambda pem: padded(pem, 9000),
            refused("ERANGE", 16, "the private key has 9000 bytes; at most 8192 are allowed"),
        ),
        (lambda _: b"x", refused("EINVAL", 8, "the private key is not PEM")),
        (
            lambda pem: pem + pem,
            refused("EINVAL", 8, "the private key holds 2 PEM objects; exactly one is allowed"),
        ),
        (
            lambda pem: pem.replace(b"PRIVATE KEY", b"CERTIFICATE"),
            refused("EINVAL", 15, "the private key is a PEM CERTIFICATE, not a PKCS#8 or PKCS#1 key"),
        ),
        (
            lambda pem: pem[:28] + b"AAAA" + pem[32:],
            refused("EINVAL", 15, "the private key cannot be decoded"),
        ),
    ],
)
@pytest.mark.catalogue("A09", "A21")
def test_a_bad_key_is_refused(store: CertStore, made: Made, mangle: Mangle, expected: StoreResult) -> None:
    pem, key = made["rsa"].certificate_pem(), mangle(made["rsa"].key_pem())
    assert store.install_client("a", pem, key) == expected


@pytest.mark.parametrize("damaged", ["p", "q", "d", "dmp1", "dmq1", "iqmp"])
@pytest.mark.catalogue("A21")
def test_an_rsa_key_whose_numbers_do_not_fit_together_is_refused(
    store: CertStore, made: Made, damaged: str
) -> None:
    key = made["rsa"].key
    assert isinstance(key, rsa.RSAPrivateKey)
    number: int = getattr(key.private_numbers(), damaged)
    size = (number.bit_length() + 7) // 8
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    unsound = der.replace(number.to_bytes(size), (number ^ 2).to_bytes(size))
    assert unsound != der
    pem = b"-----BEGIN PRIVATE KEY-----\n" + encodebytes(unsound) + b"-----END PRIVATE KEY-----\n"
    answer = store.install_client("a", made["rsa"].certificate_pem(), pem)
    assert answer == refused("EINVAL", 15, "the private key cannot be decoded")


@pytest.mark.catalogue("A20")
def test_white_space_around_the_object_is_no_text(store: CertStore, made: Made) -> None:
    windows = made["root"].certificate_pem().replace(b"\n", b"\r\n")
    assert store.install_root_ca("a", b"\r\n" + windows + b"\r\n ").ok


@pytest.mark.catalogue("A08", "A09")
def test_a_blob_of_8192_bytes_is_accepted(store: CertStore, made: Made) -> None:
    pem, key = padded(made["rsa"].certificate_pem(), 8192), padded(made["rsa"].key_pem(), 8192)
    assert (len(pem), len(key)) == (8192, 8192)
    assert store.install_client("a", pem, key).ok


@pytest.mark.catalogue("A10")
def test_a_password_has_256_bytes_at_most(store: CertStore, made: Made) -> None:
    certificate = made["thermostat"].certificate_pem()
    longest = "ä" * 128
    assert store.install_client("a", certificate, made["thermostat"].key_pem(longest), longest).ok
    text = "the password has 257 bytes; at most 256 are allowed"
    too_long = store.install_client("a", certificate, made["thermostat"].key_pem(), "x" * 257)
    assert too_long == refused("ERANGE", 18, text)


def test_parameters_are_checked_before_content(store: CertStore) -> None:
    assert store.install_client("a" * 17, b"", b"").code == 4
    assert store.install_client("a", b"nonsense", b"").code == 15
    assert store.install_client("a", b"nonsense", b"nonsense", "x" * 300).code == 18
    assert store.install_client("a", b"nonsense", b"nonsense").text == "the certificate is not PEM"


@given(st.one_of(st.binary(), st.text()), st.one_of(st.binary(), st.text()), st.text())
def test_whatever_is_handed_over_is_answered(
    certificate: bytes | str, key: bytes | str, password: str
) -> None:
    store = CertStore()
    assert store.install_client("a", certificate, key, password).errno in {"EINVAL", "ERANGE"}
    assert store.install_root_ca("a", certificate).errno in {"EINVAL", "ERANGE"}
    assert store.available_space() == 24514


@pytest.mark.catalogue("C01")
def test_an_empty_store_has_24514_bytes() -> None:
    assert CertStore().available_space() == 24514


@pytest.mark.catalogue("C02")
def test_space_shrinks_and_comes_back(store: CertStore, made: Made) -> None:
    empty = store.available_space()
    install(store, "a", made["rsa"])
    one = store.available_space()
    install(store, "b", made["rsa"])
    assert store.available_space() < one < empty
    store.delete("b")
    assert store.available_space() == one
    store.move("a", "c")
    assert store.available_space() == one


@pytest.mark.catalogue("C03")
def test_a_full_store_says_so_and_keeps_what_it_has(store: CertStore, made: Made) -> None:
    big = padded(made["root"].certificate_pem(), 8192)
    assert [store.install_root_ca(name, big).ok for name in "abc"] == [True, True, False]
    assert store.install_root_ca("c", big) == refused(
        "ENOSPC", 11, "the store is full: 'c' needs 8208 bytes and 8098 are free"
    )
    assert store.identifiers() == ("a", "b")


@pytest.mark.catalogue("B06")
def test_a_replacement_needs_no_room_for_both(store: CertStore, made: Made) -> None:
    big = padded(made["root"].certificate_pem(), 8192)
    half = padded(made["root"].certificate_pem(), 7000)
    for name, pem in (("a", big), ("b", big), ("c", half)):
        assert store.install_root_ca(name, pem).ok
    assert store.install_root_ca("a", big) == StoreResult(ok=True, replaced=EntryType.ROOT_CA)


def test_what_an_entry_costs_is_a_switch(made: Made) -> None:
    pem = made["root"].certificate_pem()
    store = CertStore(DeviceProfile(store_bytes=2 * len(pem) + 199, entry_overhead=100))
    assert store.install_root_ca("a", pem).ok
    assert store.install_root_ca("b", pem).errno == "ENOSPC"


@pytest.mark.catalogue("B20")
def test_delete_removes_an_entry(store: CertStore, made: Made) -> None:
    install(store, "a", made["pump"])
    assert store.delete("a") == StoreResult(ok=True)
    assert store.get("a") is None
    missing = refused("ENOENT", 7, "there is no certificate 'a' in the store")
    assert store.delete("a") == missing


@pytest.mark.catalogue("B09")
def test_move_renames(store: CertStore, made: Made) -> None:
    install(store, "new", made["pump"])
    assert store.move("new", "old") == StoreResult(ok=True)
    assert store.identifiers() == ("old",)
    entry = store.get("old")
    assert entry is not None
    assert (entry.id, entry.credential) == ("old", made["pump"])


@pytest.mark.catalogue("B12")
def test_move_replaces_silently_across_types(store: CertStore, made: Made) -> None:
    install(store, "client", made["pump"])
    store.install_root_ca("root", made["root"].certificate_pem())
    assert store.move("client", "root") == StoreResult(ok=True, replaced=EntryType.ROOT_CA)
    assert store.identifiers() == ("root",)
    entry = store.get("root")
    assert entry is not None
    assert entry.type is EntryType.CLIENT


@pytest.mark.catalogue("B10")
def test_move_needs_its_source(store: CertStore, made: Made) -> None:
    install(store, "here", made["pump"])
    assert store.move("gone", "here") == refused("ENOENT", 7, "there is no certificate 'gone' in the store")
    assert store.identifiers() == ("here",)


@pytest.mark.catalogue("B11")
def test_move_onto_itself_changes_nothing(store: CertStore, made: Made) -> None:
    install(store, "a", made["pump"])
    before = store.get("a")
    assert store.move("a", "a") == StoreResult(ok=True)
    assert store.get("a") == before
    assert store.move("b", "b").errno == "ENOENT"


@pytest.mark.catalogue("B09")
def test_move_can_insist_on_a_destination(made: Made) -> None:
    store = CertStore(DeviceProfile(move_requires_destination=True))
    install(store, "a", made["pump"])
    assert store.move("a", "b") == refused("ENOENT", 7, "there is no certificate 'b' in the store")
    install(store, "b", made["rsa"])
    assert store.move("a", "b").replaced is EntryType.CLIENT


@pytest.mark.catalogue("A06")
def test_ids_differ_by_case(store: CertStore, made: Made) -> None:
    install(store, "radius", made["pump"])
    install(store, "Radius", made["rsa"])
    assert store.identifiers() == ("radius", "Radius")


@pytest.mark.catalogue("A06")
def test_ids_can_ignore_case(made: Made) -> None:
    store = CertStore(DeviceProfile(case_sensitive_ids=False))
    install(store, "radius", made["pump"])
    assert install(store, "Radius", made["rsa"]).replaced is EntryType.CLIENT
    assert store.identifiers() == ("Radius",)
    assert store.snapshot().get("RADIUS") == store.get("radius")
    assert store.move("radius", "RADIUS").replaced is None
    assert store.identifiers() == ("RADIUS",)


def test_a_snapshot_stays_as_it_was(store: CertStore, made: Made) -> None:
    install(store, "a", made["pump"])
    install(store, "b", made["pump"])
    snapshot = store.snapshot()
    install(store, "a", made["rsa"])
    store.delete("b")
    store.install_root_ca("c", made["root"].certificate_pem())
    entry = snapshot.get("a")
    assert entry is not None
    assert entry.credential == made["pump"]
    assert snapshot.identifiers() == ("a", "b")


def test_secrets_are_in_no_repr_and_no_text(store: CertStore, made: Made) -> None:
    key = made["rsa"].key_pem("hush-hush")
    results = [
        store.install_client("a", made["rsa"].certificate_pem(), key, "wrong-one"),
        store.install_client("a", made["rsa"].certificate_pem(), made["rsa"].key_pem(), "hush-hush"),
        store.install_client("a", made["rsa"].certificate_pem(), key, "hush-hush"),
    ]
    shown = repr([*results, store.get("a"), store.snapshot()])
    assert [result.ok for result in results] == [False, False, True]
    assert "hush-hush" not in shown
    assert "wrong-one" not in shown
    assert "RSAPrivateKey" not in shown
