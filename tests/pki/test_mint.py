from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from harness.pki.credential import Credential
from harness.pki.keys import KeyPool, KeyType, public_key_der
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Defect, Profile, SpecError

Judge = Callable[..., list[tuple[int, int]]]
Specs = dict[str, CertificateSpec]

# Numbers of OpenSSL's X509_V_ERR list, as include/openssl/x509_vfy.h has them.
ISSUER_NOT_FOUND = 20
LEAF_NOT_VERIFIED = 21
SELF_SIGNED_LEAF = 18
NO_CRL = 3
NOT_YET_VALID = 9
EXPIRED = 10
CRL_EXPIRED = 12
REVOKED = 23
WRONG_PURPOSE = 26
LEAF_KEY_TOO_SMALL = 66
CA_KEY_TOO_SMALL = 67


def specs(*given: CertificateSpec) -> Specs:
    return {spec.name: spec for spec in given}


def pki(
    defect: Defect | None = None,
    *,
    profile: Profile = Profile.CLIENT,
    issuer: str = "root",
    key: KeyType = KeyType.EC_P256,
    ca_key: KeyType = KeyType.EC_P256,
) -> Specs:
    return specs(
        CertificateSpec("root", Profile.ROOT_CA, key=ca_key),
        CertificateSpec("middle", Profile.INTERMEDIATE_CA, "root", key=ca_key),
        CertificateSpec("lower", Profile.INTERMEDIATE_CA, "middle", key=ca_key),
        CertificateSpec("leaf", profile, issuer, dns=("leaf.example",), key=key, defect=defect),
    )


def test_key_identifiers_can_be_left_out() -> None:
    made = pki()
    made["middle"] = replace(made["middle"], key_identifiers=False)
    middle = Mint(KeyPool(), datetime.now(UTC)).issue("middle", made).certificate

    kinds = {type(extension.value) for extension in middle.extensions}
    assert not kinds & {x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier}
    assert x509.BasicConstraints in kinds


def name_of(certificate: x509.Certificate) -> str | bytes:
    return certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


def purposes(certificate: x509.Certificate) -> list[x509.ObjectIdentifier]:
    return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


@pytest.mark.parametrize("profile", [Profile.CLIENT, Profile.SERVER])
@pytest.mark.parametrize("issuer", ["root", "middle", "lower"])
def test_a_good_chain_has_no_error(mint: Mint, judge: Judge, profile: Profile, issuer: str) -> None:
    made = pki(profile=profile, issuer=issuer)
    leaf, root = mint.issue("leaf", made), mint.issue("root", made)
    assert judge(leaf, root.certificate, as_server=profile is Profile.SERVER) == []


@pytest.mark.parametrize(
    "key", [kind for kind in KeyType if kind not in {KeyType.RSA_1024, KeyType.RSA_4096}]
)
def test_every_key_type_signs_and_is_signed(mint: Mint, judge: Judge, key: KeyType) -> None:
    made = pki(issuer="middle", key=key, ca_key=key)
    leaf, root = mint.issue("leaf", made), mint.issue("root", made)
    assert judge(leaf, root.certificate, as_server=False) == []


def test_a_second_judge_agrees(mint: Mint, now: datetime) -> None:
    made = pki(profile=Profile.SERVER, issuer="lower")
    leaf, root = mint.issue("leaf", made), mint.issue("root", made)
    verifier = PolicyBuilder().store(Store([root.certificate])).time(now)
    verifier.build_server_verifier(x509.DNSName("leaf.example")).verify(leaf.certificate, list(leaf.chain))
    with pytest.raises(VerificationError):
        verifier.build_server_verifier(x509.DNSName("other.example")).verify(
            leaf.certificate, list(leaf.chain)
        )


def test_the_chain_starts_at_the_issuer_and_leaves_the_root_out(mint: Mint) -> None:
    leaf = mint.issue("leaf", pki(issuer="lower"))
    assert [name_of(part) for part in leaf.chain] == ["lower", "middle"]
    assert mint.issue("leaf", pki(issuer="root")).chain == ()


