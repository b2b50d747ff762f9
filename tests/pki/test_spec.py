from __future__ import annotations

import re
from datetime import timedelta

import pytest

from harness.pki.keys import KeyType
from harness.pki.spec import CertificateSpec, Defect, Names, Profile, SpecError, lineage

ROOT = CertificateSpec("root", Profile.ROOT_CA)
MIDDLE = CertificateSpec("middle", Profile.INTERMEDIATE_CA, "root")
LEAF = CertificateSpec("leaf", Profile.CLIENT, "middle")


def in_full(text: str) -> str:
    return f"^{re.escape(text)}$"


def test_lineage_goes_from_the_certificate_to_the_root() -> None:
    specs = {spec.name: spec for spec in (ROOT, MIDDLE, LEAF)}
    assert lineage("leaf", specs) == (LEAF, MIDDLE, ROOT)
    assert lineage("root", specs) == (ROOT,)


def test_a_self_signed_certificate_has_no_issuer_above_it() -> None:
    alone = CertificateSpec("leaf", Profile.CLIENT, "root", defect=Defect.SELF_SIGNED)
    assert lineage("leaf", {"leaf": alone, "root": ROOT}) == (alone,)


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(SpecError, match=in_full("certificate 'laef' is not defined; there are leaf, root")):
        lineage("laef", {"root": ROOT, "leaf": LEAF})
    with pytest.raises(SpecError, match=in_full("certificate 'leaf' is not defined; there are none")):
        lineage("leaf", {})


def test_an_unknown_issuer_is_named() -> None:
    text = "certificate 'leaf': its issuer 'middle' is not defined; there are leaf, root"
    with pytest.raises(SpecError, match=in_full(text)):
        lineage("leaf", {"root": ROOT, "leaf": LEAF})


def test_a_leaf_cannot_issue() -> None:
    below = CertificateSpec("below", Profile.SERVER, "leaf")
    text = (
        "certificate 'below': its issuer 'leaf' is a client certificate; "
        "only a root-ca or an intermediate-ca can issue"
    )
    with pytest.raises(SpecError, match=in_full(text)):
        lineage("below", {spec.name: spec for spec in (ROOT, MIDDLE, LEAF, below)})


def test_issuers_must_not_form_a_circle() -> None:
    a = CertificateSpec("a", Profile.INTERMEDIATE_CA, "b")
    b = CertificateSpec("b", Profile.INTERMEDIATE_CA, "a")
    with pytest.raises(SpecError, match=in_full("certificate 'a': issuers form a circle: a <- b <- a")):
        lineage("a", {"a": a, "b": b})


def test_no_intermediate_can_be_missing_below_a_root() -> None:
    leaf = CertificateSpec("leaf", Profile.CLIENT, "root", defect=Defect.MISSING_INTERMEDIATE)
    text = (
        "certificate 'leaf': no intermediate can be missing, because its issuer 'root' is a root-ca; "
        "issue it from an intermediate-ca"
    )
    with pytest.raises(SpecError, match=in_full(text)):
        lineage("leaf", {"root": ROOT, "leaf": leaf})


def test_a_root_has_no_issuer() -> None:
    text = "certificate 'x': a root-ca has no issuer; leave it out or make it an intermediate-ca"
    with pytest.raises(SpecError, match=in_full(text)):
        CertificateSpec("x", Profile.ROOT_CA, "root")


@pytest.mark.parametrize("profile", [Profile.INTERMEDIATE_CA, Profile.SERVER, Profile.CLIENT])
def test_everything_else_needs_an_issuer(profile: Profile) -> None:
    with pytest.raises(SpecError, match=in_full(f"certificate 'x': a {profile} needs an issuer; name a CA")):
        CertificateSpec("x", profile)


@pytest.mark.parametrize("defect", [Defect.SELF_SIGNED, Defect.UNKNOWN_CA])
def test_some_defects_need_no_issuer(defect: Defect) -> None:
    assert CertificateSpec("x", Profile.CLIENT, defect=defect).issuer is None


