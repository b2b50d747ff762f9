from __future__ import annotations

import shutil
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.pki.names import dns_names, matches_dns_name
from harness.pki.spec import CertificateSpec, Profile

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
        # RFC 6125 7.2: two labels to the right of it, or it would be every name below a top-level domain.
        ("*.example", "corp.example", False),
        ("*", "localhost", False),
        ("*", "corp.example", False),
        ("*.", "corp.", False),
        ("*..example", "a..example", False),
        ("*.*.example", "radius.corp.example", False),
        ("*.corp.example", "*.corp.example", False),
        ("*.corp.example", ".corp.example", False),
        ("xn--*.corp.example", "xn--bcher-kva.corp.example", False),
        # RFC 9525 6.3: internationalized names are compared in A-labels.
        ("xn--bcher-kva.corp.example", "b\u00fccher.corp.example", True),
        ("*.corp.example", "b\u00fccher.corp.example", True),
        ("*.corp.example", "xn--bcher-kva.corp.example", True),
        # An IP address is no DNS name, whatever a dNSName says.
        ("10.0.0.1", "10.0.0.1", False),
        ("*.0.0.1", "10.0.0.1", False),
        ("radius.corp.example", "", False),
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


_LABELS = st.text("ab-1", min_size=1, max_size=3).filter(lambda label: label.strip("-") == label)
_PARTS = st.lists(st.one_of(_LABELS, st.sampled_from(["*", "com", "xn--a"])), min_size=1, max_size=4)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl; install the package openssl")
@given(presented=_PARTS, wanted=st.lists(_LABELS, min_size=1, max_size=4), follow=st.booleans())
@settings(max_examples=100, deadline=None)
def test_openssl_is_of_the_same_mind(presented: list[str], wanted: list[str], *, follow: bool) -> None:
    # Half of the names are made to meet the certificate's, or nothing would ever match.
    asked = [mine if theirs == "*" else theirs for theirs, mine in zip(presented, wanted, strict=False)]
    name = ".".join(asked + presented[len(asked) :] if follow else wanted)
    assume(not name.replace(".", "").isdigit() and "*" not in name)
    certificate = _named(".".join(presented))
    assert matches_dns_name(certificate, name) is _openssl_matches(certificate, name)


def _openssl_matches(certificate: x509.Certificate, name: str) -> bool:
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(certificate.public_bytes(Encoding.PEM))
        file.flush()
        command = ["openssl", "verify", "-partial_chain", "-trusted", file.name, "-verify_hostname", name]
        done = subprocess.run([*command, file.name], capture_output=True, text=True, check=False)
    if done.returncode:
        assert "error 62" in done.stderr
    return done.returncode == 0


@lru_cache(maxsize=1)
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _named(name: str) -> x509.Certificate:
    """Return a certificate with one dNSName, whatever it is."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "named")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(subject, subject, _key().public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    return builder.sign(_key(), hashes.SHA256())