@pytest.mark.parametrize("profile", [Profile.CLIENT, Profile.SERVER])
@pytest.mark.parametrize(
    ("defect", "errors"),
    [
        (Defect.EXPIRED, [(EXPIRED, 0)]),
        (Defect.NOT_YET_VALID, [(NOT_YET_VALID, 0)]),
        (Defect.WRONG_PURPOSE, [(WRONG_PURPOSE, 0)]),
        (Defect.NO_PURPOSE, []),
        (Defect.UNKNOWN_CA, [(ISSUER_NOT_FOUND, 0), (LEAF_NOT_VERIFIED, 0)]),
        (Defect.SELF_SIGNED, [(SELF_SIGNED_LEAF, 0)]),
        (Defect.MISSING_INTERMEDIATE, [(ISSUER_NOT_FOUND, 0), (LEAF_NOT_VERIFIED, 0)]),
        (Defect.WRONG_NAME, []),
        (Defect.WEAK_KEY, [(LEAF_KEY_TOO_SMALL, 0)]),
        (Defect.REVOKED, [(REVOKED, 0)]),
    ],
)
def test_a_defect_is_the_only_deviation(
    mint: Mint, judge: Judge, profile: Profile, defect: Defect, errors: list[tuple[int, int]]
) -> None:
    made = pki(defect, profile=profile, issuer="middle")
    leaf, root = mint.issue("leaf", made), mint.issue("root", made)
    crls = [mint.crl("middle", made)] if defect is Defect.REVOKED else []
    found = judge(
        leaf,
        root.certificate,
        as_server=profile is Profile.SERVER,
        crls=crls,
        check_crl=bool(crls),
    )
    assert found == errors


@pytest.mark.parametrize(
    ("defect", "errors"),
    [
        (Defect.EXPIRED, [(EXPIRED, 1)]),
        (Defect.NOT_YET_VALID, [(NOT_YET_VALID, 1)]),
        (Defect.UNKNOWN_CA, [(ISSUER_NOT_FOUND, 1)]),
        (Defect.WEAK_KEY, [(CA_KEY_TOO_SMALL, 1)]),
    ],
)
def test_a_defect_of_an_intermediate_shows_at_depth_one(
    mint: Mint, judge: Judge, defect: Defect, errors: list[tuple[int, int]]
) -> None:
    made = pki(issuer="middle") | specs(
        CertificateSpec("middle", Profile.INTERMEDIATE_CA, "root", defect=defect)
    )
    leaf, root = mint.issue("leaf", made), mint.issue("root", made)
    assert judge(leaf, root.certificate, as_server=False) == errors


@pytest.mark.parametrize(
    ("defect", "error"), [(Defect.EXPIRED, EXPIRED), (Defect.NOT_YET_VALID, NOT_YET_VALID)]
)
def test_a_root_can_be_out_of_its_time(mint: Mint, judge: Judge, defect: Defect, error: int) -> None:
    made = pki() | specs(CertificateSpec("root", Profile.ROOT_CA, defect=defect))
    leaf, root = mint.issue("leaf", made), mint.issue("root", made)
    assert judge(leaf, root.certificate, as_server=False) == [(error, 1)]


def test_an_expired_certificate_was_good_while_it_lasted(mint: Mint, judge: Judge, now: datetime) -> None:
    made = pki(Defect.EXPIRED, issuer="lower")
    leaf, root = mint.issue("leaf", made), mint.issue("root", made)
    assert judge(leaf, root.certificate, as_server=False, at=now - timedelta(minutes=45)) == []


def test_a_certificate_not_yet_valid_will_be(mint: Mint, judge: Judge, now: datetime) -> None:
    made = pki(Defect.NOT_YET_VALID)
    leaf, root = mint.issue("leaf", made), mint.issue("root", made)
    assert judge(leaf, root.certificate, as_server=False, at=now + timedelta(days=2)) == []


def test_the_intermediate_that_is_missing_exists_and_completes_the_chain(mint: Mint, judge: Judge) -> None:
    made = pki(Defect.MISSING_INTERMEDIATE, issuer="middle")
    leaf, root, middle = (mint.issue(name, made) for name in ("leaf", "root", "middle"))
    whole = Credential(leaf.certificate, leaf.key, (middle.certificate,))
    assert judge(whole, root.certificate, as_server=False) == []