@pytest.mark.parametrize(
    ("profile", "defect", "applies"),
    [
        (Profile.ROOT_CA, Defect.REVOKED, "client, intermediate-ca, server"),
        (Profile.ROOT_CA, Defect.UNKNOWN_CA, "client, intermediate-ca, server"),
        (Profile.INTERMEDIATE_CA, Defect.SELF_SIGNED, "client, server"),
        (Profile.INTERMEDIATE_CA, Defect.KEY_MISMATCH, "client, server"),
        (Profile.INTERMEDIATE_CA, Defect.WRONG_PURPOSE, "client, server"),
    ],
)
def test_a_defect_has_to_make_sense(profile: Profile, defect: Defect, applies: str) -> None:
    text = f"certificate 'x': a {profile} cannot have the defect {defect}; it applies to {applies}"
    with pytest.raises(SpecError, match=in_full(text)):
        CertificateSpec("x", profile, "root" if profile is not Profile.ROOT_CA else None, defect=defect)


@pytest.mark.parametrize("defect", list(Defect))
def test_every_defect_applies_to_both_kinds_of_leaf(defect: Defect) -> None:
    for profile in (Profile.SERVER, Profile.CLIENT):
        assert CertificateSpec("x", profile, "root", defect=defect).defect is defect


def test_the_common_name_falls_back_to_the_first_dns_name_and_then_to_the_name() -> None:
    assert CertificateSpec("x", Profile.SERVER, "root", cn="c", dns=("d", "e")).names.cn == "c"
    assert CertificateSpec("x", Profile.SERVER, "root", dns=("d", "e")).names.cn == "d"
    assert CertificateSpec("x", Profile.SERVER, "root").names.cn == "x"


def test_a_common_name_has_64_characters_at_most() -> None:
    assert CertificateSpec("x", Profile.CLIENT, "root", cn="c" * 64).names.cn == "c" * 64
    text = "certificate 'x': its common name has 65 characters; give a cn of 1 to 64 characters"
    with pytest.raises(SpecError, match=in_full(text)):
        CertificateSpec("x", Profile.CLIENT, "root", cn="c" * 65)


def test_an_empty_common_name_stays_empty_where_another_name_is_given() -> None:
    assert CertificateSpec("x", Profile.CLIENT, "root", cn="", dns=("d",)).names == Names("", ("d",))
    wrong = CertificateSpec("x", Profile.CLIENT, "root", cn="", dns=("d",), defect=Defect.WRONG_NAME)
    assert wrong.names == Names("", ("wrong-name.invalid",))


@pytest.mark.parametrize(
    ("profile", "issuer", "dns", "defect", "text"),
    [
        (
            Profile.CLIENT,
            "root",
            (),
            None,
            "certificate 'x': an empty cn leaves it without any name; give a dns, email or uri, or a cn",
        ),
        *(
            (
                profile,
                issuer,
                ("d",),
                defect,
                "certificate 'x': who issues a certificate has a name (RFC 5280 4.1.2.4); give a cn",
            )
            for profile, issuer, defect in (
                (Profile.ROOT_CA, None, None),
                (Profile.INTERMEDIATE_CA, "root", None),
                (Profile.CLIENT, None, Defect.SELF_SIGNED),
            )
        ),
    ],
)
def test_whoever_needs_a_subject_has_one(
    profile: Profile, issuer: str | None, dns: tuple[str, ...], defect: Defect | None, text: str
) -> None:
    with pytest.raises(SpecError, match=in_full(text)) as raised:
        CertificateSpec("x", profile, issuer, cn="", dns=dns, defect=defect)
    assert raised.value.field == "cn"


@pytest.mark.parametrize("value", ["", "münchen.example"])
@pytest.mark.parametrize("field", ["dns", "email", "uri"])
def test_alternative_names_are_ascii(field: str, value: str) -> None:
    text = (
        f"certificate 'x': {field} {value!r} must be ASCII and not empty; "
        f"write international names in their xn-- form"
    )
    values = {"dns": (), "email": (), "uri": ()} | {field: (value,)}
    with pytest.raises(SpecError, match=in_full(text)):
        CertificateSpec("x", Profile.CLIENT, "root", cn="x", **values)  # type: ignore[arg-type]


def test_a_lifetime_is_positive() -> None:
    with pytest.raises(SpecError, match=in_full("certificate 'x': valid_for must be longer than nothing")):
        CertificateSpec("x", Profile.CLIENT, "root", valid_for=timedelta())


def test_a_weak_key_overrules_the_type_of_key() -> None:
    spec = CertificateSpec("x", Profile.CLIENT, "root", key=KeyType.EC_P384, defect=Defect.WEAK_KEY)
    assert spec.key_type is KeyType.RSA_1024


def test_specs_are_values() -> None:
    assert hash(LEAF) == hash(CertificateSpec("leaf", Profile.CLIENT, "middle"))
    assert CertificateSpec("leaf", Profile.CLIENT, "middle") == LEAF
