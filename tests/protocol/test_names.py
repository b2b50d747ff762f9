from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.pki.spec import CertificateSpec, Profile
from harness.protocol.names import dns_names, matches_dns_name

if TYPE_CHECKING:
    from tests.protocol.conftest import Pki


@pytest.mark.parametrize(
    ("presented", "wanted", "right"),
    [
        ("radius.corp.example", "radius.corp.example", True),
        ("RADIUS.corp.example", "radius.CORP.example", True),
        ("radius.corp.example", "corp.example", False),
        ("corp.example", "radius.corp.example", False),
        # RFC 9525 6.3: the wildcard is the whole first label and stands for one label.
        ("*.corp.example", "radius.corp.example", True),
        ("*.corp.example", "corp.example", False),
        ("*.corp.example", "a.b.corp.example", False),
        ("r*.corp.example", "radius.corp.example", False),
        ("radius.*.example", "radius.corp.example", False),
        ("*.corp.example", "radius", False),
    ],
)
def test_matching(pki: Pki, presented: str, wanted: str, *, right: bool) -> None:
    certificate = pki.issue(CertificateSpec("named", Profile.SERVER, "root", dns=(presented,))).certificate
    assert matches_dns_name(certificate, wanted) is right


def test_any_of_several_names_will_do(pki: Pki) -> None:
    names = ("one.example", "two.example")
    certificate = pki.issue(CertificateSpec("several", Profile.SERVER, "root", dns=names)).certificate
    assert dns_names(certificate) == names
    assert matches_dns_name(certificate, "two.example")


def test_the_common_name_is_no_dns_name(pki: Pki) -> None:
    spec = CertificateSpec("common", Profile.SERVER, "root", cn="radius.corp.example")
    certificate = pki.issue(spec).certificate
    assert dns_names(certificate) == ()
    assert not matches_dns_name(certificate, "radius.corp.example")


def test_other_kinds_of_names_do_not_count(pki: Pki) -> None:
    spec = CertificateSpec("mail", Profile.SERVER, "root", email=("radius@corp.example",))
    assert dns_names(pki.issue(spec).certificate) == ()