def test_only_the_issuer_itself_is_missing(mint: Mint) -> None:
    leaf = mint.issue("leaf", pki(Defect.MISSING_INTERMEDIATE, issuer="lower"))
    assert [name_of(part) for part in leaf.chain] == ["middle"]


def test_a_mismatched_key_is_another_key_of_the_same_type(mint: Mint, judge: Judge) -> None:
    made = pki(Defect.KEY_MISMATCH)
    leaf, root = mint.issue("leaf", made), mint.issue("root", made)
    key = mint._pool.get(KeyType.EC_P256, "certificate leaf")
    assert isinstance(leaf.key, ec.EllipticCurvePrivateKey)
    assert leaf.certificate.public_key() == key.public_key()
    assert public_key_der(leaf.key) != public_key_der(key)
    # With the key that belongs to it, the certificate is good.
    assert judge(Credential(leaf.certificate, key), root.certificate, as_server=False) == []


def test_a_wrong_name_is_nobodys(mint: Mint) -> None:
    spec = CertificateSpec(
        "leaf",
        Profile.SERVER,
        "root",
        cn="radius",
        dns=("radius.corp.example", "radius2.corp.example"),
        email=("noc@corp.example",),
        uri=("https://corp.example/",),
        defect=Defect.WRONG_NAME,
    )
    certificate = mint.issue("leaf", pki() | specs(spec)).certificate
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert name_of(certificate) == "wrong-name.invalid"
    assert list(names) == [
        x509.DNSName("wrong-name.invalid"),
        x509.RFC822Name("nobody@wrong-name.invalid"),
        x509.UniformResourceIdentifier("https://wrong-name.invalid/"),
    ]


def test_names_become_alternative_names(mint: Mint) -> None:
    spec = CertificateSpec(
        "leaf", Profile.CLIENT, "root", cn="thermostat-7", email=("t7@corp.example",), uri=("urn:dev:7",)
    )
    certificate = mint.issue("leaf", pki() | specs(spec)).certificate
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert name_of(certificate) == "thermostat-7"
    assert list(names) == [
        x509.RFC822Name("t7@corp.example"),
        x509.UniformResourceIdentifier("urn:dev:7"),
    ]


def test_without_a_subject_the_alternative_names_are_critical(mint: Mint) -> None:
    spec = CertificateSpec("leaf", Profile.CLIENT, "root", cn="", dns=("thermostat-7.corp.example",))
    certificate = mint.issue("leaf", pki() | specs(spec)).certificate
    assert list(certificate.subject) == []
    assert certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical
    named = mint.issue("leaf", pki() | specs(replace(spec, cn=None))).certificate
    assert not named.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical


def test_without_names_there_is_no_alternative_name(mint: Mint) -> None:
    spec = CertificateSpec("leaf", Profile.CLIENT, "root")
    certificate = mint.issue("leaf", pki() | specs(spec)).certificate
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)


@pytest.mark.parametrize(
    ("profile", "purpose"),
    [(Profile.SERVER, ExtendedKeyUsageOID.SERVER_AUTH), (Profile.CLIENT, ExtendedKeyUsageOID.CLIENT_AUTH)],
)
def test_a_leaf_says_what_it_is_for(mint: Mint, profile: Profile, purpose: x509.ObjectIdentifier) -> None:
    leaf = mint.issue("leaf", pki(profile=profile, key=KeyType.RSA_2048)).certificate
    basic = leaf.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    assert (basic.critical, basic.value.ca) == (True, False)
    assert (usage.critical, usage.value.digital_signature, usage.value.key_cert_sign) == (True, True, False)
    assert usage.value.key_encipherment is (profile is Profile.SERVER)
    assert purposes(leaf) == [purpose]


def test_a_ca_says_what_it_is_for(mint: Mint) -> None:
    middle = mint.issue("middle", pki()).certificate
    basic = middle.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = middle.extensions.get_extension_for_class(x509.KeyUsage)
    assert (basic.critical, basic.value.ca) == (True, True)
    assert (usage.critical, usage.value.key_cert_sign, usage.value.crl_sign) == (True, True, True)
    with pytest.raises(x509.ExtensionNotFound):
        purposes(middle)


def test_authority_and_subject_key_identifiers_link(mint: Mint) -> None:
    made = pki(issuer="middle")
    leaf, middle = mint.issue("leaf", made).certificate, mint.issue("middle", made).certificate
    authority = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    subject = middle.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert authority.key_identifier == subject.digest


def test_serial_numbers_are_long_and_differ(mint: Mint) -> None:
    made = pki()
    serials = {mint.issue(name, made).certificate.serial_number for name in made}
    assert len(serials) == len(made)
    # 159 random bits: that 24 of them are zero in front happens once in 16 million.
    assert all(serial.bit_length() > 128 for serial in serials)


def test_validity_is_relative_to_the_run(mint: Mint, now: datetime) -> None:
    made = pki() | specs(
        CertificateSpec(
            "short",
            Profile.CLIENT,
            "root",
            valid_from=timedelta(minutes=5),
            valid_for=timedelta(seconds=30),
        )
    )
    short, leaf, root = (mint.issue(name, made).certificate for name in ("short", "leaf", "root"))
    assert short.not_valid_before_utc == now + timedelta(minutes=5)
    assert short.not_valid_after_utc == now + timedelta(minutes=5, seconds=30)
    assert leaf.not_valid_before_utc == now - timedelta(hours=1)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == timedelta(days=90)
    assert root.not_valid_after_utc - root.not_valid_before_utc == timedelta(days=3650)


def test_equal_specs_give_the_very_same_credential(mint: Mint) -> None:
    assert mint.issue("leaf", pki(issuer="lower")) is mint.issue("leaf", pki(issuer="lower"))


def test_specs_beside_the_issuers_do_not_matter(mint: Mint) -> None:
    more = pki() | specs(CertificateSpec("visitor", Profile.ROOT_CA))
    assert mint.issue("leaf", pki()) is mint.issue("leaf", more)


def test_another_issuer_makes_another_certificate(mint: Mint) -> None:
    other = pki() | specs(CertificateSpec("root", Profile.ROOT_CA, valid_for=timedelta(days=2)))
    assert mint.issue("leaf", pki()) != mint.issue("leaf", other)


def test_threads_get_the_same_credential(pool: KeyPool, now: datetime) -> None:
    mint = Mint(pool, now)
    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda _: mint.issue("leaf", pki(issuer="lower")), range(32)))
    assert len({id(credential) for credential in got}) == 1


def test_a_ca_that_nobody_knows_is_none_of_those_that_have_a_name(mint: Mint) -> None:
    made = pki(Defect.UNKNOWN_CA, issuer="middle")
    leaf = mint.issue("leaf", made)
    assert leaf.chain == ()
    named = {mint.issue(name, made).certificate.subject for name in ("root", "middle")}
    assert leaf.certificate.issuer not in named


def test_an_unknown_ca_has_the_issuers_type_of_key(mint: Mint) -> None:
    made = pki(Defect.UNKNOWN_CA, ca_key=KeyType.EC_P384)
    assert (
        mint.issue("leaf", made).certificate.signature_algorithm_oid
        == x509.SignatureAlgorithmOID.ECDSA_WITH_SHA384
    )
    alone = specs(CertificateSpec("leaf", Profile.CLIENT, defect=Defect.UNKNOWN_CA))
    assert (
        mint.issue("leaf", alone).certificate.signature_algorithm_oid
        == x509.SignatureAlgorithmOID.ECDSA_WITH_SHA256
    )


def test_the_time_of_a_run_needs_a_zone(pool: KeyPool) -> None:
    with pytest.raises(ValueError, match=r"^the time of a run needs a time zone; use datetime\.now\(UTC\)$"):
        Mint(pool, datetime.now(UTC).replace(tzinfo=None))


def test_a_crl_is_signed_by_its_issuer_and_lists_what_is_revoked(mint: Mint, now: datetime) -> None:
    made = pki(Defect.REVOKED) | specs(
        CertificateSpec("lost", Profile.CLIENT, "root"),
        CertificateSpec("kept", Profile.CLIENT, "root"),
        CertificateSpec("below", Profile.CLIENT, "middle", defect=Defect.REVOKED),
    )
    crl = mint.crl("root", made, ["lost", "leaf"], timedelta(days=3))
    root = mint.issue("root", made)
    listed = {entry.serial_number for entry in crl}
    assert listed == {mint.issue(name, made).certificate.serial_number for name in ("leaf", "lost")}
    assert len(list(crl)) == 2
    assert crl.is_signature_valid(root.key.public_key())
    assert crl.issuer == root.certificate.subject
    assert (crl.last_update_utc, crl.next_update_utc) == (now - timedelta(hours=1), now + timedelta(days=3))


def test_crl_numbers_rise_with_every_new_list(mint: Mint) -> None:
    specs = pki()
    leaf = next(name for name, spec in specs.items() if spec.issuer == "root")
    first, second = (
        mint.crl("root", specs, revoked).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        for revoked in ([], [leaf])
    )
    assert second > first


def test_the_same_list_is_the_same_crl(mint: Mint) -> None:
    assert mint.crl("root", pki()) is mint.crl("root", pki())


def test_a_renewed_certificate_keeps_its_key_and_a_rekeyed_one_does_not(mint: Mint) -> None:
    specs = pki()
    name = next(name for name, spec in specs.items() if spec.issuer == "root")
    old = mint.issue(name, specs)
    renewed = mint.issue(name, specs | {name: replace(specs[name], generation=1)})
    rekeyed = mint.issue(name, specs | {name: replace(specs[name], generation=1, key_generation=1)})
    assert renewed.certificate != old.certificate
    assert renewed.certificate.public_key() == old.certificate.public_key()
    assert rekeyed.certificate.public_key() != old.certificate.public_key()


@pytest.mark.parametrize("ca_key", [KeyType.ED25519, KeyType.RSA_2048])
def test_a_crl_without_the_certificate_lets_it_pass(mint: Mint, judge: Judge, ca_key: KeyType) -> None:
    made = pki(ca_key=ca_key)
    leaf, root = mint.issue("leaf", made), mint.issue("root", made)
    crl = mint.crl("root", made)
    assert judge(leaf, root.certificate, as_server=False, crls=[crl], check_crl=True) == []


def test_no_crl_and_an_expired_crl_are_noticed(mint: Mint, judge: Judge) -> None:
    made = pki()
    leaf, root = mint.issue("leaf", made), mint.issue("root", made)
    stale = mint.crl("root", made, expired=True)
    assert judge(leaf, root.certificate, as_server=False, check_crl=True) == [(NO_CRL, 0)]
    assert judge(leaf, root.certificate, as_server=False, crls=[stale], check_crl=True) == [(CRL_EXPIRED, 0)]


def test_an_intermediate_can_be_revoked(mint: Mint) -> None:
    made = pki() | specs(CertificateSpec("middle", Profile.INTERMEDIATE_CA, "root", defect=Defect.REVOKED))
    serial = mint.issue("middle", made).certificate.serial_number
    assert [entry.serial_number for entry in mint.crl("root", made)] == [serial]


def test_only_a_ca_has_a_crl(mint: Mint) -> None:
    with pytest.raises(SpecError, match=r"^certificate 'leaf' is a client; only a CA has a CRL$"):
        mint.crl("leaf", pki())


@pytest.mark.parametrize("name", ["below", "stranger", "nobody"])
def test_a_crl_lists_only_what_its_issuer_issued(mint: Mint, name: str) -> None:
    made = pki() | specs(
        CertificateSpec("below", Profile.CLIENT, "middle"),
        CertificateSpec("stranger", Profile.CLIENT, "root", defect=Defect.UNKNOWN_CA),
    )
    text = f"^certificate '{name}' was not issued by 'root', so the CRL of that CA cannot list it$"
    with pytest.raises(SpecError, match=text):
        mint.crl("root", made, [name])
